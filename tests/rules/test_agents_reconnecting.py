"""Agents on their way back."""

from __future__ import annotations

from datetime import timedelta

from k0stui.model.finding import Severity
from k0stui.rules.agents_reconnecting import RULE
from tests.builders import NOW, Cluster, a_cluster
from tests.rules.judging import explained, finding, is_silent, judged, lacking, roots


def restarted(*counts: int) -> Cluster:
    """k0s-master-2's server started a minute ago."""
    return a_cluster().agents(*counts).counters("k0s-master-2", started_at=NOW - timedelta(minutes=1))


def test_a_whole_mesh_needs_no_patience() -> None:
    """Everybody is there, though a server is young."""
    assert is_silent(RULE, restarted(4, 4, 4))


def test_rising_counts() -> None:
    """One agent, then three: wait."""
    found = finding(RULE, restarted(4, 3, 4).after(restarted(4, 1, 4)))

    assert (found.severity, found.subjects) == (Severity.INFO, ("k0s-master-2",))
    assert "3 of 4 on k0s-master-2" in found.sentence


def test_beside_ghosts_it_is_their_consequence() -> None:
    """Who is missing counts a dead connection, and comes back when its pod is replaced: one cause, not two."""
    rising = restarted(4, 3, 4).after(restarted(4, 1, 4))

    assert roots(judged(rising)) == {"agents-falsely-connected"}
    assert RULE.id in explained(judged(rising))


def test_standing_still_is_a_fault() -> None:
    """The count trap looks like this: another finding."""
    assert is_silent(RULE, restarted(4, 3, 4).steady())


def test_falling_is_a_fault() -> None:
    """Agents are lost one by one."""
    assert is_silent(RULE, restarted(3, 1, 4).after(restarted(4, 0, 4)))


def test_rising_after_a_long_time_is_no_restart() -> None:
    """Nothing started in the last five minutes."""
    assert is_silent(RULE, a_cluster().agents(4, 3, 4).after(a_cluster().agents(4, 1, 4)))


def test_one_look_cannot_tell() -> None:
    """Rising is what two looks show."""
    assert "two looks" in lacking(RULE, restarted(4, 3, 4))
