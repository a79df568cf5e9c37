"""Agents are told to dial their worker's own balancer, and on some workers none was ever started.

k0s reads these settings once, at the start of k0sworker; k0sctl never restarts workers. On k0s <=1.32 all agents go
dark one by one while every pod stays Ready. Source: k0s.md §0.4, §0.5, F02; recordings, transition-1 to -3.
"""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.errors import NotObserved
from k0stui.model import wiring
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Evidence, Finding, Severity
from k0stui.model.observed import Known
from k0stui.rules.facts import mesh
from k0stui.rules.facts.balancing import was_started_with_balancer
from k0stui.rules.facts.evidence import daemonsets_said, said
from k0stui.rules.facts.wording import names, verb
from k0stui.rules.rule import ClusterRule


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    target = wiring.template(snapshot)
    if target is None:
        raise NotObserved("where the agents' DaemonSet points")
    if not target.is_local:
        return
    asked = [host for host in snapshot.workers if isinstance(host.balancer, Known)]
    if not asked and snapshot.workers:
        raise NotObserved("whether a balancer listens on the workers")
    bare = [host for host in asked if _is_bare(host, snapshot)]
    if bare:
        yield _finding(snapshot, bare, target)


def _is_bare(host: HostObservation, snapshot: ClusterSnapshot) -> bool:
    if not isinstance(host.balancer, Known) or not host.balancer.value.is_absent:
        return False
    return not was_started_with_balancer(host, snapshot)


def _finding(snapshot: ClusterSnapshot, bare: list[HostObservation], target: wiring.Target) -> Finding:
    silent = [host.name for host in snapshot.workers if not isinstance(host.balancer, Known)]
    asked = f"; {names(silent)} could not be asked" if silent else ""
    them = names(host.name for host in bare)
    return Finding(
        "workers-not-restarted",
        Severity.WARNING if _is_held(snapshot) else Severity.CRITICAL,
        f"agents are told to dial {target}, and nothing listens there on {them}: "
        f"{verb(bare, 'this worker was', 'these workers were')} not restarted since{asked}{_tally(snapshot)}",
        subjects=tuple(sorted(host.name for host in bare)),
        evidence=_evidence(snapshot, bare, target),
        ruled_out=("a balancer that crashed (it was never started there)",),
        because=("agents-held",),
        plan="restart-workers",
    )


def _is_held(snapshot: ClusterSnapshot) -> bool:
    """No agent has moved yet, so none is lost: nothing presses (safety.md §4.1)."""
    running = wiring.running(snapshot).values()
    return bool(running) and not any(target.is_local for target in running)


def _tally(snapshot: ClusterSnapshot) -> str:
    dark = mesh.dark(snapshot)
    return f"; {names(dark)} {verb(dark, 'has', 'have')} no agent" if dark else ""


def _evidence(snapshot: ClusterSnapshot, bare: list[HostObservation], target: wiring.Target) -> tuple[Evidence, ...]:
    lines = [*daemonsets_said(snapshot, f"agents are told to dial {target}")]
    for host in bare:
        lines += said(host, "balancer", "nothing listens on 7132 and 7443")
    for host in snapshot.controllers:
        if isinstance(host.konnectivity_metrics, Known):
            lines += said(host, "konnectivity_metrics", f"{host.konnectivity_metrics.value.agents} agents")
    return tuple(lines)


RULE = ClusterRule("workers-not-restarted", check)
