"""Two nodes with one address."""

from __future__ import annotations

from k0stui.model.finding import Severity
from k0stui.model.kubernetes import Metadata, Node, NodeAddress, NodeStatus
from k0stui.rules.nodes_share_address import RULE
from tests.builders import a_cluster, unknown
from tests.rules.judging import finding, is_silent, lacking


def test_addresses_of_their_own() -> None:
    """Every node has its own."""
    assert is_silent(RULE, a_cluster())


def test_a_shared_address() -> None:
    """Two virtual machines behind one NAT."""
    nodes = tuple(
        Node(
            metadata=Metadata(name=f"k0s-worker-{n}"),
            status=NodeStatus(addresses=[NodeAddress("InternalIP", "10.0.2.15" if n < 3 else f"10.10.10.{50 + n}")]),
        )
        for n in range(1, 5)
    )
    found = finding(RULE, a_cluster().apis_with(nodes=nodes))

    assert (found.severity, found.subjects) == (Severity.CRITICAL, ("k0s-worker-1", "k0s-worker-2"))


def test_unknown_nodes_are_unknown() -> None:
    """No API server told."""
    assert "nodes" in lacking(RULE, a_cluster().apis_with(nodes=unknown()))
