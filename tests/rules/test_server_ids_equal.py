"""Konnectivity servers with one name."""

from __future__ import annotations

from k0stui.model.finding import Severity
from k0stui.rules.server_ids_equal import RULE
from tests.builders import a_cluster, unknown
from tests.rules.judging import finding, is_silent, lacking


def test_ids_of_their_own() -> None:
    """Every server has its own id."""
    assert is_silent(RULE, a_cluster())


def test_a_shared_id() -> None:
    """Two cloned machines: critical, both named."""
    cluster = a_cluster(version="1.29.4")
    for host in ("k0s-master-1", "k0s-master-3"):
        cluster = cluster.changed(host, "konnectivity_server", server_id="5eed" * 8)
    found = finding(RULE, cluster)

    assert (found.severity, found.subjects) == (Severity.CRITICAL, ("k0s-master-1", "k0s-master-3"))


def test_unknown_ids_are_unknown() -> None:
    """No server's arguments could be read."""
    assert "server ids" in lacking(RULE, a_cluster().controllers_with(konnectivity_server=unknown()))
