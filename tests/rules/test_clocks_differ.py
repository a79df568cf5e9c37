"""Clocks that are apart."""

from __future__ import annotations

import pytest

from k0stui.model.finding import Severity
from k0stui.model.host import ClockOffset
from k0stui.rules.clocks_differ import RULE
from tests.builders import Cluster, a_cluster, unknown
from tests.rules.judging import finding, is_silent, lacking


def skewed(**offsets: float) -> Cluster:
    cluster = a_cluster()
    for host, offset in offsets.items():
        cluster = cluster.changed(host.replace("_", "-"), "clock", offset=offset)
    return cluster


def test_one_time() -> None:
    """All within a hundredth of a second."""
    assert is_silent(RULE, a_cluster())


@pytest.mark.parametrize(("offset", "severity"), [(3.0, Severity.WARNING), (-45.0, Severity.CRITICAL)])
def test_one_is_apart(offset: float, severity: Severity) -> None:
    """Above 2 s it is told, above 30 s leases are at stake."""
    found = finding(RULE, skewed(k0s_master_2=offset))

    assert (found.severity, found.subjects) == (severity, ("k0s-master-2",))
    assert ("ahead" if offset > 0 else "behind") in found.sentence


def test_our_own_clock_may_be_the_wrong_one() -> None:
    """All hosts agree with each other and are an hour away from us."""
    cluster = a_cluster().hosts_with(lambda host: True, clock=ClockOffset(3600.0, 0.02))

    assert is_silent(RULE, cluster)


def test_a_slow_answer_is_no_skew() -> None:
    """The offset is right to half a round trip: 3 s of 5 s may be the way."""
    assert is_silent(RULE, a_cluster().where("k0s-master-2", clock=ClockOffset(3.0, 5.0)))


def test_one_clock_is_not_enough() -> None:
    """Nothing to compare it with."""
    blind = a_cluster().hosts_with(lambda host: host.name != "k0s-master-1", clock=unknown())

    assert "at least two hosts" in lacking(RULE, blind)


def test_the_farthest_clock_decides() -> None:
    """One is a little apart, one is far: critical, both are named."""
    found = finding(RULE, skewed(k0s_master_2=3.0, k0s_worker_1=50.0))

    assert (found.severity, found.subjects) == (Severity.CRITICAL, ("k0s-master-2", "k0s-worker-1"))
