"""The words of the verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.finding import Severity
from k0stui.present.cells import Tone
from k0stui.present.verdict import Verdict, verdict
from tests.builders import NOW, a_cluster, unknown
from tests.recorded import recorded_snapshot
from tests.rules.judging import judged


def told(snapshot: ClusterSnapshot, place: int = 0) -> Verdict:
    return verdict(snapshot, judged(snapshot), place)


def test_healthy_is_one_line() -> None:
    """Nothing found, and how much was looked at."""
    found = told(a_cluster().steady())

    assert (found.tone, found.severity, found.lines) == (Tone.OK, None, ())
    assert found.sentence == "0 problems. 12/12 links. 37 rules, 7/7 hosts"


def test_the_incident_is_told_by_what_fails() -> None:
    """What users meet first, then why, proof, what was ruled out, and the next step."""
    calm = a_cluster().incident()
    found = told(calm.counters("k0s-master-2", no_agent=28500).after(calm))

    assert (found.severity, found.rule, found.plan) == (Severity.CRITICAL, "agents-single-target", "nllb")
    assert found.sentence == "logs, exec, webhooks and metrics fail on 2 of 3 API servers"
    assert found.line("why") == (
        "all 4 agents dial k0s-master-1 (10.10.10.41:8132) only; k0s-master-2 and k0s-master-3 have 0 of 4 agents"
    )
    assert found.line("proof") == (
        'links 4/12   "No agent available" 1.9k/s on k0s-master-2   no balancer on 4 of 4 workers'
    )
    assert "equal server ids" in found.line("ruled out")
    assert found.line("next") == (
        "enable node-local load balancing: restart 3 controllers, then 4 workers, one at a time; "
        "prove 12/12 (plan nllb)"
    )
    assert found.line("also") == ("the log of k0s-master-2 is flooded; the metrics API is not available")


def test_since_is_never_more_than_known() -> None:
    """Since at least then: what was before nobody saw. Old times carry their day."""
    young = (
        a_cluster()
        .incident()
        .hosts_with(lambda host: host.is_worker, agent_process=a_cluster().incident().workers[0].agent_process)
    )

    assert told(young).since == "since at least 2025-01-22 14:40Z"
    for worker in young.workers:
        young = young.changed(worker.name, "agent_process", started_at=NOW - timedelta(minutes=9))
    assert told(young).since == "since at least 14:31Z"
    assert told(a_cluster().exposed()).since == ""


def test_darkness_everywhere_is_said_so() -> None:
    """No API server has an agent."""
    assert told(a_cluster().exposed()).sentence == "logs, exec, webhooks and metrics fail on all 3 API servers"


def test_a_finding_without_a_dark_server_speaks_for_itself() -> None:
    """Nothing fails for users yet: the sentence is the finding's, and there is no separate why."""
    found = told(a_cluster().agents(4, 3, 4).open_known((2, 2), (3, 3), (3, 3), (3, 3)).steady())

    assert found.sentence.startswith("the agent on k0s-worker-1 is content with 2 of 3 servers")
    assert found.line("why") == ""
    assert found.line("next") == "restart the agents on k0s-worker-1, one at a time (plan restart-agents)"


def test_partial_looks_are_owned_up_to() -> None:
    """Two hosts did not answer: the sentence says how many did, and what was not checked."""
    found = told(a_cluster().incident().unreachable("k0s-worker-3").unreachable("k0s-worker-4").steady())

    assert found.sentence.endswith("fail on 2 of 3 API servers; 5/7 hosts answered")
    assert found.line("not checked") == "k0s-worker-3 (5 rules) and k0s-worker-4 (5 rules)"


def test_old_data_are_owned_up_to() -> None:
    """A look that rests on answers of three minutes ago says so."""
    late = replace(a_cluster().incident().steady(), taken_at=NOW + timedelta(minutes=3))

    assert told(late).sentence.endswith("; on data up to 3m old") or told(late).sentence.endswith(
        ", on data up to 3m old"
    )


def test_not_all_judged_is_not_healthy() -> None:
    """Nothing found, and one rule could not look: unknown, never green."""
    found = told(a_cluster().workers_with(kube_proxy=unknown()).steady())

    assert (found.tone, found.severity) == (Tone.UNKNOWN, None)
    assert found.sentence == "0 problems. 12/12 links. 36 of 37 rules, 7/7 hosts"
    assert found.line("not checked") == "kube-proxy-single-target"


def test_unheard_servers_are_named() -> None:
    """Links are counted only where a server told."""
    blind = a_cluster().where("k0s-master-2", konnectivity_metrics=unknown()).steady()

    assert "8/12 links (k0s-master-2 not heard)" in told(blind).sentence


def test_each_cause_can_be_told() -> None:
    """f and F go through the causes, and round."""
    cluster = a_cluster().incident().metrics_api(True).changed("k0s-worker-1", "service", active="failed", sub="failed")
    first, second = told(cluster), told(cluster, 1)

    assert (first.place, first.causes, first.rule) == (1, 2, "agents-single-target")
    assert (second.place, second.rule) == (2, "k0s-service-down")
    assert told(cluster, 2) == first
    assert "k0sworker on k0s-worker-1 is failed" in first.line("also")


def test_many_other_findings_are_counted() -> None:
    """Four are named, the rest is a number."""
    cluster = a_cluster().incident()
    for n, worker in enumerate(cluster.workers):
        cluster = cluster.changed(worker.name, "service", active="failed", sub="failed")
        cluster = cluster.where(worker.name, clock=replace(cluster.host(worker.name).clock.value, offset=9.0 * n))  # type: ignore[union-attr]

    assert told(cluster).line("also").endswith("; 2 more")


@pytest.mark.parametrize(
    ("state", "tone", "words"),
    [
        ("incident", Tone.CRIT, "fail on 2 of 3 API servers"),
        ("incident-vip", Tone.CRIT, "fail on 2 of 3 API servers"),
        ("transition-2-dark", Tone.CRIT, "fail on all 3 API servers"),
        ("transition-3-w1", Tone.CRIT, "nothing listens there on k0s-worker-2..4"),
        ("one-controller-down", Tone.CRIT, "k0scontroller on k0s-master-1 is inactive"),
        ("power-loss-m2", Tone.WARN, "etcd has 2 of 3 members without k0s-master-2"),
        ("v1.36-known-count-trap", Tone.WARN, "content with 2 of 3 servers"),
    ],
)
async def test_recorded_states(state: str, tone: Tone, words: str) -> None:
    """What the operator of a real cluster is told first."""
    found = told(await recorded_snapshot(state))

    assert found.tone is tone
    assert words in found.sentence
