"""The metrics API is not available: `kubectl top` and autoscaling fail, by chance or always.

Each API server overwrites the others' verdict, so the condition flips while some have agents and some have none: every
answer of this look and of the one before counts, and so does a change between two answers that both say yes.
Source: konnectivity.md §3.2; incident.md, symptoms 2 and 3.
"""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.errors import NotObserved
from k0stui.model.cluster import ApiObservation, ClusterSnapshot
from k0stui.model.finding import Evidence, Finding, Severity
from k0stui.model.kubernetes import Condition
from k0stui.model.observed import Known
from k0stui.rules.facts import mesh
from k0stui.rules.log_flood_fills_disk import MESH
from k0stui.rules.rule import ClusterRule

NAME = "v1beta1.metrics.k8s.io"


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    answers = _answers(snapshot)
    if not answers:
        raise NotObserved(f"APIService {NAME}")
    no = [(api, condition) for api, condition in answers if condition and condition.status != "True"]
    if no:
        yield _finding(snapshot, answers, no[-1][1])
    elif mesh.dark(snapshot) and len({condition.last_transition_time for _, condition in answers if condition}) > 1:
        yield _finding(snapshot, answers, answers[-1][1], "it changed between two looks")


def _answers(snapshot: ClusterSnapshot) -> list[tuple[ApiObservation, Condition | None]]:
    looks = (snapshot.earlier, snapshot) if snapshot.earlier and mesh.dark(snapshot) else (snapshot,)
    return [
        (api, api.metrics_api.value.available)
        for look in looks
        for api in look.apis
        if isinstance(api.metrics_api, Known)
    ]


def _finding(
    snapshot: ClusterSnapshot,
    answers: list[tuple[ApiObservation, Condition | None]],
    last: Condition | None,
    why: str = "",
) -> Finding:
    assert last is not None
    flips = any(condition and condition.status == "True" for _, condition in answers)
    how = "comes and goes" if flips else "is not available"
    return Finding(
        "metrics-api-unavailable",
        Severity.WARNING,
        f"the metrics API {how} ({why or last.reason or 'no reason given'}): kubectl top and autoscaling fail",
        since=None if flips else last.last_transition_time,
        evidence=tuple(
            Evidence(api.host, "metrics_api", f"{condition.status}: {condition.message[:120]}", api.metrics_api.at)
            for api, condition in answers
            if condition
        ),
        because=MESH if mesh.dark(snapshot) else ("balancer-missing", "node-not-ready"),
        remedy="look at metrics-server: k0s kubectl -n kube-system get pods -l k8s-app=metrics-server -o wide",
    )


RULE = ClusterRule("metrics-api-unavailable", check)
