"""A leader whose manifests do not arrive."""

from __future__ import annotations

from datetime import timedelta

from k0stui.model.finding import Severity
from k0stui.model.nllb import NllbSettings
from k0stui.rules.leader_not_applying import RULE
from tests.builders import NOW, a_cluster, unknown
from tests.rules.judging import finding, is_silent, lacking


def test_the_daemonset_follows_the_leader() -> None:
    """On, off and with an external address."""
    for cluster in (
        a_cluster(),
        a_cluster().incident(),
        a_cluster().incident().configured(external_address="lb.example").dialling("lb.example"),
    ):
        assert is_silent(RULE, cluster)


def test_a_target_that_does_not_follow() -> None:
    """NLLB is on for the leader, the DaemonSet still says its address."""
    found = finding(RULE, a_cluster().incident().configured(nllb=NllbSettings(enabled=True)))

    assert (found.severity, found.subjects) == (Severity.WARNING, ("k0s-master-1",))
    assert "agents should dial localhost, the DaemonSet says 10.10.10.41:8132" in found.sentence


def test_a_fresh_leader_gets_two_minutes() -> None:
    """It has just taken over."""
    cluster = a_cluster().incident().configured(nllb=NllbSettings(enabled=True))

    assert is_silent(RULE, cluster.changed("k0s-master-1", "service", started_at=NOW - timedelta(seconds=60)))


def test_an_unknown_leader_is_unknown() -> None:
    """No API server told who holds the lease."""
    assert "which controller leads" in lacking(RULE, a_cluster().apis_with(leases=unknown()))


def test_an_unasked_leader_is_unknown() -> None:
    """Its configuration was told by nobody."""
    assert "configuration of k0s-master-1" in lacking(RULE, a_cluster().where("k0s-master-1", status=unknown()))
