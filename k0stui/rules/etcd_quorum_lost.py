"""etcd has no quorum: nothing can be written, controllers wait for each other.

Judged by each member's own linearizable read, against the last member list known: the list itself cannot be had
without quorum, but for the copy that each member has on its disk. One healthy answer proves quorum.
Source: k0s.md F30, F31, §5.3.
"""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.errors import NotObserved
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.etcd import quorum
from k0stui.model.finding import Evidence, Finding, Severity
from k0stui.model.observed import Known
from k0stui.rules.facts.evidence import said
from k0stui.rules.facts.voters import CLIENT_PORT, Poll, nobody_listens, poll, uses_etcd
from k0stui.rules.facts.wording import names
from k0stui.rules.rule import ClusterRule


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    if not uses_etcd(snapshot):
        return
    votes = poll(snapshot)
    if votes.healthy:
        return
    need = quorum(votes.size)
    if votes.size - len(votes.sick) >= need and not _alone(snapshot, need):
        raise NotObserved(f"health of etcd on {names(votes.unknown)}")
    yield _finding(snapshot, votes, need)


def _alone(snapshot: ClusterSnapshot, need: int) -> bool:
    """A member without leader that talks to too few others: etcd itself misses the hosts that we cannot ask."""
    return any(
        isinstance(host.etcd_metrics, Known)
        and not host.etcd_metrics.value.has_leader
        and host.etcd_metrics.value.active_peers + 1 < need
        for host in snapshot.controllers
    )


def _finding(snapshot: ClusterSnapshot, votes: Poll, need: int) -> Finding:
    silent = f"; {names(votes.unknown)} could not be asked" if votes.unknown else ""
    return Finding(
        "etcd-quorum-lost",
        Severity.CRITICAL,
        f"etcd has no quorum: 0 of {votes.size} members are healthy, {need} are needed{silent}",
        subjects=tuple(sorted(votes.sick + votes.unknown)),
        evidence=_evidence(snapshot),
        ruled_out=("one slow member (no member answers a linearizable read)",),
        remedy=f"start k0scontroller on {need} controllers at the same time; one alone waits for the others for ever",
    )


def _evidence(snapshot: ClusterSnapshot) -> tuple[Evidence, ...]:
    lines: list[Evidence] = []
    for host in snapshot.controllers:
        if isinstance(host.etcd_health, Known):
            lines += said(host, "etcd_health", host.etcd_health.value.reason or "not healthy")
        elif nobody_listens(host):
            lines += said(host, "listeners", f"nobody listens on {CLIENT_PORT}")
        elif isinstance(host.service, Known) and not host.service.value.is_running:
            lines += said(host, "service", "k0scontroller does not run")
    return tuple(lines)


RULE = ClusterRule("etcd-quorum-lost", check)
