"""Agents are on their way back after a restart: wait, and see how long it usually takes.

Only while the counts rise: standing still, or falling, is a fault with another name. Source: konnectivity.md §5.2; F03.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from k0stui.model import wiring
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Finding, Severity
from k0stui.model.observed import Known
from k0stui.rules.facts import mesh
from k0stui.rules.facts.evidence import said, second_look
from k0stui.rules.facts.wording import names
from k0stui.rules.rule import ClusterRule

RECENT = timedelta(minutes=5)


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    agents = mesh.registered(snapshot)
    wanted = wiring.wanted(snapshot)
    if all(count >= wanted for count in agents.values()) or not _started_recently(snapshot):
        return
    earlier = second_look(snapshot, "whether the counts rise")
    rising = [host for host in snapshot.controllers if _rises(host, earlier)]
    falling = [host for host in snapshot.controllers if _falls(host, earlier)]
    if rising and not falling:
        yield _finding(snapshot, rising, wanted)


def _started_recently(snapshot: ClusterSnapshot) -> bool:
    starts: list[datetime | None] = [mesh.started(host) for host in snapshot.controllers]
    starts += [
        host.agent_process.value.started_at for host in snapshot.workers if isinstance(host.agent_process, Known)
    ]
    pods = snapshot.any_api(lambda api: api.agent_pods)
    starts += [pod.status.start_time for pod in pods.value] if isinstance(pods, Known) else []
    return any(start is not None and snapshot.taken_at - start < RECENT for start in starts)


def _count(host: HostObservation | None) -> int | None:
    if host is None or not isinstance(host.konnectivity_metrics, Known):
        return None
    return host.konnectivity_metrics.value.agents


def _rises(host: HostObservation, earlier: ClusterSnapshot) -> bool:
    now, before = _count(host), _count(earlier.find(host.name))
    return now is not None and before is not None and now > before


def _falls(host: HostObservation, earlier: ClusterSnapshot) -> bool:
    now, before = _count(host), _count(earlier.find(host.name))
    return now is not None and before is not None and now < before


def _finding(snapshot: ClusterSnapshot, rising: list[HostObservation], wanted: int) -> Finding:
    counts = names(
        f"{_count(host)} of {wanted} on {host.name}" for host in snapshot.controllers if _count(host) is not None
    )
    return Finding(
        "agents-reconnecting",
        Severity.INFO,
        f"agents are reconnecting: {counts}, and rising",
        subjects=tuple(sorted(host.name for host in rising)),
        evidence=tuple(
            line for host in rising for line in said(host, "konnectivity_metrics", f"{_count(host)} agents")
        ),
        ruled_out=("a fault: the counts rise",),
        # Beside ghosts: those that are missing count dead connections, and come back as their pods are replaced.
        because=("agents-falsely-connected",),
        remedy="wait: usually 30 s once all servers announce one count, 90 s are still normal; look again at 180 s",
    )


RULE = ClusterRule("agents-reconnecting", check)
