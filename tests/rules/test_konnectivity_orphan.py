"""A konnectivity server that did not die."""

from __future__ import annotations

from k0stui.model.cluster import LogSigns
from k0stui.model.finding import Severity
from k0stui.rules.konnectivity_orphan import RULE
from tests.builders import NOW, a_cluster, unknown
from tests.rules.judging import finding, is_silent, lacking

M1 = "k0s-master-1"


def test_one_process() -> None:
    """The process of the pid file, and no other."""
    assert is_silent(RULE, a_cluster())


def test_a_second_process() -> None:
    """Two processes, one of them unknown to k0s; the journal says that the port is taken."""
    cluster = a_cluster(version="1.36.1").changed(M1, "konnectivity_server", pid=2100, pids=(2000, 2100))
    found = finding(RULE, cluster.where(M1, log_signs=LogSigns(2000, NOW, (("address-in-use", 12),))))

    assert found.severity is Severity.CRITICAL
    assert "(pid 2000) still runs on k0s-master-1, k0s started pid 2100" in found.sentence
    assert "failed 12 times: address already in use" in found.sentence
    assert found.remedy.startswith("on k0s-master-1: kill 2000;")


def test_a_restart_has_two_for_a_moment() -> None:
    """In the look before there was one."""
    cluster = a_cluster()

    assert is_silent(RULE, cluster.changed(M1, "konnectivity_server", pid=2100, pids=(2000, 2100)).after(cluster))


def test_unknown_processes_are_unknown() -> None:
    """Nobody told."""
    assert "konnectivity's processes" in lacking(RULE, a_cluster().where(M1, konnectivity_server=unknown()))
