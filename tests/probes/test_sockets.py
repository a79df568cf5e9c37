"""Rows of `ss`."""

from __future__ import annotations

from k0stui.probes.sockets import parse


def test_forms_of_addresses_and_columns() -> None:
    """IPv4 in IPv6, zones, wildcards, with and without state and process: one row each, the rest passed over."""
    rows = list(
        parse(
            "0 0 [::ffff:10.10.10.41]:8132 [::ffff:10.10.10.51]:48844\n"
            '\t cubic wscale:7,7 rto:204 users:(("x",pid=1))\n'
            'ESTAB 0 12 [fd00::1]:7443 [fd00::2]:80 users:(("kube-proxy",pid=5,fd=6),("k0s",pid=7,fd=1))\n'
            "LISTEN 0 4096 127.0.0.53%lo:53 0.0.0.0:*\n"
            "CLOSE-WAIT 1 0 10.0.0.1:1 10.0.0.2:2\n"
        )
    )
    assert [(r.state, r.local, r.local_port, r.peer, r.peer_port, r.process) for r in rows] == [
        ("", "10.10.10.41", 8132, "10.10.10.51", 48844, ""),
        ("ESTAB", "fd00::1", 7443, "fd00::2", 80, "kube-proxy"),
        ("LISTEN", "127.0.0.53", 53, "0.0.0.0", 0, ""),
        ("CLOSE-WAIT", "10.0.0.1", 1, "10.0.0.2", 2, ""),
    ]
