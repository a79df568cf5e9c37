"""No way to all controllers."""

from __future__ import annotations

from k0stui.model.finding import Severity
from k0stui.rules.no_local_balancer import RULE
from tests.builders import a_cluster, unknown
from tests.rules.judging import finding, is_silent, lacking


def test_node_local_load_balancing_is_on() -> None:
    """There is one on every worker."""
    assert is_silent(RULE, a_cluster())


def test_off_without_anything_else() -> None:
    """Three controllers, one address each: told, with the plan."""
    found = finding(RULE, a_cluster().nllb_off())

    assert (found.severity, found.plan) == (Severity.INFO, "nllb")


def test_an_external_address_is_a_way() -> None:
    """A load balancer stands in front."""
    assert is_silent(RULE, a_cluster().nllb_off().configured(external_address="lb.example"))


def test_a_lone_controller_needs_none() -> None:
    """One way is all ways."""
    assert is_silent(RULE, a_cluster(controllers=1).nllb_off())


def test_without_any_configuration_it_is_unknown() -> None:
    """Neither the published settings nor a controller's own could be read."""
    blind = a_cluster().controllers_with(status=unknown(), config_file=unknown())

    assert "controller told" in lacking(RULE, blind.apis_with(worker_configs=unknown(), cluster_config=unknown()))
