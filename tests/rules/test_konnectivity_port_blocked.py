"""A firewall in front of 8132."""

from __future__ import annotations

from dataclasses import replace

from k0stui.model.cluster import Reachable
from k0stui.model.finding import Severity
from k0stui.model.observed import Known
from k0stui.rules.konnectivity_port_blocked import RULE
from tests.builders import Cluster, a_cluster, unknown
from tests.rules.judging import finding, is_silent, judged, lacking


def blocked(
    cluster: Cluster, address: str = "10.10.10.42", why: str = "no route", ports: tuple[int, ...] = (8132,)
) -> Cluster:
    """Every worker finds these ports of one controller shut."""
    for worker in cluster.workers:
        assert isinstance(worker.reach, Known)
        reach = tuple(
            Reachable(entry.address, entry.port, False, why)
            if entry.address == address and entry.port in ports
            else entry
            for entry in worker.reach.value
        )
        cluster = cluster.where(worker.name, reach=reach)
    return cluster


def test_open_ports() -> None:
    """Every worker opens 6443 and 8132 of every controller."""
    assert is_silent(RULE, a_cluster())


def test_one_shut_port_of_a_running_server() -> None:
    """6443 answers, 8132 does not, and the server runs by its own word."""
    found = finding(RULE, blocked(a_cluster().agents(4, 0, 4)))

    assert (found.severity, found.subjects) == (Severity.CRITICAL, ("k0s-master-2",))
    assert found.sentence.startswith("4 of 4 workers cannot open 10.10.10.42:8132 of k0s-master-2")
    assert "--add-port=8132/tcp" in found.remedy


def test_workers_know_another_address_than_ssh() -> None:
    """SSH goes to a name or a public address; what workers dial is what k0s announces."""
    cluster = blocked(a_cluster().agents(4, 0, 4))
    elsewhere = replace(
        cluster, hosts=tuple(replace(host, address=f"{host.name}.example.com") for host in cluster.hosts)
    )

    assert "cannot open 10.10.10.42:8132 of k0s-master-2" in finding(RULE, elsewhere).sentence


def test_a_host_that_is_gone_is_no_firewall() -> None:
    """Neither port answers and nobody can ask the host: it is down."""
    gone = blocked(a_cluster().unreachable("k0s-master-2"), why="timeout", ports=(6443, 8132))

    assert is_silent(RULE, gone)


def test_a_stopped_server_is_no_firewall() -> None:
    """The host answers and says that its server does not."""
    stopped = a_cluster().where("k0s-master-2", konnectivity_metrics=unknown(), konnectivity_ready=unknown())

    assert is_silent(RULE, blocked(stopped, why="refused"))


def test_silence_on_one_port_of_an_unasked_host_is_a_filter() -> None:
    """SSH does not reach it; 6443 answers the workers, 8132 is dropped."""
    assert finding(RULE, blocked(a_cluster().unreachable("k0s-master-2"), why="timeout")).subjects == ("k0s-master-2",)


def test_a_restarting_server_is_no_firewall() -> None:
    """It was open in the look before."""
    assert is_silent(RULE, blocked(a_cluster()).after(a_cluster()))


def test_unknown_reach_is_unknown() -> None:
    """No worker told what it reaches."""
    assert "ports of the controllers" in lacking(RULE, a_cluster().workers_with(reach=unknown()))


def test_connections_that_it_killed_are_its_consequence() -> None:
    """Packets are dropped without a word: agents count their connections to that server for a while."""
    cluster = blocked(a_cluster().agents(4, 0, 4), why="timed out").steady()
    by_rule = {found.rule: found for found in judged(cluster).findings}

    assert by_rule["agents-falsely-connected"].explained_by == RULE.id
