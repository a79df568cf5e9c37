"""Controllers that run with different settings."""

from __future__ import annotations

from k0stui.model.finding import Severity
from k0stui.model.nllb import NllbSettings
from k0stui.rules.config_differs import RULE
from tests.builders import a_cluster, unknown
from tests.rules.judging import finding, is_silent, lacking


def test_equal_settings() -> None:
    """Only addresses differ."""
    assert is_silent(RULE, a_cluster())


def test_a_differing_setting() -> None:
    """The provider is another one on k0s-master-3: a warning with both values."""
    cluster = a_cluster().configured_on("k0s-master-3", cluster_wide=(("spec.network.provider", '"calico"'),))
    found = finding(RULE, cluster)

    assert found.severity is Severity.WARNING
    assert 'spec.network.provider is "kuberouter" on k0s-master-1' in found.sentence
    assert '"calico" on k0s-master-3' in found.sentence


def test_nllb_on_one_only() -> None:
    """F43: it toggles with each change of the leader."""
    cluster = a_cluster().configured_on("k0s-master-2", nllb=NllbSettings(enabled=False))

    assert "nodeLocalLoadBalancing.enabled" in finding(RULE, cluster).sentence


def test_in_dynamic_mode_files_may_differ() -> None:
    """The object counts there."""
    cluster = a_cluster().configured_on("k0s-master-2", nllb=NllbSettings(enabled=False))
    for host in cluster.controllers:
        cluster = cluster.changed(host.name, "status", args=("k0s", "controller", "--enable-dynamic-config"))

    assert is_silent(RULE, cluster)


def test_one_known_configuration_is_not_enough() -> None:
    """There is nothing to compare it with."""
    blind = a_cluster().where("k0s-master-2", status=unknown()).where("k0s-master-3", status=unknown())

    assert "at least two" in lacking(RULE, blind)


def test_one_controller_in_dynamic_mode_is_not_the_mode() -> None:
    """Where only some run with dynamic configuration, files still decide."""
    cluster = a_cluster().configured_on("k0s-master-2", nllb=NllbSettings(enabled=False))
    cluster = cluster.changed("k0s-master-1", "status", args=("k0s", "controller", "--enable-dynamic-config"))

    assert finding(RULE, cluster)
