"""What forbids node-local load balancing."""

from __future__ import annotations

from dataclasses import replace

from k0stui.model.finding import Severity
from k0stui.model.nllb import NllbSettings
from k0stui.model.observed import Known
from k0stui.rules.balancer_not_possible import RULE
from tests.builders import a_cluster, unknown
from tests.rules.judging import finding, is_silent


def test_nothing_forbids_it() -> None:
    """On, and nothing in its way."""
    assert is_silent(RULE, a_cluster())


def test_an_external_address_where_it_would_be_the_cure() -> None:
    """Two servers without agents, and externalAddress set: a warning beside the incident."""
    found = finding(RULE, a_cluster().incident().configured(external_address="10.10.10.70"))

    assert found.severity is Severity.WARNING
    assert "an external address (10.10.10.70) is set on k0s-master-1..3" in found.sentence


def test_a_real_load_balancer_is_right() -> None:
    """Every server has every agent behind an external address: nobody needs it."""
    whole = a_cluster().nllb_off().dialling("lb.example").configured(external_address="lb.example")

    assert is_silent(RULE, whole)


def test_both_in_one_file() -> None:
    """k0s would not start with it, though the running process has neither."""
    cluster = a_cluster().incident()
    file = cluster.host("k0s-master-3").config_file
    assert isinstance(file, Known)
    both = replace(file.value.config, external_address="10.10.10.70", nllb=NllbSettings(enabled=True))

    found = finding(RULE, cluster.where("k0s-master-3", config_file=replace(file.value, config=both)))

    assert found.subjects == ("k0s-master-3",)


def test_a_hybrid_below_1_34_1() -> None:
    """Its own kubelet would wait for the balancer that it is to start."""
    hybrid = a_cluster(version="1.33.1").changed("k0s-master-1", "status", workloads=True)

    assert "controller and worker below v1.34.1" in finding(RULE, hybrid).sentence
    assert is_silent(RULE, a_cluster(version="1.34.1").changed("k0s-master-1", "status", workloads=True))


def test_a_single_node() -> None:
    """--single starts no balancer, whatever the configuration says."""
    assert "--single" in finding(RULE, a_cluster(1, 0).changed("k0s-master-1", "status", single=True)).sentence


def test_a_machine_without_envoy() -> None:
    """riscv64 has no image."""
    assert "no Envoy" in finding(RULE, a_cluster().changed("k0s-worker-2", "identity", machine="riscv64")).sentence


def test_what_is_not_known_forbids_nothing() -> None:
    """Without any configuration nothing is claimed; the plan's own gates ask again."""
    assert is_silent(RULE, a_cluster().controllers_with(status=unknown(), config_file=unknown()))


def test_switched_on_anywhere_is_switched_on() -> None:
    """One controller runs with it, another has an external address: they will fight."""
    cluster = a_cluster().configured_on("k0s-master-2", nllb=NllbSettings(), external_address="lb.example")

    assert finding(RULE, cluster).subjects == ("k0s-master-2",)
