"""A DaemonSet that waits on OnDelete."""

from __future__ import annotations

from dataclasses import replace

from k0stui.model.finding import Severity
from k0stui.rules.agents_held import RULE
from tests.builders import a_cluster, unknown
from tests.rules.judging import explained, finding, is_silent, judged, lacking, roots


def test_a_rolling_daemonset_is_not_held() -> None:
    """The usual strategy."""
    assert is_silent(RULE, a_cluster())


def test_held_without_an_operation_is_a_warning() -> None:
    """Somebody left it: agents still dial the old address."""
    found = finding(RULE, a_cluster().held())

    assert found.severity is Severity.WARNING
    assert "4 agents held back from localhost:7132, still dialling 10.10.10.41:8132" in found.sentence
    assert "restart k0sworker on k0s-worker-1..4" in found.remedy


def test_held_by_an_operation_is_as_it_should_be() -> None:
    """While k0stui works it is told, and no more."""
    found = finding(RULE, replace(a_cluster().held(), operation="nllb-2025-02-03"))

    assert (found.severity, found.remedy) == (Severity.INFO, "resume the operation")


def test_an_owners_own_ondelete_is_none() -> None:
    """OnDelete without a template that waits holds nobody back."""
    assert is_silent(RULE, a_cluster().template("localhost", 7132, strategy="OnDelete"))


def test_held_explains_what_looks_worse() -> None:
    """Workers without a balancer, the metrics API and kube-proxy are consequences."""
    diagnosis = judged(a_cluster().held())

    assert roots(diagnosis) == {"agents-held"}
    assert "workers-not-restarted" in explained(diagnosis)


def test_without_the_daemonset_nothing_is_known() -> None:
    """No API server told."""
    assert "DaemonSet" in lacking(RULE, a_cluster().apis_with(daemonsets=unknown()))


def test_without_running_targets_nothing_is_known() -> None:
    """What the agents that run dial was told by nobody."""
    cluster = a_cluster().held().apis_with(agent_pods=unknown()).workers_with(agent_process=unknown())

    assert "running agents" in lacking(RULE, cluster)
