"""Agents that are sent to a balancer that was never started."""

from __future__ import annotations

from k0stui.model.finding import Severity
from k0stui.model.nllb import Balancer
from k0stui.rules.workers_not_restarted import RULE
from tests.builders import a_cluster, unknown
from tests.rules.judging import finding, is_silent, lacking


def test_balancers_everywhere() -> None:
    """NLLB on, all workers restarted."""
    assert is_silent(RULE, a_cluster())


def test_another_target_needs_no_balancer() -> None:
    """In the incident nobody is sent to localhost."""
    assert is_silent(RULE, a_cluster().incident())


def test_exposed() -> None:
    """All agents moved, nobody listens: all four workers, critical, plan restart-workers."""
    found = finding(RULE, a_cluster().exposed())

    assert (found.severity, found.plan) == (Severity.CRITICAL, "restart-workers")
    assert found.subjects == ("k0s-worker-1", "k0s-worker-2", "k0s-worker-3", "k0s-worker-4")
    assert found.sentence.endswith("k0s-master-1..3 have no agent")


def test_only_those_without_are_named() -> None:
    """One worker was restarted already."""
    cluster = a_cluster().exposed().where("k0s-worker-1", balancer=Balancer(True, True, 401))

    assert finding(RULE, cluster).subjects == ("k0s-worker-2", "k0s-worker-3", "k0s-worker-4")


def test_a_crashed_balancer_is_another_finding() -> None:
    """k0sworker was started with NLLB, and the listeners are gone: balancer-missing."""
    assert is_silent(RULE, a_cluster().where("k0s-worker-1", balancer=Balancer(False, False)))


def test_while_held_nothing_presses() -> None:
    """No agent has moved yet, so none is lost: a warning, explained by the hold."""
    assert finding(RULE, a_cluster().held()).severity is Severity.WARNING


def test_a_silent_worker_is_named_apart() -> None:
    """What nobody could ask is neither with nor without."""
    found = finding(RULE, a_cluster().exposed().unreachable("k0s-worker-4"))

    assert "k0s-worker-4 could not be asked" in found.sentence
    assert "k0s-worker-4" not in found.subjects


def test_unknown_listeners_are_unknown() -> None:
    """No worker told whether a balancer listens."""
    assert "balancer listens" in lacking(RULE, a_cluster().workers_with(balancer=unknown()))


def test_an_unknown_target_is_unknown() -> None:
    """No API server told where the DaemonSet points."""
    assert "DaemonSet points" in lacking(RULE, a_cluster().apis_with(daemonsets=unknown()))
