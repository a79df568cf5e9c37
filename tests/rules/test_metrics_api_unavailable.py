"""The metrics API."""

from __future__ import annotations

from datetime import timedelta

from k0stui.model.finding import Severity
from k0stui.model.kubernetes import ApiService, Metadata
from k0stui.rules.metrics_api_unavailable import RULE
from tests.builders import a_cluster, unknown
from tests.rules.judging import explained, finding, is_silent, judged, lacking, roots


def test_available() -> None:
    """All say so."""
    assert is_silent(RULE, a_cluster())


def test_unavailable() -> None:
    """With its reason, and since when."""
    found = finding(RULE, a_cluster().metrics_api(False))

    assert found.severity is Severity.WARNING
    assert found.sentence.startswith("the metrics API is not available (FailedDiscoveryCheck)")
    assert found.since is not None


def test_flapping() -> None:
    """One API server read False, the others True: no single read is the truth."""
    bad = a_cluster().metrics_api(False).apis[0].metrics_api
    found = finding(RULE, a_cluster().api_where("k0s-master-2", metrics_api=bad))

    assert "comes and goes" in found.sentence
    assert found.since is None


def test_flapping_between_two_looks() -> None:
    """Both looks read True, by luck: that it changed meanwhile shows, while a server has no agent."""
    calm = a_cluster().incident().metrics_api(True)
    changed = calm.metrics_api(True, since=timedelta(seconds=3))

    assert "comes and goes (it changed between two looks)" in finding(RULE, changed.after(calm)).sentence


def test_a_server_without_agents_explains_it() -> None:
    """In the incident it is a consequence."""
    assert "metrics-api-unavailable" in explained(judged(a_cluster().incident()))


def test_by_itself_it_is_a_cause() -> None:
    """Every server has its agents: metrics-server is to be looked at."""
    assert roots(judged(a_cluster().metrics_api(False))) == {"metrics-api-unavailable"}


def test_a_cluster_without_metrics_server() -> None:
    """There is no condition: nothing is missing."""
    assert is_silent(
        RULE, a_cluster().apis_with(metrics_api=ApiService(metadata=Metadata(name="v1beta1.metrics.k8s.io")))
    )


def test_unknown_is_unknown() -> None:
    """No API server told."""
    assert "APIService" in lacking(RULE, a_cluster().apis_with(metrics_api=unknown()))
