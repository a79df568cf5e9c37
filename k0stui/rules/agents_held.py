"""The agents' DaemonSet waits on OnDelete with a new target: agents still dial the old one, on purpose.

That is how node-local load balancing is switched on without a gap. Left behind, it keeps the outage that it was to
cure. An OnDelete of the owner's own without a change that waits is none of it. Source: safety.md §4.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.errors import NotObserved
from k0stui.model import wiring
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.finding import Evidence, Finding, Severity
from k0stui.model.observed import Known, require
from k0stui.model.wiring import Target
from k0stui.rules.facts.evidence import daemonsets_said, said
from k0stui.rules.facts.wording import counted, names
from k0stui.rules.rule import ClusterRule


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    daemonset = require(snapshot.daemonset(wiring.DAEMONSET), "the agents' DaemonSet")
    target = wiring.template(snapshot)
    if not daemonset.is_on_delete or target is None:
        return
    running = wiring.running(snapshot)
    if not running:
        raise NotObserved("what the running agents dial")
    old = {node: dialled for node, dialled in running.items() if dialled != target}
    if old:
        yield _finding(snapshot, target, old)


def _finding(snapshot: ClusterSnapshot, target: Target, old: dict[str, Target]) -> Finding:
    unknown = "whether an operation holds them is not known here"
    operation = f"operation {snapshot.operation} holds them" if snapshot.operation else unknown
    now = names(sorted({str(dialled) for dialled in old.values()}))
    return Finding(
        "agents-held",
        Severity.INFO if snapshot.operation else Severity.WARNING,
        f"{counted(len(old), 'agent')} held back from {target}, still dialling {now}: "
        f"the DaemonSet is on OnDelete; {operation}",
        subjects=tuple(sorted(old)),
        evidence=_evidence(snapshot, target),
        ruled_out=("a missing switch: the template has the new target already",),
        remedy="resume the operation" if snapshot.operation else _release(snapshot),
    )


def _release(snapshot: ClusterSnapshot) -> str:
    without = [
        host.name for host in snapshot.workers if not (isinstance(host.balancer, Known) and host.balancer.value.listens)
    ]
    first = f"restart k0sworker on {names(without)}; then " if without else ""
    by_hand = f"{first}delete the agents' pods one by one, then set updateStrategy back to RollingUpdate"
    return f"k0stui operations and k0stui adopt tell who holds them, and go on; where nobody does: {by_hand}"


def _evidence(snapshot: ClusterSnapshot, target: Target) -> tuple[Evidence, ...]:
    lines = [*daemonsets_said(snapshot, f"OnDelete, template dials {target}")]
    for host in snapshot.workers:
        if isinstance(host.agent_process, Known):
            process = host.agent_process.value
            lines += said(host, "agent_process", f"dials {process.target_host}:{process.target_port}")
    return tuple(lines)


RULE = ClusterRule("agents-held", check)
