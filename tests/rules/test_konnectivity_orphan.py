"""A konnectivity server that did not die."""

from __future__ import annotations

from k0stui.model.cluster import LogSigns
from k0stui.model.finding import Severity
from k0stui.rules.konnectivity_orphan import RULE
from k0stui.rules.server_count_wrong import RULE as SERVER_COUNT_WRONG
from k0stui.rules.server_ids_equal import RULE as SERVER_IDS_EQUAL
from tests.builders import NOW, Cluster, a_cluster, unknown
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


def bind_loop() -> Cluster:
    """k0s removes the pid file after each exit of the new server; the old one lives on."""
    return a_cluster().changed(M1, "konnectivity_server", server_id="", server_count=0, pid=0, started_at=None)


def test_a_process_without_a_pid_file() -> None:
    """In two looks one runs and the file is gone: the port is held, and k0s' own server cannot start."""
    found = finding(RULE, bind_loop().steady())

    assert (found.severity, found.subjects) == (Severity.CRITICAL, (M1,))
    assert "(pid 2000) still runs on k0s-master-1, the one of k0s does not stay up" in found.sentence
    assert found.remedy.startswith("on k0s-master-1: kill 2000;")


def test_the_pid_file_comes_and_goes() -> None:
    """The look before fell into an attempt of the new server: the same process was too many then."""
    before = a_cluster().changed(M1, "konnectivity_server", pid=2100, pids=(2000, 2100))

    assert finding(RULE, bind_loop().after(before)).subjects == (M1,)


def test_one_look_without_a_pid_file_proves_nothing() -> None:
    """A server that k0s starts or ends right now has none either."""
    assert "two looks" in lacking(RULE, bind_loop())
    assert is_silent(RULE, bind_loop().after(a_cluster()))


def test_no_other_rule_takes_an_orphan_for_the_server_of_k0s() -> None:
    """It announces nothing and has no id: counts and ids are judged by the others."""
    cluster = bind_loop().changed("k0s-master-2", "konnectivity_server", server_id="")

    assert is_silent(SERVER_COUNT_WRONG, cluster)
    assert is_silent(SERVER_IDS_EQUAL, cluster)


def test_unknown_processes_are_unknown() -> None:
    """Nobody told."""
    assert "konnectivity's processes" in lacking(RULE, a_cluster().where(M1, konnectivity_server=unknown()))
