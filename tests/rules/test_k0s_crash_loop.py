"""k0s that starts and fails again and again."""

from __future__ import annotations

from datetime import timedelta

from k0stui.model.finding import Severity
from k0stui.rules.k0s_crash_loop import RULE
from tests.builders import NOW, a_cluster, unknown
from tests.rules.judging import finding, is_silent, lacking

M3 = "k0s-master-3"


def test_a_running_unit_is_no_loop() -> None:
    """A unit that runs, restarted by nobody."""
    assert is_silent(RULE, a_cluster())


def test_auto_restart_is_a_loop() -> None:
    """systemd waits to start it again after a failure."""
    found = finding(RULE, a_cluster().changed(M3, "service", active="activating", sub="auto-restart", restarts=1))

    assert found.severity is Severity.CRITICAL
    assert "(restarted by systemd once, now activating/auto-restart)" in found.sentence


def test_a_rising_counter_is_a_loop() -> None:
    """Between two looks systemd restarted it by itself."""
    cluster = a_cluster()

    assert finding(RULE, cluster.changed(M3, "service", restarts=2).after(cluster)).subjects == (M3,)


def test_young_for_the_third_time_is_a_loop() -> None:
    """Three restarts by systemd, and it runs for less than two minutes."""
    young = a_cluster().changed(M3, "service", restarts=3, started_at=NOW - timedelta(seconds=50))

    assert finding(RULE, young).subjects == (M3,)


def test_one_planned_restart_is_none() -> None:
    """A restart by hand is young and was not made by systemd."""
    assert is_silent(RULE, a_cluster().changed(M3, "service", started_at=NOW - timedelta(seconds=50)))


def test_an_unknown_unit_is_unknown() -> None:
    """Nobody told the state of the unit."""
    assert "k0s-master-3: state of k0s" in lacking(RULE, a_cluster().where(M3, service=unknown()))
