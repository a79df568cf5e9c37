"""A node that agents do not reach."""

from __future__ import annotations

from k0stui.model.cluster import Tunnel
from k0stui.model.finding import Severity
from k0stui.rules.node_unreachable_through_tunnel import RULE
from tests.builders import Cluster, a_cluster, unknown
from tests.rules.judging import finding, is_silent, judged, lacking


def through(cluster: Cluster, error: str, node: str = "k0s-worker-3") -> Cluster:
    """The question to one node fails through every controller."""
    for api in cluster.apis:
        tunnels = tuple(
            Tunnel(worker.node, worker.name != node, "" if worker.name != node else error) for worker in cluster.workers
        )
        cluster = cluster.api_where(api.host, tunnels=tunnels)
    return cluster


def test_every_node_answers() -> None:
    """healthz of every kubelet through every controller."""
    assert is_silent(RULE, a_cluster())


def test_a_timeout_behind_the_agent() -> None:
    """Agents are there, this node does not answer."""
    found = finding(RULE, through(a_cluster(), "dial timeout, backstop"))

    assert (found.severity, found.subjects) == (Severity.WARNING, ("k0s-worker-3",))
    assert found.sentence.endswith("dial timeout, backstop")


def test_no_agent_is_another_disease() -> None:
    """`No agent available` speaks of the server, not of the node."""
    assert is_silent(RULE, a_cluster().incident())


def test_a_single_failure_gets_a_look_more() -> None:
    """It answered in the look before: a worker that restarts is away for seconds."""
    assert is_silent(RULE, through(a_cluster(), "EOF").after(a_cluster()))


def test_a_lost_host_explains_it() -> None:
    """SSH does not reach that host either."""
    found = judged(through(a_cluster().unreachable("k0s-worker-3"), "i/o timeout")).findings

    assert [one.explained_by for one in found if one.rule == RULE.id] == ["host-unreachable"]


def test_unasked_is_unknown() -> None:
    """No API server was asked for any node."""
    assert "end-to-end" in lacking(RULE, a_cluster().apis_with(tunnels=unknown()))
