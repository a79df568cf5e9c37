"""The incident: all agents dial one controller."""

from __future__ import annotations

from dataclasses import fields, replace

from k0stui.model.cluster import ApiObservation, HostObservation
from k0stui.model.finding import Severity
from k0stui.rules.agents_single_target import RULE
from tests.builders import NOW, UP_SINCE, VIP, a_cluster
from tests.rules.judging import finding, is_silent, lacking


def test_a_whole_mesh_has_many_targets() -> None:
    """Every server has every agent."""
    assert is_silent(RULE, a_cluster())


def test_the_incident() -> None:
    """Four agents on k0s-master-1, none on the others, the DaemonSet says its address: critical, plan nllb."""
    found = finding(RULE, a_cluster().incident())

    assert (found.severity, found.plan) == (Severity.CRITICAL, "nllb")
    assert found.subjects == ("k0s-master-2", "k0s-master-3")
    assert found.since == UP_SINCE
    assert found.ruled_out == (
        "firewall (8132 is open from every worker that was asked)",
        "equal server ids",
        "low server count",
    )


def test_every_evidence_is_an_answer() -> None:
    """What a finding shows was said by a host to a probe that exists, and when."""
    names = {entry.name for entry in (*fields(HostObservation), *fields(ApiObservation))}

    assert all(line.probe in names and line.at == NOW for line in finding(RULE, a_cluster().incident()).evidence)


def test_no_api_is_needed() -> None:
    """With all API servers down the agents' own processes tell where they dial."""
    found = finding(RULE, replace(a_cluster().incident(), apis=()))

    assert "all 4 agents dial k0s-master-1 (10.10.10.41:8132) only" in found.sentence


def test_the_address_that_a_controller_announces_is_no_virtual_one() -> None:
    """Also where SSH reaches it by another."""
    cluster = a_cluster().incident()
    hosts = tuple(replace(host, address=f"{host.name}.example.com") for host in cluster.hosts)

    assert "dial k0s-master-1 (10.10.10.41:8132) only" in finding(RULE, replace(cluster, hosts=hosts)).sentence


def test_a_virtual_address_leads_to_who_holds_it() -> None:
    """The DaemonSet says the VIP, which k0s-master-1 holds."""
    cluster = a_cluster().incident().dialling(VIP).where("k0s-master-1", addresses=("10.10.10.41", VIP))

    assert "10.10.10.70:8132, a virtual IP that it holds" in finding(RULE, cluster).sentence


def test_churn_on_one_server_tells_whom_an_unknown_address_leads_to() -> None:
    """The target is a name that we cannot place; agents hunt on k0s-master-1 and nowhere else."""
    cluster = a_cluster().incident().dialling("konnectivity.example")
    hunting = cluster.counters("k0s-master-1", cancelled=100).after(cluster)

    assert is_silent(RULE, cluster.steady())
    assert "konnectivity.example:8132" in finding(RULE, hunting).sentence


def test_who_was_not_asked_is_named() -> None:
    """k0s-master-3 is silent: one empty server is enough, and the sentence says whom nobody asked."""
    found = finding(RULE, a_cluster().incident().unreachable("k0s-master-3"))

    assert found.sentence.endswith("k0s-master-2 has 0 of 4 agents; k0s-master-3 could not be asked")


def test_one_asked_server_is_not_enough() -> None:
    """Without any other server's word it cannot be told."""
    cluster = a_cluster().incident().unreachable("k0s-master-2").unreachable("k0s-master-3")

    assert "k0s-master-2 and k0s-master-3" in lacking(RULE, cluster)


def test_a_template_that_says_localhost_is_another_disease() -> None:
    """NLLB is on already: workers-not-restarted or agents-held tell it."""
    assert is_silent(RULE, a_cluster().held())


def test_two_servers_with_agents_are_none() -> None:
    """Agents found a second server: the address leads to more than one."""
    assert is_silent(RULE, a_cluster().incident().agents(4, 1, 0))


def test_a_lone_controller_is_none() -> None:
    """One controller, one target: as it should be."""
    assert is_silent(RULE, a_cluster(controllers=1).incident())


def test_an_external_address_is_words_first() -> None:
    """k0s does not start with externalAddress and NLLB: no plan."""
    found = finding(RULE, a_cluster().incident().configured(external_address="lb.example"))

    assert found.plan is None
    assert "externalAddress" in found.remedy
