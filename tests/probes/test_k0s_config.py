"""Configurations that mean the same compare equal, ones that do not differ, and no secret is left in them."""

from __future__ import annotations

from typing import Any

import pytest

from k0stui.model.k0s import ClusterConfig
from k0stui.probes.k0s_config import cluster_config


def config(**spec: Any) -> ClusterConfig:
    return cluster_config({"spec": spec})


def test_empty_configuration_has_the_defaults_of_k0s() -> None:
    """Without a file k0s runs with kube-router, etcd and its usual ports, and without a balancer."""
    found = cluster_config({})

    assert (found.api_port, found.agent_port, found.admin_port, found.storage) == (6443, 8132, 8133, "etcd")
    assert (found.nllb.enabled, found.nllb.type, found.nllb.api_port) == (False, "EnvoyProxy", 7443)
    assert dict(found.cluster_wide)["network.provider"] == '"kuberouter"'


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"network": {"provider": "kuberouter", "kuberouter": {"autoMTU": True, "metricsPort": 8080}}}),
        ({}, {"network": {"nodeLocalLoadBalancing": {"enabled": False}}, "workerProfiles": None, "featureGates": []}),
        ({"telemetry": {"enabled": True}}, {"telemetry": {"enabled": False}}),
        ({"network": {"provider": "custom"}}, {"network": {"provider": "custom", "kuberouter": {"mtu": 1400}}}),
        (
            {"network": {"kubeProxy": {"iptables": {"syncPeriod": "90s"}}}},
            {"network": {"kubeProxy": {"iptables": {"syncPeriod": "1m30s", "minSyncPeriod": "0s"}}}},
        ),
        (
            {},
            {
                "images": {
                    "konnectivity": {"image": "quay.io/k0sproject/apiserver-network-proxy-agent", "version": "v1"}
                }
            },
        ),
        ({"api": {"address": "10.0.0.1"}}, {"api": {"address": "10.0.0.2", "sans": ["a"]}}),
        ({"storage": {"etcd": {"peerAddress": "10.0.0.1"}}}, {"storage": {"etcd": {"peerAddress": "10.0.0.2"}}}),
        ({"network": {"controlPlaneLoadBalancing": {"enabled": True}}}, {}),
    ],
)
def test_same_meaning_compares_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Defaults written out, zeros, durations, unused blocks and node-local fields make no difference."""
    assert config(**one).cluster_wide == config(**other).cluster_wide


@pytest.mark.parametrize(
    "changed",
    [
        {"network": {"nodeLocalLoadBalancing": {"enabled": True}}},
        {"network": {"nodeLocalLoadBalancing": {"envoyProxy": {"konnectivityServerBindPort": 7133}}}},
        {"network": {"podCIDR": "10.0.0.0/8"}},
        {"network": {"provider": "calico"}},
        {"konnectivity": {"agentPort": 9132}},
        {"konnectivity": {"externalAddress": "lb.example.org"}},
        {"images": {"konnectivity": {"image": "registry.example.org/agent", "version": "v1"}}},
        {"images": {"repository": "registry.example.org"}},
        {"images": {"default_pull_policy": "Always"}},
        {"workerProfiles": [{"name": "default", "values": {"failCgroupV1": False}}]},
        {"network": {"kuberouter": {"autoMTU": False}}},
        {"controllerManager": {"extraArgs": {"v": "4"}}},
    ],
)
def test_another_meaning_differs(changed: dict[str, Any]) -> None:
    """What all controllers must agree on is compared, down to one flag."""
    assert config(**changed).cluster_wide != config().cluster_wide


def test_secrets_leave_only_a_mark() -> None:
    """A password and a chart's values tell equal from different, and cannot be read."""
    helm = {"repositories": [{"name": "a", "username": "u", "password": "hunter2"}]}
    other = {"repositories": [{"name": "a", "username": "u", "password": "hunter3"}]}
    charts = {"charts": [{"name": "c", "values": "db:\n  password: hunter2\n"}]}
    found = config(extensions={"helm": helm | charts})

    assert "hunter" not in repr(found)
    assert found == config(extensions={"helm": helm | charts})
    assert found != config(extensions={"helm": other | charts})


def test_kine_password_is_nowhere() -> None:
    """The data source of an external database holds a password; storage is node-local and is left out whole."""
    found = config(storage={"type": "kine", "kine": {"dataSource": "mysql://k0s:hunter2@db/k0s"}})

    assert found.storage == "kine"
    assert "hunter2" not in repr(found)


def test_virtual_ips_come_without_their_prefix() -> None:
    """Addresses of control plane load balancing can be compared with those that hosts hold."""
    keepalived = {"vrrpInstances": [{"virtualIPs": ["10.10.10.70/24"]}], "virtualServers": [{"ipAddress": "10.0.0.9"}]}
    found = config(network={"controlPlaneLoadBalancing": {"enabled": True, "keepalived": keepalived}})

    assert (found.cplb_enabled, found.virtual_ips) == (True, ("10.10.10.70", "10.0.0.9"))


def test_traefik_has_ports_of_its_own() -> None:
    """With Traefik the ports and the image are read from its block, not from Envoy's."""
    balancing = {"enabled": True, "type": "Traefik", "traefik": {"apiServerBindPort": 17443}}
    found = config(network={"nodeLocalLoadBalancing": balancing}).nllb

    assert (found.type, found.api_port, found.konnectivity_port) == ("Traefik", 17443, 7132)


@pytest.mark.parametrize(
    "spec", [[], "text", {"network": []}, {"api": 5}, {"api": {"port": "six"}}, {"api": {"address": []}}]
)
def test_what_k0s_would_not_take_is_refused(spec: Any) -> None:
    """Fields of another type are errors that the reader turns into a failed probe, never a half-read configuration."""
    with pytest.raises((ValueError, TypeError, AttributeError)):
        cluster_config({"spec": spec})
