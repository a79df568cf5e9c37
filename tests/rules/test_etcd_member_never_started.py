"""A voter of etcd that nobody ever started."""

from __future__ import annotations

from k0stui.model.etcd import EtcdHealth, EtcdMember
from k0stui.model.finding import Severity
from k0stui.model.host import LogUsage
from k0stui.rules.etcd_member_never_started import RULE
from tests.builders import GIB, Cluster, a_cluster, unknown
from tests.rules.judging import finding, is_silent, judged, lacking, roots

ABSENT = EtcdMember(1 << 60, "", ("https://10.10.10.45:2380",))


def with_absent(controllers: int = 3) -> Cluster:
    cluster = a_cluster(controllers)
    return cluster.controllers_with(etcd_members=(*cluster.controllers[0].etcd_members.value, ABSENT))


def test_started_members_are_no_news() -> None:
    """Every member has its name: nothing to say."""
    assert is_silent(RULE, a_cluster().steady())


def test_it_counts_for_quorum_all_the_same() -> None:
    """Three controllers and one that never was: four votes, and three are needed."""
    found = finding(RULE, with_absent().steady())

    assert (found.severity, found.subjects) == (Severity.WARNING, (f"member {1 << 60:x}",))
    assert found.sentence == (
        "1 of 4 voters of etcd (10.10.10.45) never started, and counts all the same: 3 of 4 are the quorum"
    )
    assert "k0s etcd leave --peer-address 10.10.10.45" in found.remedy
    assert found.evidence[-1].value.endswith("at 10.10.10.45: voter, never started")


def test_a_controller_that_joins_has_no_name_for_some_seconds() -> None:
    """It was not in the list of the look before: nothing is said yet, nor with one look only."""
    assert is_silent(RULE, with_absent().after(a_cluster()))
    assert "two looks" in lacking(RULE, with_absent())


def test_without_a_list_nothing_is_known() -> None:
    """No controller tells the members: not known, and not none."""
    assert "etcd's member list" in lacking(RULE, a_cluster().controllers_with(etcd_members=unknown()).steady())


def test_it_explains_the_lost_margin_and_the_leaders_flood() -> None:
    """The one cause: the margin went with it, and the leader's log is full of it."""
    flooded = with_absent().where("k0s-master-1", log_usage=LogUsage(GIB, 50 << 10, 4 * GIB, "/", None))
    diagnosis = judged(flooded.steady())

    assert roots(diagnosis) == {"etcd-member-never-started"}
    assert {found.rule for found in diagnosis.findings} >= {"etcd-no-margin", "log-flood-fills-disk"}


def test_it_is_told_where_a_margin_is_left() -> None:
    """Five controllers beside it: six votes need four, one may still be lost."""
    assert roots(judged(with_absent(5).steady())) == {"etcd-member-never-started"}


def test_a_sick_member_beside_it_is_a_lost_quorum() -> None:
    """Two of four are healthy, three are needed; their reads fail, and that is critical by its own rule."""
    cluster = with_absent().controllers_with(etcd_health=EtcdHealth(False, "RAFT NO LEADER"))

    assert "etcd-quorum-lost" in roots(judged(cluster.steady()))
