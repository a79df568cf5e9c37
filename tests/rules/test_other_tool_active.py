"""Somebody else at work."""

from __future__ import annotations

import pytest

from k0stui.model.cluster import OtherActor
from k0stui.model.finding import Severity
from k0stui.model.kubernetes import AutopilotPlan, Metadata, Node, NodeSpec, PlanStatus
from k0stui.model.observed import Known
from k0stui.rules.other_tool_active import RULE
from tests.builders import a_cluster, unknown
from tests.rules.judging import finding, findings, is_silent, lacking


def test_nobody() -> None:
    """No lock, no plan, no cordon."""
    assert is_silent(RULE, a_cluster())


def test_a_fresh_lock() -> None:
    """k0sctl is at work on two hosts: one warning."""
    busy = a_cluster().hosts_with(
        lambda host: host.name in ("k0s-master-1", "k0s-worker-1"), other_actors=(OtherActor("k0sctl", 4.0),)
    )
    found = finding(RULE, busy)

    assert (found.severity, found.sentence) == (Severity.WARNING, "k0sctl is at work on k0s-master-1 and k0s-worker-1")


def test_an_old_lock_is_left_over() -> None:
    """Nobody renewed it for five minutes."""
    assert is_silent(RULE, a_cluster().where("k0s-master-1", other_actors=(OtherActor("k0sctl", 300.0),)))


@pytest.mark.parametrize(("state", "running"), [("SchedulableWait", True), ("Completed", False)])
def test_autopilot(state: str, running: bool) -> None:
    """A plan that runs restarts hosts by itself; one that has ended does not."""
    plan = AutopilotPlan(metadata=Metadata(name="autopilot"), status=PlanStatus(state=state))

    assert bool(findings(RULE, a_cluster().apis_with(autopilot=plan))) is running


def test_a_cordon_is_told() -> None:
    """k0stui never cordons: somebody did."""
    cluster = a_cluster()
    nodes = cluster.any_api(lambda api: api.nodes)
    assert isinstance(nodes, Known)
    first, *rest = nodes.value
    cordoned = Node(metadata=first.metadata, spec=NodeSpec(unschedulable=True), status=first.status)

    assert finding(RULE, cluster.apis_with(nodes=(cordoned, *rest))).severity is Severity.INFO


def test_unasked_hosts_are_unknown() -> None:
    """No host told whether a lock lies there."""
    assert "locks" in lacking(RULE, a_cluster().hosts_with(lambda host: True, other_actors=unknown()))
