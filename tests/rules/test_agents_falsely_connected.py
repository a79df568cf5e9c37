"""Agents that count dead connections, or too few servers."""

from __future__ import annotations

from datetime import timedelta

from k0stui.model.finding import Severity
from k0stui.model.observed import Known
from k0stui.rules.agents_falsely_connected import RULE
from tests.builders import NOW, Cluster, a_cluster, unknown
from tests.rules.judging import finding, is_silent, lacking


def trapped() -> Cluster:
    """k0s-worker-1's agent is content with 2 of 3; the server of k0s-master-2 lacks it."""
    return a_cluster().agents(4, 3, 4).open_known((2, 2), (3, 3), (3, 3), (3, 3))


def test_a_whole_mesh_counts_alike() -> None:
    """12 connections on either side."""
    assert is_silent(RULE, a_cluster())


def test_the_incident_is_no_false_connection() -> None:
    """Agents say 1 of 3, and one server has them: they know that they lack two."""
    assert is_silent(RULE, a_cluster().incident().steady())


def test_ghosts_on_dark_servers_are_critical() -> None:
    """All agents say 3 of 3, no server has one."""
    found = finding(RULE, a_cluster().agents(0, 0, 0).steady())

    assert (found.severity, found.plan) == (Severity.CRITICAL, "restart-agents")
    assert found.sentence.startswith("agents count 12 connections, the servers hold 0: 12 connections are dead")
    assert found.subjects == ("k0s-worker-1", "k0s-worker-2", "k0s-worker-3", "k0s-worker-4")


def test_ghosts_are_named_by_missing_sockets() -> None:
    """Only the agent that no server has a socket of is suspected."""
    assert finding(RULE, a_cluster().agents(3, 3, 3).steady()).subjects == ("k0s-worker-4",)


def test_ghosts_need_two_looks() -> None:
    """Counts that are apart once may be agents on their way."""
    ghosts = a_cluster().agents(0, 0, 0)

    assert "two looks" in lacking(RULE, ghosts)
    assert "two looks" in lacking(RULE, ghosts.steady(seconds=4))
    assert is_silent(RULE, ghosts.after(a_cluster()))


def test_an_unasked_server_may_hold_them() -> None:
    """k0s-master-3 is silent and its lease is held: its four agents may well be there."""
    assert is_silent(RULE, a_cluster().unreachable("k0s-master-3").steady())


def test_the_count_trap_is_a_warning_about_one_agent() -> None:
    """2 of 2 known, where there are three: it looks for no more; no server is empty."""
    found = finding(RULE, trapped().steady())

    assert (found.severity, found.subjects) == (Severity.WARNING, ("k0s-worker-1",))
    assert "content with 2 of 3 servers" in found.sentence


def test_a_trap_that_empties_a_server_is_critical() -> None:
    """All agents are caught: k0s-master-2 has none."""
    cluster = a_cluster().agents(4, 0, 4).open_known(*[(2, 2)] * 4).steady()

    assert finding(RULE, cluster).severity is Severity.CRITICAL


def test_agents_that_hunt_are_not_caught() -> None:
    """Streams that agents close again: they are looking."""
    assert is_silent(RULE, trapped().counters("k0s-master-1", cancelled=100).after(trapped()))


def test_a_young_server_may_still_be_found() -> None:
    """A server started 40 s ago: agents may be on their way."""
    young = trapped().counters("k0s-master-2", started_at=NOW - timedelta(seconds=40))

    assert is_silent(RULE, young.steady())


def test_a_stopped_controller_is_not_missed() -> None:
    """Two of three hold a lease, and agents know two."""
    cluster = a_cluster().unreachable("k0s-master-3").open_known(*[(2, 2)] * 4)
    leases = cluster.any_api(lambda api: api.leases)
    assert isinstance(leases, Known)
    held = tuple(lease for lease in leases.value if lease.name != "k0s-ctrl-k0s-master-3")

    assert is_silent(RULE, cluster.apis_with(leases=held).steady())


def test_an_agent_without_any_connection_is_not_caught() -> None:
    """It never reached a server: what it knows means nothing."""
    assert is_silent(RULE, a_cluster().open_known((None, 1), (3, 3), (3, 3), (3, 3)).steady())


def test_unknown_agents_are_unknown() -> None:
    """No worker told what its agent counts."""
    assert "what the agents count" in lacking(RULE, a_cluster().workers_with(agent_metrics=unknown()))
