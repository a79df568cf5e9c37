"""etcd works, and the next lost member stops it: no controller may be restarted now.

A host that we cannot ask is counted as down only where the other members miss it too (`etcd_network_active_peers`).
A member whose disk is full ends: then the disk is the cause; so is a voter that was added and never started.
Source: safety.md E-05, k0s.md §5.3.
"""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.errors import NotObserved
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.etcd import quorum
from k0stui.model.finding import Evidence, Finding, Severity
from k0stui.model.observed import Known
from k0stui.rules.facts.evidence import said
from k0stui.rules.facts.voters import Poll, poll, uses_etcd
from k0stui.rules.facts.wording import counted, names
from k0stui.rules.rule import ClusterRule

SEGMENT = 64 << 20
"""Bytes that etcd sets aside at once for its log (SegmentSizeBytes of its WAL); without them a member ends."""


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    if not uses_etcd(snapshot):
        return
    votes = poll(snapshot)
    need = quorum(votes.size)
    # A cluster of one can never have a margin: said once, in the plan that wants to restart it.
    if votes.size == 1 or len(votes.healthy) != need:
        return
    if _alive_at_most(votes) > need:
        raise NotObserved(f"health of etcd on {names(votes.unknown)}")
    yield _finding(snapshot, votes, need)


def _alive_at_most(votes: Poll) -> int:
    alive = len(votes.healthy) + len(votes.unknown)
    return alive if votes.connected is None else min(alive, max(len(votes.healthy), votes.connected))


def _finding(snapshot: ClusterSnapshot, votes: Poll, need: int) -> Finding:
    down = tuple(sorted(votes.sick + votes.unknown))
    missing = f" without {names(down)}" if down else ""
    return Finding(
        "etcd-no-margin",
        Severity.WARNING,
        f"etcd has {need} of {votes.size} members{missing}, and needs {need}: losing one more stops the cluster",
        subjects=down,
        evidence=_evidence(snapshot),
        because=_because(snapshot, votes),
        remedy=_remedy(votes, down),
    )


def _remedy(votes: Poll, down: tuple[str, ...]) -> str:
    if votes.never_started or not down:
        return "restart no controller"
    return f"restart no other controller; bring {names(down)} back first"


def _because(snapshot: ClusterSnapshot, votes: Poll) -> tuple[str, ...]:
    full = any(_is_full(host) for host in snapshot.controllers if host.name in votes.sick + votes.unknown)
    return (("disk-low",) if full else ()) + (("etcd-member-never-started",) if votes.never_started else ())


def _is_full(host: HostObservation) -> bool:
    return isinstance(host.disks, Known) and any(disk.size and disk.available < SEGMENT for disk in host.disks.value)


def _evidence(snapshot: ClusterSnapshot) -> tuple[Evidence, ...]:
    lines: list[Evidence] = []
    for host in snapshot.controllers:
        if isinstance(host.etcd_health, Known):
            lines += said(host, "etcd_health", "healthy" if host.etcd_health.value.healthy else "not healthy")
        if isinstance(host.etcd_metrics, Known):
            lines += said(
                host, "etcd_metrics", f"talks to {counted(host.etcd_metrics.value.active_peers, 'other member')}"
            )
    return tuple(lines)


RULE = ClusterRule("etcd-no-margin", check)
