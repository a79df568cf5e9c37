"""Hosts that SSH does not reach."""

from __future__ import annotations

from k0stui.model.cluster import NOT_ASKED
from k0stui.model.finding import Severity
from k0stui.model.observed import Lack
from k0stui.rules.host_unreachable import RULE
from tests.builders import a_cluster, unknown
from tests.rules.judging import finding, findings, is_silent


def test_all_reached() -> None:
    """Seven of seven."""
    assert is_silent(RULE, a_cluster())


def test_one_reason_is_one_finding() -> None:
    """A dead jump host: four workers, one finding."""
    cluster = a_cluster()
    for worker in cluster.workers:
        cluster = cluster.unreachable(worker.name, "the jump host 192.0.2.1 does not answer")
    found = finding(RULE, cluster)

    assert found.severity is Severity.WARNING
    assert found.sentence == "k0s-worker-1..4 cannot be reached by SSH: the jump host 192.0.2.1 does not answer"


def test_reasons_of_their_own_are_findings_of_their_own() -> None:
    """One times out, one has another key."""
    changed = unknown("k0s-worker-2: its host key has changed", Lack.HOST_KEY)
    cluster = a_cluster().unreachable("k0s-worker-1").where("k0s-worker-2", connection=changed)
    found = findings(RULE, cluster)

    assert [one.subjects for one in found] == [("k0s-worker-1",), ("k0s-worker-2",)]
    assert "ssh-keygen -R" in found[1].remedy


def test_a_lost_controller_asks_for_patience() -> None:
    """No other controller is to be touched before."""
    assert "touch no other controller" in finding(RULE, a_cluster().unreachable("k0s-master-2")).remedy


def test_a_host_that_nobody_asked_is_not_unreachable() -> None:
    """It was never tried."""
    assert is_silent(RULE, a_cluster().where("k0s-master-3", connection=NOT_ASKED))


def test_a_controller_among_lost_workers_asks_for_patience() -> None:
    """The same reason for a controller and a worker."""
    assert "touch no other" in finding(RULE, a_cluster().unreachable("k0s-master-2").unreachable("k0s-worker-1")).remedy
