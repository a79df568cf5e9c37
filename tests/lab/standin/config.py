"""k0s.yaml: read, checked and filled with defaults, as far as anything here depends on it."""

from __future__ import annotations

import sys
from pathlib import Path

import yaml
from standin import objects

from k0stui.demo.release import Release

FORBIDDEN = (
    "spec: network.nodeLocalLoadBalancing.enabled: Forbidden: node-local load balancing cannot be used in conjunction "
    "with an external Kubernetes API server address"
)
KNOWN = {
    "api", "controllerManager", "scheduler", "storage", "network", "telemetry", "installConfig", "images", "extensions",
    "konnectivity", "workerProfiles", "featureGates", "podSecurityPolicy",
}  # fmt: skip


class Invalid(Exception):
    """What `k0s config validate` would print."""


def load(path: str) -> dict:
    """The document; raises Invalid."""
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text()
        document = yaml.load(text, yaml.CSafeLoader) or {}
    except OSError as error:
        raise Invalid(f"failed to read config: open {path}: {(error.strerror or '').lower()}") from error
    except yaml.YAMLError as error:
        raise Invalid(f"error converting YAML to JSON: {str(error).splitlines()[0]}") from error
    check(document)
    return document


def check(document: dict) -> None:
    spec = document.get("spec") or {}
    if document.get("kind", "ClusterConfig") != "ClusterConfig":
        raise Invalid(f'kind: Unsupported value: "{document["kind"]}"')
    if unknown := set(spec) - KNOWN:
        raise Invalid(f'error unmarshaling JSON: while decoding JSON: json: unknown field "{sorted(unknown)[0]}"')
    nllb = (spec.get("network") or {}).get("nodeLocalLoadBalancing") or {}
    if not isinstance(nllb.get("enabled", False), bool):
        raise Invalid(
            "error unmarshaling JSON: json: cannot unmarshal string into Go struct field .enabled of type bool"
        )
    if nllb.get("enabled") and (spec.get("api") or {}).get("externalAddress"):
        raise Invalid(FORBIDDEN)


def with_defaults(document: dict, own_address: str, version: Release) -> dict:
    """As `k0s status` shows ClusterConfig."""
    spec = document.get("spec") or {}
    network = {
        "dualStack": {"enabled": False},
        "kubeProxy": {"mode": "iptables", "metricsBindAddress": "0.0.0.0:10249"},
        "podCIDR": "10.244.0.0/16",
        "provider": "kuberouter",
        "serviceCIDR": "10.96.0.0/12",
        "clusterDomain": "cluster.local",
        **(spec.get("network") or {}),
    }
    network["nodeLocalLoadBalancing"] = objects.nllb_settings(network.get("nodeLocalLoadBalancing") or {}, version)
    full = {
        **spec,
        "api": {"address": own_address, "k0sApiPort": 9443, "port": 6443, **(spec.get("api") or {})},
        "controllerManager": spec.get("controllerManager") or {},
        "scheduler": spec.get("scheduler") or {},
        "storage": spec.get("storage") or {"type": "etcd", "etcd": {"peerAddress": own_address}},
        "network": network,
        "konnectivity": {"adminPort": 8133, "agentPort": 8132, **(spec.get("konnectivity") or {})},
        "images": _images(version) | (spec.get("images") or {}),
    }
    return {
        "metadata": {"name": "k0s", "namespace": "kube-system", "creationTimestamp": None},
        "kind": "ClusterConfig",
        "apiVersion": "k0s.k0sproject.io/v1beta1",
        "spec": full,
    }


def _images(version: Release) -> dict:
    agent, proxy = version.agent_image.rpartition(":"), objects.proxy_image(version).rpartition(":")
    return {
        "konnectivity": {"image": agent[0], "version": agent[2]},
        "kubeproxy": {"image": proxy[0], "version": proxy[2]},
        "default_pull_policy": "IfNotPresent",
    }
