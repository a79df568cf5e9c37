"""A server that announces the wrong number of controllers."""

from __future__ import annotations

from datetime import timedelta

from k0stui.model.finding import Severity
from k0stui.rules.server_count_wrong import RULE
from tests.builders import NOW, Cluster, a_cluster, unknown
from tests.rules.judging import explained, finding, is_silent, judged, lacking, roots

M2 = "k0s-master-2"


def counting(number: int) -> Cluster:
    return a_cluster().changed(M2, "konnectivity_server", server_count=number)


def test_three_of_three() -> None:
    """All servers announce as many as hold a lease."""
    assert is_silent(RULE, a_cluster())


def test_a_lone_controller_announces_one() -> None:
    """It keeps no lease at all."""
    assert is_silent(RULE, a_cluster(controllers=1).apis_with(leases=()))


def test_too_few_is_a_warning() -> None:
    """The mesh is whole all the same."""
    found = finding(RULE, counting(1))

    assert (found.severity, found.subjects) == (Severity.WARNING, (M2,))
    assert found.sentence.startswith("k0s-master-2 announces 1, while 3 controllers hold their lease")


def test_with_differing_columns_it_is_critical() -> None:
    """One server lacks agents."""
    assert finding(RULE, counting(1).agents(4, 2, 4)).severity is Severity.CRITICAL


def test_a_young_server_is_still_counting() -> None:
    """1, 2, 3 within half a minute after its start."""
    assert is_silent(RULE, counting(1).counters(M2, started_at=NOW - timedelta(seconds=20)))


def test_a_count_that_has_just_become_wrong_gets_a_look_more() -> None:
    """Servers follow a change of the leases within ten seconds."""
    assert is_silent(RULE, counting(2).after(a_cluster()))


def test_clocks_explain_it() -> None:
    """A controller 50 s ahead takes the others' leases for ended."""
    diagnosis = judged(counting(1).changed(M2, "clock", offset=50.0))

    assert roots(diagnosis) == {"clocks-differ"}
    assert "server-count-wrong" in explained(diagnosis)


def test_unknown_leases_are_unknown() -> None:
    """No API server told who holds a lease."""
    assert "leases" in lacking(RULE, counting(1).apis_with(leases=unknown()))
