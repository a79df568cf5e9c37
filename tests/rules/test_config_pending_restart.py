"""A file that is newer than its process."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from k0stui.model.finding import Severity
from k0stui.model.nllb import NllbSettings
from k0stui.rules.config_pending_restart import RULE
from tests.builders import NOW, a_cluster
from tests.rules.judging import finding, is_silent, lacking

M1 = "k0s-master-1"
LATER = NOW - timedelta(minutes=5)


def test_older_files() -> None:
    """Every file is older than its process."""
    assert is_silent(RULE, a_cluster())


def test_a_newer_file_that_says_the_same() -> None:
    """Only told."""
    found = finding(RULE, a_cluster().changed(M1, "config_file", modified_at=LATER))

    assert (found.severity, found.subjects) == (Severity.INFO, (M1,))


def test_a_newer_file_that_changes_something() -> None:
    """NLLB would come on with the next restart."""
    cluster = a_cluster().nllb_off()
    on = replace(cluster.host(M1).config_file.value.config, nllb=NllbSettings(enabled=True))  # type: ignore[union-attr]
    found = finding(RULE, cluster.changed(M1, "config_file", modified_at=LATER, config=on))

    assert found.severity is Severity.WARNING
    assert "node-local load balancing off -> on" in found.sentence


def test_an_unread_file_is_unknown() -> None:
    """Without root it cannot be read."""
    assert "k0s.yaml" in lacking(RULE, a_cluster().without_sudo(M1))
