"""Clocks of the hosts are apart: leases are counted by each controller's own clock, and near 45 s it miscounts.

Hosts are compared with each other, by the middle of each round trip; our own clock may be the wrong one.
Source: safety.md C-05; konnectivity.md §1.4; k0s.md F33.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median_low

from k0stui.errors import NotObserved
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Finding, Severity
from k0stui.model.observed import Known
from k0stui.rules.facts.evidence import said
from k0stui.rules.facts.wording import names
from k0stui.rules.rule import ClusterRule

WARN, BLOCK = 2.0, 30.0
"""Seconds: k0sctl refuses above 30."""


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    asked = [host for host in snapshot.hosts if isinstance(host.clock, Known)]
    if len(asked) < 2:
        if len(snapshot.hosts) > 1:
            raise NotObserved("the clocks of at least two hosts")
        return
    middle = median_low(_offset(host) for host in asked)
    off = {str(host.name): _offset(host) - middle for host in asked if _apart(host, middle) > WARN}
    if off:
        yield _finding([host for host in asked if host.name in off], off)


def _offset(host: HostObservation) -> float:
    assert isinstance(host.clock, Known)
    return host.clock.value.offset


def _apart(host: HostObservation, middle: float) -> float:
    """Seconds that are surely between them: half a round trip is uncertain."""
    assert isinstance(host.clock, Known)
    return abs(host.clock.value.offset - middle) - host.clock.value.round_trip / 2


def _finding(hosts: list[HostObservation], off: dict[str, float]) -> Finding:
    listed = names(f"{name} is {abs(by):.1f} s {'ahead' if by > 0 else 'behind'}" for name, by in off.items())
    far = any(abs(by) > BLOCK for by in off.values())
    effect = "no restart is safe, and near 45 s leases are miscounted" if far else "near 45 s leases are miscounted"
    return Finding(
        "clocks-differ",
        Severity.CRITICAL if far else Severity.WARNING,
        f"clocks differ: {listed} of the other hosts; {effect}",
        subjects=tuple(sorted(off)),
        evidence=tuple(line for host in hosts for line in said(host, "clock", f"{off[host.name]:+.1f} s")),
        remedy=f"on {names(off)}: timedatectl, then chronyc makestep (or systemctl restart systemd-timesyncd)",
    )


RULE = ClusterRule("clocks-differ", check)
