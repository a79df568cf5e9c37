"""etcd without quorum."""

from __future__ import annotations

from k0stui.model.cluster import Listener
from k0stui.model.etcd import EtcdHealth
from k0stui.model.finding import Severity
from k0stui.model.observed import Lack, require
from k0stui.rules.etcd_quorum_lost import RULE
from tests.builders import Cluster, a_cluster, unknown
from tests.rules.judging import finding, is_silent, lacking


def sick(cluster: Cluster, *hosts: str) -> Cluster:
    for host in hosts:
        cluster = cluster.where(host, etcd_health=EtcdHealth(False, "RAFT NO LEADER"))
        cluster = cluster.changed(host, "etcd_metrics", has_leader=False, active_peers=0)
    return cluster


def test_healthy_members_are_quorum() -> None:
    """Three healthy members: nothing to say."""
    assert is_silent(RULE, a_cluster())


def test_one_healthy_answer_proves_quorum() -> None:
    """A linearizable read that succeeds cannot succeed without quorum, whatever the others say."""
    assert is_silent(RULE, sick(a_cluster(), "k0s-master-1", "k0s-master-2"))


def test_no_healthy_member_is_quorum_lost() -> None:
    """All three answer that they are not healthy: critical, with the number that is needed."""
    found = finding(RULE, sick(a_cluster(), "k0s-master-1", "k0s-master-2", "k0s-master-3"))

    assert found.severity is Severity.CRITICAL
    assert found.sentence == "etcd has no quorum: 0 of 3 members are healthy, 2 are needed"
    assert "at the same time" in found.remedy


def test_two_stopped_controllers_are_quorum_lost() -> None:
    """k0s is stopped on two of three, and the third says that it has no leader."""
    cluster = sick(a_cluster(), "k0s-master-3")
    for host in ("k0s-master-1", "k0s-master-2"):
        cluster = cluster.changed(host, "service", active="inactive", sub="dead").where(host, etcd_health=unknown())

    assert finding(RULE, cluster).subjects == ("k0s-master-1", "k0s-master-2", "k0s-master-3")


def test_members_that_etcd_misses_too_are_lost() -> None:
    """Two hosts are silent for us, and the third member talks to nobody: no quorum."""
    cluster = sick(a_cluster(), "k0s-master-3").unreachable("k0s-master-1").unreachable("k0s-master-2")

    assert "k0s-master-1 and k0s-master-2 could not be asked" in finding(RULE, cluster).sentence


def test_our_own_lack_of_access_is_no_lost_quorum() -> None:
    """Nobody told us its health: that is not known, and not a lost quorum."""
    refused = unknown("sudo wants a password", Lack.NOT_PERMITTED)
    cluster = sick(a_cluster(), "k0s-master-1").changed("k0s-master-1", "etcd_metrics", has_leader=True, active_peers=2)
    cluster = cluster.where("k0s-master-2", etcd_health=refused).where("k0s-master-3", etcd_health=refused)

    assert "k0s-master-2 and k0s-master-3" in lacking(RULE, cluster)


def test_the_last_member_list_counts() -> None:
    """The list fails exactly when quorum is lost: the one of the look before is used."""
    cluster = sick(a_cluster(), "k0s-master-1", "k0s-master-2", "k0s-master-3").controllers_with(etcd_members=unknown())

    assert "etcd's member list" in lacking(RULE, cluster)
    assert finding(RULE, cluster.after(a_cluster())).subjects


def test_who_looks_only_after_the_loss_has_a_members_own_list() -> None:
    """No earlier look, no linearizable list: what the last member has on its disk tells how many there should be."""
    cluster = sick(a_cluster(), "k0s-master-3").controllers_with(etcd_members=unknown())
    for host in ("k0s-master-1", "k0s-master-2"):
        cluster = cluster.changed(host, "service", active="inactive", sub="dead").where(host, etcd_health=unknown())
    members = require(a_cluster().host("k0s-master-3").etcd_members)

    found = finding(RULE, cluster.where("k0s-master-3", etcd_local_members=members))
    assert found.sentence == "etcd has no quorum: 0 of 3 members are healthy, 2 are needed"


def test_a_list_of_etcd_itself_counts_before_a_members_own() -> None:
    """A member that was away may have an old one."""
    cluster = sick(a_cluster(), "k0s-master-1", "k0s-master-2", "k0s-master-3")
    old = require(cluster.host("k0s-master-1").etcd_members)[:1]

    assert "0 of 3" in finding(RULE, cluster.where("k0s-master-1", etcd_local_members=old)).sentence


def test_an_etcd_that_nobody_hears_under_a_running_unit_is_lost() -> None:
    """The unit runs, the port is shut: it is not healthy, and no longer only unknown."""
    shut = unknown("etcd does not answer on 127.0.0.1:2379", Lack.FAILED)
    cluster = sick(a_cluster(), "k0s-master-3")
    for host in ("k0s-master-1", "k0s-master-2"):
        cluster = cluster.where(host, etcd_health=shut, listeners=(Listener("*", 6443),), etcd_metrics=shut)

    found = finding(RULE, cluster)
    assert "could not be asked" not in found.sentence
    assert "nobody listens on 2379" in [line.value for line in found.evidence]


def test_other_storage_has_no_members() -> None:
    """kine has no etcd to judge."""
    assert is_silent(RULE, a_cluster().configured(storage="kine").controllers_with(etcd_members=unknown()))
