"""etcd at the edge of its quorum."""

from __future__ import annotations

from k0stui.model.etcd import EtcdHealth
from k0stui.model.finding import Severity
from k0stui.model.host import Filesystem
from k0stui.rules.etcd_no_margin import RULE
from tests.builders import GIB, a_cluster
from tests.rules.judging import finding, is_silent, judged, lacking


def test_three_of_three_have_a_margin() -> None:
    """All members healthy: one may be lost."""
    assert is_silent(RULE, a_cluster())


def test_two_of_three_have_none() -> None:
    """One member is sick: the next loss stops the cluster, no plan is offered."""
    found = finding(RULE, a_cluster().where("k0s-master-2", etcd_health=EtcdHealth(False, "no leader")))

    assert (found.severity, found.subjects, found.plan) == (Severity.WARNING, ("k0s-master-2",), None)
    assert found.sentence == (
        "etcd has 2 of 3 members without k0s-master-2, and needs 2: losing one more stops the cluster"
    )


def test_three_of_five_have_none() -> None:
    """Five members need three."""
    cluster = a_cluster(controllers=5)
    for host in ("k0s-master-4", "k0s-master-5"):
        cluster = cluster.where(host, etcd_health=EtcdHealth(False))

    assert finding(RULE, cluster).subjects == ("k0s-master-4", "k0s-master-5")


def test_two_members_never_have_a_margin() -> None:
    """Two members are worse than one: either loss stops the cluster."""
    assert finding(RULE, a_cluster(controllers=2)).sentence.startswith("etcd has 2 of 2 members, and needs 2")


def test_a_lone_member_is_no_news() -> None:
    """A cluster of one can never lose one."""
    assert is_silent(RULE, a_cluster(controllers=1))


def test_a_silent_host_that_etcd_still_talks_to_is_unknown() -> None:
    """SSH does not reach it, its member is connected: that is our problem, not etcd's."""
    assert "k0s-master-3" in lacking(RULE, a_cluster().unreachable("k0s-master-3"))


def test_a_silent_host_that_etcd_misses_is_lost() -> None:
    """SSH does not reach it, and the other members count one peer less."""
    cluster = a_cluster().unreachable("k0s-master-3")
    for host in ("k0s-master-1", "k0s-master-2"):
        cluster = cluster.changed(host, "etcd_metrics", active_peers=1)

    assert finding(RULE, cluster).subjects == ("k0s-master-3",)


def test_the_leaders_word_on_who_is_lost_wins() -> None:
    """A follower counts a peer without power for long; the leader, which sends to all, misses it in seconds."""
    cluster = a_cluster().unreachable("k0s-master-3")

    leader = cluster.changed("k0s-master-1", "etcd_metrics", active_peers=1)
    follower = cluster.changed("k0s-master-2", "etcd_metrics", active_peers=1)
    assert finding(RULE, leader).subjects == ("k0s-master-3",)
    assert "k0s-master-3" in lacking(RULE, follower)


def test_a_full_disk_of_the_lost_member_explains_it() -> None:
    """etcd cannot begin the next part of its log there; a full disk on another host is another matter."""
    full = (Filesystem("/var/lib/k0s", "/dev/sdb1", 4 * GIB, 0, 1000, 900),)
    lost = a_cluster().where("k0s-master-2", etcd_health=EtcdHealth(False))

    for host, cause in (("k0s-master-2", "disk-low"), ("k0s-master-1", None)):
        by_rule = {found.rule: found for found in judged(lost.where(host, disks=full)).findings}
        assert by_rule["etcd-no-margin"].explained_by == cause
