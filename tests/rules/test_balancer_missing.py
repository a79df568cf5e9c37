"""A balancer that was started and does not answer."""

from __future__ import annotations

from datetime import timedelta

from k0stui.model.finding import Severity
from k0stui.model.kubernetes import Pod, PodStatus
from k0stui.model.nllb import Balancer
from k0stui.model.observed import Known
from k0stui.rules.balancer_missing import RULE
from tests.builders import NOW, a_cluster, unknown
from tests.rules.judging import finding, is_silent, lacking

W1 = "k0s-worker-1"
GONE = Balancer(False, False)


def test_balancers_that_listen() -> None:
    """Both ports on every worker."""
    assert is_silent(RULE, a_cluster())


def test_gone() -> None:
    """k0sworker was started with it, nobody listens: critical, both ports named."""
    found = finding(RULE, a_cluster().where(W1, balancer=GONE))

    assert (found.severity, found.subjects) == (Severity.CRITICAL, (W1,))
    assert "does not listen on 7443 and 7132" in found.sentence


def test_a_missing_image_is_said() -> None:
    """It cannot be pulled without the API that it leads to."""
    found = finding(RULE, a_cluster().where(W1, balancer=GONE, images=("pause:3.9",)))

    assert "its image is not on the host" in found.sentence
    assert "images pull" in found.remedy


def test_half_a_balancer() -> None:
    """One of the two ports is gone."""
    assert "does not listen on 7132:" in finding(RULE, a_cluster().where(W1, balancer=Balancer(True, False))).sentence


def test_a_pod_that_is_not_ready() -> None:
    """Its old listeners still answer, its pod does not run."""
    cluster = a_cluster()
    pods = cluster.any_api(lambda api: api.nllb_pods)
    assert isinstance(pods, Known)
    first, *rest = pods.value
    failing = Pod(metadata=first.metadata, spec=first.spec, status=PodStatus(phase="Pending"))

    assert "is not ready" in finding(RULE, cluster.apis_with(nllb_pods=(failing, *rest))).sentence


def test_a_worker_not_restarted_yet_is_another_finding() -> None:
    """It never had one."""
    assert is_silent(RULE, a_cluster().exposed())


def test_a_fresh_start_gets_a_minute() -> None:
    """Envoy listens 7 to 14 s after the start."""
    young = a_cluster().where(W1, balancer=GONE).changed(W1, "service", started_at=NOW - timedelta(seconds=20))

    assert is_silent(RULE, young)


def test_where_it_is_off_none_is_missing() -> None:
    """NLLB is off."""
    assert is_silent(RULE, a_cluster().incident())


def test_unknown_listeners_are_unknown() -> None:
    """Nobody told whether it listens."""
    assert "k0s-worker-1: whether its balancer listens" in lacking(RULE, a_cluster().where(W1, balancer=unknown()))
