"""Questions that this login may not ask."""

from __future__ import annotations

from k0stui.model.finding import Severity
from k0stui.rules.not_permitted import RULE
from tests.builders import a_cluster
from tests.rules.judging import finding, is_silent


def test_root_may_ask_all() -> None:
    """Nothing was refused."""
    assert is_silent(RULE, a_cluster())


def test_refused_questions() -> None:
    """Which, where, and the line that mends it."""
    cluster = a_cluster().without_sudo("k0s-worker-1").without_sudo("k0s-worker-2")
    cluster = cluster.changed("k0s-worker-1", "connection", login="viewer")
    found = finding(RULE, cluster)

    assert (found.severity, found.subjects) == (Severity.INFO, ("k0s-worker-1", "k0s-worker-2"))
    assert "certificates" in found.sentence
    assert "viewer ALL=(root) NOPASSWD: ALL" in found.remedy


def test_an_unreachable_host_refused_nothing() -> None:
    """It did not answer at all: another finding."""
    assert is_silent(RULE, a_cluster().unreachable("k0s-worker-1"))
