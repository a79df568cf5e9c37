"""An API server that does not answer on a host where k0s runs."""

from __future__ import annotations

from datetime import timedelta

from k0stui.model.cluster import LocalReady
from k0stui.model.etcd import EtcdHealth
from k0stui.model.finding import Severity
from k0stui.rules.api_server_down import RULE
from tests.builders import NOW, a_cluster, unknown
from tests.rules.judging import finding, findings, is_silent, judged, lacking

DOWN = LocalReady(0)


def test_an_answer_of_any_kind_is_up() -> None:
    """401 is up: k0s forbids anonymous requests."""
    assert is_silent(RULE, a_cluster().controllers_with(api_ready=LocalReady(401)))


def test_one_of_three_is_a_warning() -> None:
    """The others still serve."""
    found = finding(RULE, a_cluster().where("k0s-master-2", api_ready=DOWN))

    assert found.severity is Severity.WARNING
    assert found.sentence == (
        "the API server of k0s-master-2 does not answer, while k0scontroller runs; "
        "k0s-master-1 and k0s-master-3 still serve"
    )


def test_the_last_one_is_critical() -> None:
    """No API server answers anywhere."""
    found = findings(RULE, a_cluster().controllers_with(api_ready=LocalReady(500, ("etcd",))))

    assert [one.severity for one in found] == [Severity.CRITICAL] * 3
    assert "answers 500 (etcd failed)" in found[0].sentence


def test_a_start_is_given_two_minutes() -> None:
    """k0s gives each component two minutes to become ready."""
    young = a_cluster().where("k0s-master-2", api_ready=DOWN)
    young = young.changed("k0s-master-2", "service", started_at=NOW - timedelta(seconds=100))

    assert is_silent(RULE, young)


def test_one_missed_answer_is_not_an_outage() -> None:
    """It answered in the look before: the next look decides."""
    assert is_silent(RULE, a_cluster().where("k0s-master-2", api_ready=DOWN).after(a_cluster()))


def test_a_stopped_k0s_is_another_finding() -> None:
    """Where the unit is not active, k0s-service-down tells."""
    stopped = a_cluster().changed("k0s-master-2", "service", active="inactive", sub="dead")

    assert is_silent(RULE, stopped.where("k0s-master-2", api_ready=DOWN))


def test_a_sick_etcd_explains_it() -> None:
    """An API server reads from the etcd of its own host and from no other."""
    cluster = a_cluster().where("k0s-master-2", api_ready=DOWN, etcd_health=EtcdHealth(False))
    by_rule = {found.rule: found for found in judged(cluster).findings}

    assert by_rule["api-server-down"].explained_by == "etcd-no-margin"


def test_a_dead_etcd_explains_it_by_the_api_servers_word() -> None:
    """A member that ended has no word of its own; the API server names what it lacks."""
    ready = LocalReady(500, ("etcd", "etcd-readiness"))
    cluster = a_cluster().where("k0s-master-2", api_ready=ready, etcd_health=unknown())
    for host in ("k0s-master-1", "k0s-master-3"):
        cluster = cluster.changed(host, "etcd_metrics", active_peers=1)
    by_rule = {found.rule: found for found in judged(cluster).findings}

    assert by_rule["api-server-down"].explained_by == "etcd-no-margin"


def test_an_unasked_api_server_is_unknown() -> None:
    """Without curl on the host nothing is known of it."""
    assert "local API server" in lacking(RULE, a_cluster().where("k0s-master-2", api_ready=unknown()))
