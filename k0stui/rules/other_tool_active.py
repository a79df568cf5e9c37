"""Somebody else is changing this cluster now: wait, or two hands will pull at once.

Source: safety.md C-07; k0s.md §5.5 (autopilot's states).
"""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.errors import NotObserved
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.finding import Evidence, Finding, Severity
from k0stui.model.observed import Known
from k0stui.rules.facts.evidence import api_said, said
from k0stui.rules.facts.wording import names, span, verb
from k0stui.rules.rule import ClusterRule

FRESH = 60.0
"""Seconds: k0sctl renews its lock every 10 s and takes an older one for dead after 30 s; twice that, to be sure."""
RUNNING = frozenset({"Schedulable", "SchedulableWait"})


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    yield from _on_hosts(snapshot)
    yield from _autopilot(snapshot)
    yield from _cordons(snapshot)
    if not any(isinstance(host.other_actors, Known) for host in snapshot.hosts):
        raise NotObserved("locks of other tools on the hosts")


def _on_hosts(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    seen: dict[str, list[tuple[str, Evidence]]] = {}
    for host in snapshot.hosts:
        for actor in host.other_actors.value if isinstance(host.other_actors, Known) else ():
            if actor.age < FRESH:
                line = said(host, "other_actors", f"{actor.name}, {span(actor.age)} ago")
                seen.setdefault(actor.name, []).extend((host.name, entry) for entry in line)
    for name, places in seen.items():
        hosts = tuple(sorted(host for host, _ in places))
        yield _finding(
            f"{name} is at work on {names(hosts)}",
            hosts,
            tuple(line for _, line in places),
            f"wait until {name} has ended",
        )


def _autopilot(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    plan = snapshot.any_api(lambda api: api.autopilot)
    if isinstance(plan, Known) and plan.value is not None and plan.value.status.state in RUNNING:
        state = f"autopilot plan {plan.value.metadata.name} is {plan.value.status.state}"
        evidence = api_said(snapshot, "autopilot", state, lambda api: api.autopilot)
        yield _finding(f"{state}: it restarts hosts by itself", (), evidence, "wait until the plan is Completed")


def _cordons(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    """k0stui never cordons: whoever did may be about to drain, or has forgotten it."""
    nodes = snapshot.any_api(lambda api: api.nodes)
    cordoned = tuple(node.name for node in nodes.value if node.spec.unschedulable) if isinstance(nodes, Known) else ()
    if cordoned:
        evidence = api_said(snapshot, "nodes", f"unschedulable: {names(cordoned)}", lambda api: api.nodes)
        sentence = f"{names(cordoned)} {verb(cordoned, 'is', 'are')} cordoned by somebody"
        yield _finding(sentence, cordoned, evidence, "ask who cordoned them", Severity.INFO)


def _finding(
    sentence: str,
    subjects: tuple[str, ...],
    evidence: tuple[Evidence, ...],
    remedy: str,
    severity: Severity = Severity.WARNING,
) -> Finding:
    return Finding("other-tool-active", severity, sentence, subjects=subjects, evidence=evidence, remedy=remedy)


RULE = ClusterRule("other-tool-active", check)
