"""Sockets, as `ss` prints them.

Columns: [state] Recv-Q Send-Q local peer [process]. The state is left out with `state established`. IPv4 peers of a
dual-stack listener print as `[::ffff:10.10.10.51]:48844` (reference: konnectivity §4.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ROW = re.compile(r"^(?:([A-Z][A-Z0-9-]*)\s+)?\d+\s+\d+\s+(\S+):(\d+|\*)\s+(\S+):(\d+|\*)(?:\s+(.*))?$")
_PROCESS = re.compile(r'\(\("([^"]*)"')


@dataclass(frozen=True, slots=True)
class Socket:
    """One row."""

    state: str
    """`ESTAB`, `LISTEN` …; empty where `ss` was asked for one state only."""
    local: str
    local_port: int
    peer: str
    peer_port: int
    """0 for `*`."""
    process: str
    """As the kernel cuts it, 15 characters; empty without root."""


def parse(text: str) -> Iterator[Socket]:
    """All rows that can be read; second lines of `-i` and others are passed over."""
    for line in text.splitlines():
        match = _ROW.match(line.strip())
        if match is None:
            continue
        state, local, local_port, peer, peer_port, rest = match.groups()
        process = _PROCESS.search(rest or "")
        yield Socket(
            state or "", bare(local), port(local_port), bare(peer), port(peer_port), process[1] if process else ""
        )


def bare(address: str) -> str:
    """Without brackets, zone and the mark of IPv4 in IPv6."""
    return address.strip("[]").partition("%")[0].removeprefix("::ffff:")


def port(text: str) -> int:
    number = 0 if text == "*" else int(text)
    if not 0 <= number <= 65535:
        raise ValueError("no port")
    return number
