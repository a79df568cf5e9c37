"""Certificates at their end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from k0stui.model.finding import Severity
from k0stui.model.host import Certificate
from k0stui.rules.certificate_ends_soon import RULE
from tests.builders import NOW, a_cluster
from tests.rules.judging import finding, is_silent, lacking


def ending(days: float, path: str = "/var/lib/k0s/pki/server.crt") -> tuple[Certificate, ...]:
    return (Certificate(path, NOW + timedelta(days=days)),)


def test_a_long_time_left() -> None:
    """350 days."""
    assert is_silent(RULE, a_cluster())


@pytest.mark.parametrize(
    ("days", "severity", "words"),
    [
        (29, Severity.WARNING, "ends in 29 d"),
        (6, Severity.CRITICAL, "ends in 6 d"),
        (-3, Severity.CRITICAL, "ended 3 d ago"),
    ],
)
def test_soon(days: float, severity: Severity, words: str) -> None:
    """Below 30 days it is told, below 7 it is critical."""
    found = finding(RULE, a_cluster().where("k0s-worker-1", certificates=ending(days)))

    assert found.severity is severity
    assert words in found.sentence


def test_the_first_to_end_is_named() -> None:
    """Two end soon: the earlier one, and one other."""
    both = (*ending(20), *ending(10, "/var/lib/k0s/kubelet/pki/kubelet-client-current.pem"))
    found = finding(RULE, a_cluster().where("k0s-worker-1", certificates=both))

    assert found.sentence.startswith(
        "/var/lib/k0s/kubelet/pki/kubelet-client-current.pem on k0s-worker-1 ends in 10 d (and 1 other)"
    )
    assert "new token" in found.remedy


def test_unread_certificates_are_unknown() -> None:
    """Without root they cannot be read."""
    assert "k0s-worker-1: certificates" in lacking(RULE, a_cluster().without_sudo("k0s-worker-1"))
