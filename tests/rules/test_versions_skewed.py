"""Versions that differ."""

from __future__ import annotations

from k0stui.model.finding import Severity
from k0stui.model.k0s import Version
from k0stui.rules.versions_skewed import RULE
from tests.builders import a_cluster, unknown
from tests.rules.judging import finding, is_silent, lacking

NEW = Version.parse("1.32.5")


def test_one_version() -> None:
    """The same everywhere, on disks too."""
    assert is_silent(RULE, a_cluster())


def test_two_versions_run() -> None:
    """An upgrade stopped half-way: the odd one is the subject."""
    found = finding(RULE, a_cluster().changed("k0s-worker-4", "status", version=NEW).where("k0s-worker-4", binary=NEW))

    assert (found.severity, found.subjects) == (Severity.WARNING, ("k0s-worker-4",))
    assert "v1.32.5+k0s.0 on k0s-worker-4" in found.sentence


def test_a_replaced_program() -> None:
    """On the disk lies another one than runs: a restart would upgrade."""
    assert "a restart there is an upgrade" in finding(RULE, a_cluster().where("k0s-master-1", binary=NEW)).sentence


def test_unknown_versions_are_unknown() -> None:
    """No host told what runs."""
    assert "running version" in lacking(RULE, a_cluster().hosts_with(lambda host: True, status=unknown()))
