"""What servers said of themselves."""

from __future__ import annotations

from datetime import timedelta

from k0stui.rules.facts import mesh
from tests.builders import NOW, a_cluster


def test_a_silent_server_is_not_an_empty_one() -> None:
    """Registered agents are told by servers that answered, and by no other."""
    cluster = a_cluster().agents(4, 0, 4).unreachable("k0s-master-3")

    assert mesh.registered(cluster) == {"k0s-master-1": 4, "k0s-master-2": 0}
    assert mesh.dark(cluster) == ("k0s-master-2",)
    assert mesh.unasked(cluster) == ("k0s-master-3",)


def test_rates_need_the_same_process_in_two_looks() -> None:
    """A counter that fell, or another start, gives no rate; neither does one look."""
    before = a_cluster()
    now = before.counters("k0s-master-1", no_agent=900)
    host = now.host("k0s-master-1")

    assert mesh.rate(now, host, "no_agent") is None
    assert mesh.rate(now.after(before, seconds=10), host, "no_agent") == 30
    restarted = before.counters("k0s-master-1", started_at=NOW - timedelta(minutes=9))
    assert mesh.rate(now.after(restarted), host, "no_agent") is None
    assert mesh.rate(now.after(before.counters("k0s-master-1", no_agent=901)), host, "no_agent") is None
