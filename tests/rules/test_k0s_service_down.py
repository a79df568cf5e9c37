"""k0s that does not run on a host that answers."""

from __future__ import annotations

import pytest

from k0stui.model.finding import Severity
from k0stui.rules.k0s_service_down import RULE
from tests.builders import a_cluster
from tests.rules.judging import finding, is_silent, lacking


@pytest.mark.parametrize("active", ["active", "activating", "deactivating", "reloading"])
def test_running_or_moving_is_not_down(active: str) -> None:
    """A unit that runs, or is on its way, is not down."""
    sub = "running" if active == "active" else "start"

    assert is_silent(RULE, a_cluster().changed("k0s-master-1", "service", active=active, sub=sub))


def test_a_stopped_controller_is_critical() -> None:
    """A member, an API server and a konnectivity server are missing."""
    found = finding(RULE, a_cluster().changed("k0s-master-1", "service", active="inactive", sub="dead"))

    assert (found.severity, found.sentence) == (Severity.CRITICAL, "k0scontroller on k0s-master-1 is inactive")


def test_a_stopped_worker_is_a_warning() -> None:
    """Running pods go on for a while."""
    found = finding(RULE, a_cluster().changed("k0s-worker-1", "service", active="failed", sub="failed"))

    assert (found.severity, found.sentence) == (Severity.WARNING, "k0sworker on k0s-worker-1 is failed")


def test_not_enabled_is_a_warning() -> None:
    """It runs now and is gone after the next reboot."""
    found = finding(RULE, a_cluster().changed("k0s-master-1", "service", enabled="disabled"))

    assert found.severity is Severity.WARNING
    assert "will not start after a reboot" in found.sentence


def test_a_missing_unit_is_said_so() -> None:
    """k0s was never installed as a service there."""
    cluster = a_cluster().changed("k0s-worker-1", "service", load="not-found", active="inactive", sub="dead")

    assert "is not installed" in finding(RULE, cluster).sentence


def test_an_unreachable_host_is_not_down() -> None:
    """Nobody could ask: unknown."""
    assert "k0s-worker-1" in lacking(RULE, a_cluster().unreachable("k0s-worker-1"))
