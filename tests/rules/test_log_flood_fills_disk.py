"""A log that floods."""

from __future__ import annotations

from k0stui.model.etcd import EtcdHealth
from k0stui.model.finding import Severity
from k0stui.model.host import Filesystem, LogUsage
from k0stui.model.observed import Lack
from k0stui.rules.log_flood_fills_disk import RULE
from tests.builders import GIB, Cluster, a_cluster, unknown
from tests.rules.judging import finding, is_silent, judged, lacking

M2 = "k0s-master-2"


def flooding(per_second: float = 1900, seconds: float = 15) -> Cluster:
    """`No agent available` rises on k0s-master-2 between two looks."""
    calm = a_cluster().incident()
    return calm.counters(M2, no_agent=600 + per_second * seconds).after(calm, seconds)


def test_quiet_logs() -> None:
    """Nothing rises."""
    assert is_silent(RULE, a_cluster().steady())


def test_a_flood_into_a_capped_journal_is_a_rate() -> None:
    """The journal deletes as it writes: a warning with template and rate."""
    found = finding(RULE, flooding())

    assert found.severity is Severity.WARNING
    assert '"No agent available" 1900/s' in found.sentence
    assert "capped at 4.0 GiB" in found.sentence


def test_a_flood_that_fills_the_disk_tonight_is_critical() -> None:
    """No limit, 2 MiB/s, 64 GiB free of 100: the floor of 5 GiB is reached in eight hours."""
    cluster = flooding().where(M2, log_usage=LogUsage(20 * GIB, 2 << 20, 0, "/", None))
    found = finding(RULE, cluster)

    assert found.severity is Severity.CRITICAL
    assert found.sentence.startswith("the disk of k0s-master-2 is full in 8 h: its log is flooded (")


def test_a_limit_beyond_the_floor_does_not_help() -> None:
    """The journal may take more than there is."""
    cluster = flooding().where(M2, log_usage=LogUsage(20 * GIB, 2 << 20, 100 * GIB, "/", None))

    assert finding(RULE, cluster).severity is Severity.CRITICAL


def test_growth_alone_is_a_flood_of_unknown_making() -> None:
    """One look, and a journal that grows: judged by its growth, explained by nothing."""
    cluster = a_cluster().where("k0s-worker-1", log_usage=LogUsage(20 * GIB, 4 << 20, 0, "/", None))
    found = finding(RULE, cluster)

    assert (found.severity, found.because) == (Severity.CRITICAL, ())


def test_a_lost_member_of_etcd_explains_it() -> None:
    """A leader tells of every message that it cannot send; the floods of workers are others."""
    lost = a_cluster().where(M2, etcd_health=EtcdHealth(False))
    for host, cause in (("k0s-master-1", "etcd-no-margin"), ("k0s-worker-1", None)):
        found = judged(lost.where(host, log_usage=LogUsage(GIB, 50_000, 4 * GIB, "/", None))).findings
        assert [one.explained_by for one in found if one.rule == RULE.id] == [cause]


def test_a_controller_without_power_explains_it_before_etcd_does() -> None:
    """The leader floods before it counts the member as lost; a controller that only refuses our key is no cause."""
    flooded = a_cluster().where("k0s-master-1", log_usage=LogUsage(GIB, 50 << 10, 4 * GIB, "/", None))
    refused = unknown("the key is refused", Lack.NOT_PERMITTED)

    assert finding(RULE, flooded.unreachable(M2)).because[-1] == "host-unreachable"
    assert "host-unreachable" not in finding(RULE, flooded.where(M2, connection=refused)).because


def test_old_lines_are_no_flood() -> None:
    """The newest 2000 lines still hold 787 of it, and the counter stands still."""
    assert is_silent(RULE, a_cluster().flooded("k0s-master-1", lines=787).steady())


def test_a_restarted_server_has_no_rate() -> None:
    """Its counter began anew: nothing can be told from it, and nothing grows."""
    before = a_cluster().counters(M2, no_agent=9000)

    assert is_silent(RULE, a_cluster().counters(M2, no_agent=5).after(before))


def test_the_incident_explains_it() -> None:
    """The flood, and the disk that it fills, stand under the agents' single target."""
    full = (Filesystem("/", "/dev/sda1", 100 * GIB, GIB // 2),)
    found = judged(flooding().where(M2, disks=full)).findings

    assert {one.explained_by for one in found if one.rule in (RULE.id, "disk-low")} == {"agents-single-target"}


def test_without_growth_and_counter_it_is_unknown() -> None:
    """Neither could be had."""
    assert "how fast its log grows" in lacking(RULE, a_cluster().where("k0s-worker-1", log_usage=unknown()))
