"""kube-proxy that hangs on one controller."""

from __future__ import annotations

from k0stui.model.finding import Severity
from k0stui.rules.kube_proxy_single_target import RULE
from tests.builders import a_cluster, unknown
from tests.rules.judging import finding, is_silent, lacking


def test_behind_the_balancer() -> None:
    """127.0.0.1:7443 leads to all."""
    assert is_silent(RULE, a_cluster())


def test_without_a_balancer_it_is_only_told() -> None:
    """Part of the incident: info, explained by it."""
    found = finding(RULE, a_cluster().incident())

    assert (found.severity, found.sentence) == (
        Severity.INFO,
        "kube-proxy on k0s-worker-1..4 talks to 10.10.10.41:6443 only",
    )


def test_with_a_balancer_it_is_a_warning() -> None:
    """k0s <=1.35 does not restart it: one worker is left behind."""
    found = finding(RULE, a_cluster().where("k0s-worker-2", kube_proxy=("10.10.10.42:6443",)))

    assert (found.severity, found.subjects) == (Severity.WARNING, ("k0s-worker-2",))
    assert "rollout restart ds/kube-proxy" in found.remedy


def test_an_idle_one_is_not_pinned() -> None:
    """No connection at all is not all to one."""
    assert is_silent(RULE, a_cluster().exposed().workers_with(kube_proxy=()))


def test_a_load_balancers_address_is_no_controller() -> None:
    """What no controller holds may lead to all of them."""
    assert is_silent(RULE, a_cluster().workers_with(kube_proxy=("192.0.2.7:6443",)))


def test_unknown_connections_are_unknown() -> None:
    """No worker told."""
    assert "kube-proxy" in lacking(RULE, a_cluster().workers_with(kube_proxy=unknown()))
