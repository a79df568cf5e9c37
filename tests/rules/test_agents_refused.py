"""Agents that are connected and not let in."""

from __future__ import annotations

from datetime import timedelta

from k0stui.model.cluster import LogSigns
from k0stui.model.finding import Severity
from k0stui.model.konnectivity import AgentSocket, AgentSockets
from k0stui.rules.agents_refused import RULE
from tests.builders import NOW, Cluster, a_cluster, unknown
from tests.rules.judging import finding, is_silent, lacking

M2 = "k0s-master-2"


def outside() -> Cluster:
    """Four peers stay connected to k0s-master-2, none is registered."""
    return a_cluster().counters(M2, agents=0, connects=4)


def test_registered_peers() -> None:
    """Four peers, four agents."""
    assert is_silent(RULE, a_cluster())


def test_peers_that_stay_outside() -> None:
    """In two looks four peers are there and no agent is."""
    found = finding(RULE, outside().steady())

    assert (found.severity, found.subjects) == (Severity.CRITICAL, (M2,))
    assert "0 of 4 agents, and 4 more are connected and not let in" in found.sentence


def test_second_sockets_of_hunting_agents_are_none() -> None:
    """Six sockets of four peers, four agents: peers are counted."""
    rows = tuple(AgentSocket(f"10.10.10.{51 + n % 4}", 40000 + n, "10.10.10.42") for n in range(6))

    assert is_silent(RULE, a_cluster().where(M2, agent_sockets=AgentSockets(rows, 6, 6)).steady())


def test_refusals_in_the_log_of_a_server_that_lacks_agents() -> None:
    """The journal's newest lines say so, and they are younger than the server."""
    cluster = a_cluster().agents(4, 1, 4)
    refusing = cluster.where(M2, log_signs=LogSigns(2000, NOW - timedelta(minutes=2), (("auth-failed", 120),)))

    assert "agents are refused" in finding(RULE, refusing.steady()).sentence


def test_old_refusals_that_get_no_more_are_silent() -> None:
    """A single line of last week, still among the newest two thousand, says nothing about now; a new one does."""
    cluster = a_cluster().agents(4, 1, 4).counters(M2, started_at=NOW - timedelta(days=9))
    looks = [
        cluster.where(M2, log_signs=LogSigns(2000, NOW - timedelta(days=8), (("auth-failed", count),)))
        for count in (1, 2)
    ]

    assert is_silent(RULE, looks[0].steady())
    assert "agents are refused" in finding(RULE, looks[1].after(looks[0])).sentence


def test_refusals_of_the_last_start_are_old() -> None:
    """At each start some agents are refused until the API server answers: those lines reach back behind it."""
    cluster = a_cluster().agents(4, 3, 4).counters(M2, started_at=NOW - timedelta(minutes=10))
    old = cluster.where(M2, log_signs=LogSigns(2000, NOW - timedelta(hours=1), (("auth-failed", 9),)))

    assert is_silent(RULE, old.steady())


def test_one_look_is_not_enough() -> None:
    """Agents on their way in are outside for a moment."""
    assert "two looks" in lacking(RULE, outside())


def test_a_stopped_server_refuses_nobody() -> None:
    """k0s does not run there: another finding."""
    stopped = a_cluster().changed(M2, "service", active="inactive", sub="dead")

    assert is_silent(RULE, stopped.where(M2, konnectivity_metrics=unknown()))


def test_an_unasked_server_is_unknown() -> None:
    """Nobody told how many agents it has."""
    assert "agents at its server" in lacking(RULE, a_cluster().where(M2, konnectivity_metrics=unknown()))
