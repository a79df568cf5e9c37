"""Nodes that are not Ready."""

from __future__ import annotations

from datetime import timedelta

from k0stui.model.finding import Severity
from k0stui.model.kubernetes import Condition, Node, NodeStatus
from k0stui.model.observed import Known
from k0stui.rules.node_not_ready import RULE
from tests.builders import NOW, Cluster, a_cluster, unknown
from tests.rules.judging import finding, is_silent, judged, lacking


def failing(cluster: Cluster, since: timedelta = timedelta(minutes=3), name: str = "k0s-worker-2") -> Cluster:
    nodes = cluster.any_api(lambda api: api.nodes)
    assert isinstance(nodes, Known)
    ready = Condition("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.", NOW - since)
    changed = tuple(
        Node(
            metadata=node.metadata,
            spec=node.spec,
            status=NodeStatus(conditions=[ready], addresses=node.status.addresses),
        )
        if node.name == name
        else node
        for node in nodes.value
    )
    return cluster.apis_with(nodes=changed)


def test_ready_nodes() -> None:
    """All four."""
    assert is_silent(RULE, a_cluster())


def test_a_node_that_is_not() -> None:
    """With reason and since when."""
    found = finding(RULE, failing(a_cluster()))

    assert (found.severity, found.sentence) == (Severity.WARNING, "node k0s-worker-2 is not Ready (NodeStatusUnknown)")
    assert found.since == NOW - timedelta(minutes=3)


def test_a_restarting_worker_blinks() -> None:
    """NotReady for five seconds is no finding."""
    assert is_silent(RULE, failing(a_cluster(), timedelta(seconds=5)))


def test_a_lost_host_explains_its_own_node_only() -> None:
    """k0s-worker-2 is lost; k0s-worker-3 is NotReady for a reason of its own."""
    cluster = failing(failing(a_cluster().unreachable("k0s-worker-2")), name="k0s-worker-3")
    causes = {one.subjects: one.explained_by for one in judged(cluster).findings if one.rule == RULE.id}

    assert causes == {("k0s-worker-2",): "host-unreachable", ("k0s-worker-3",): None}


def test_unknown_nodes_are_unknown() -> None:
    """No API server told."""
    assert "nodes" in lacking(RULE, a_cluster().apis_with(nodes=unknown()))
