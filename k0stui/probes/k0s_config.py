"""A `ClusterConfig`, whichever way it came: as file, as what a process was started with, as object of dynamic mode.

The three differ in what is written out. So that equal configurations compare equal, defaults are filled in, zero counts
as absent (Go leaves out either), durations are put in seconds, and a block of a network provider that is not in use is
left out.

Not compared: image and version of k0s' own images, and telemetry. A running process writes out the defaults of its
release, a file does not, and they differ by release; an image from another repository is compared.

Source: k0s pkg/apis/k0s/v1beta1 (1.28 to 1.36); node-local fields: `GetClusterWideConfig`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from itertools import count
from secrets import token_bytes
from typing import Any

from k0stui.model.k0s import ClusterConfig
from k0stui.model.nllb import NllbSettings
from k0stui.probes.yaml_text import scalar

Tree = Mapping[str, Any]

DEFAULTS: Tree = {
    "network": {
        "provider": "kuberouter",
        "podCIDR": "10.244.0.0/16",
        "dualStack": {},
        "kubeProxy": {
            "mode": "iptables",
            "metricsBindAddress": "0.0.0.0:10249",
            "healthzBindAddress": "0.0.0.0:10256",
        },
        "kuberouter": {"autoMTU": True, "metricsPort": 8080, "hairpin": "Enabled"},
        "calico": {
            "mode": "vxlan",
            "vxlanPort": 4789,
            "vxlanVNI": 4096,
            "overlay": "Always",
            "flexVolumeDriverPath": "/usr/libexec/k0s/kubelet-plugins/volume/exec/nodeagent~uds",
        },
        "nodeLocalLoadBalancing": {
            "type": "EnvoyProxy",
            "envoyProxy": {"apiServerBindPort": 7443, "konnectivityServerBindPort": 7132},
            "traefik": {"apiServerBindPort": 7443, "konnectivityServerBindPort": 7132},
        },
    },
    "konnectivity": {"agentPort": 8132, "adminPort": 8133},
    "extensions": {"helm": {"concurrencyLevel": 5}, "storage": {"type": "external_storage"}},
    "images": {"default_pull_policy": "IfNotPresent"},
}

NODE_LOCAL = (
    "api",
    "storage",
    "installConfig",
    "network.controlPlaneLoadBalancing",
    "network.serviceCIDR",
    "network.clusterDomain",
    "network.primaryAddressFamily",
)
"""May differ between controllers; the object of dynamic mode does not have them."""

OWN_IMAGES = re.compile(r"^(quay\.io/k0sproject|registry\.k8s\.io|docker\.io/(sigwindowstools|calico))/")
"""Repositories that releases take their own images from [seen v1.32.1, v1.36.3]."""

SECRET = re.compile(r"pass(word|wd)?$|secret|token|dataSource|credential|apiKey|privateKey|keyFile", re.IGNORECASE)
"""Keys whose values never leave this module."""

MOST = 100_000
"""Values; a configuration has some hundred."""

_SALT = token_bytes(16)
"""New for each process: a mark tells equal from different, and cannot be guessed back to a short password."""

_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:h|ms|us|µs|ns|m|s))+")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


def cluster_config(document: Tree) -> ClusterConfig:
    """From the parsed YAML or JSON of a whole object (`spec` below it); an empty one has all defaults.

    Raises:
        ValueError, TypeError, AttributeError: fields of another type than k0s would take.
    """
    spec = _merged(DEFAULTS, _copied(_tree(document.get("spec")), count(MOST, -1)))
    api, storage = _tree(spec.get("api")), _tree(spec.get("storage"))
    konnectivity, network = _tree(spec.get("konnectivity")), _tree(spec.get("network"))
    cplb = _tree(network.get("controlPlaneLoadBalancing"))
    return ClusterConfig(
        api_address=scalar(api.get("address")),
        api_port=int(api.get("port") or 6443),
        external_address=scalar(api.get("externalAddress")),
        konnectivity_external_address=scalar(konnectivity.get("externalAddress")),
        agent_port=int(konnectivity["agentPort"]),
        admin_port=int(konnectivity["adminPort"]),
        sans=tuple(scalar(name) for name in api.get("sans") or ()),
        storage=scalar(storage.get("type")) or "etcd",
        nllb=_nllb(network["nodeLocalLoadBalancing"], scalar(spec["images"]["default_pull_policy"])),
        cplb_enabled=cplb.get("enabled") is True,
        virtual_ips=tuple(_virtual_ips(cplb)),
        cluster_wide=tuple(sorted(_leaves(_cluster_wide(_copied(spec, count(MOST, -1))), ""))),
    )


def _nllb(settings: Tree, pull_policy: str) -> NllbSettings:
    kind = scalar(settings["type"])
    proxy = _tree(settings["traefik" if kind == "Traefik" else "envoyProxy"])
    image = _tree(proxy.get("image"))
    name, version = scalar(image.get("image")), scalar(image.get("version"))
    return NllbSettings(
        enabled=settings.get("enabled") is True,
        type=kind,
        image=f"{name}:{version}" if name and version else "",
        pull_policy=scalar(proxy.get("imagePullPolicy")) or pull_policy,
        api_port=int(proxy["apiServerBindPort"]),
        konnectivity_port=int(proxy["konnectivityServerBindPort"]),
    )


def _virtual_ips(cplb: Tree) -> Iterator[str]:
    keepalived = _tree(cplb.get("keepalived"))
    for instance in keepalived.get("vrrpInstances") or ():
        yield from (scalar(address).partition("/")[0] for address in instance.get("virtualIPs") or ())
    for server in keepalived.get("virtualServers") or ():
        yield scalar(server.get("ipAddress"))


def _cluster_wide(found: dict[str, Any]) -> dict[str, Any]:
    """What must be equal, without a pull policy that only repeats the common one; changes what it is given."""
    for path in (*NODE_LOCAL, "telemetry"):
        _drop(found, path)
    network = found["network"]
    for provider in ("kuberouter", "calico"):
        if network["provider"] != provider:
            network.pop(provider, None)
    balancing = network["nodeLocalLoadBalancing"]
    balancing.pop("envoyProxy" if balancing["type"] == "Traefik" else "traefik", None)
    for proxy in (balancing.get("envoyProxy"), balancing.get("traefik")):
        if proxy and proxy.get("imagePullPolicy") == found["images"]["default_pull_policy"]:
            del proxy["imagePullPolicy"]
    _drop_own_images(found["images"])
    _drop_own_images(balancing)
    return found


def _copied(value: Any, left: Iterator[int]) -> Any:
    """A copy that may be changed; `left` runs out where aliases unfold to more than a configuration has."""
    if next(left) <= 0:
        raise ValueError("more values than any configuration has")
    if isinstance(value, Mapping):
        return {scalar(key): _copied(one, left) for key, one in value.items()}
    if isinstance(value, list):
        return [_copied(one, left) for one in value]
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def _drop(tree: Any, path: str) -> None:
    *parents, last = path.split(".")
    for parent in parents:
        tree = tree.get(parent) or {}
    tree.pop(last, None)


def _drop_own_images(tree: Any) -> None:
    for value in tree.values() if isinstance(tree, dict) else ():
        if isinstance(value, dict) and {"image", "version"} & value.keys() and not isinstance(value.get("image"), dict):
            if OWN_IMAGES.match(str(value.get("image") or "quay.io/k0sproject/")):
                value.clear()
        else:
            _drop_own_images(value)


def _leaves(tree: Any, path: str) -> Iterator[tuple[str, str]]:
    """Paths and values as JSON; a list is one leaf, since its order may matter."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if _is_secret(key, value):
                yield f"{path}.{key}".lstrip("."), json.dumps(_mark(value))
            else:
                yield from _leaves(value, f"{path}.{key}")
    elif _plain(tree):
        yield path.lstrip("."), json.dumps(_plain(tree), sort_keys=True)


def _plain(value: Any) -> Any:
    """A leaf without secrets, with durations in seconds, and with every kind of zero as None."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _mark(one) if _is_secret(key, one) else _plain(one) for key, one in value.items()}
    if isinstance(value, str) and _DURATION.fullmatch(value):
        return sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"([\d.]+)(h|ms|us|µs|ns|m|s)", value))
    return value


def _is_secret(key: str, value: Any) -> bool:
    """`values` of a Helm chart is one string of YAML that often holds secrets; of a worker profile it is a mapping."""
    return bool(value) and bool(SECRET.search(key) or (key == "values" and isinstance(value, str)))


def _mark(value: Any) -> str:
    digest = blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=4, key=_SALT)
    return f"#{digest.hexdigest()}"


def _merged(defaults: Tree, written: Tree) -> dict[str, Any]:
    """`written` over `defaults`; null and the empty string leave the default, as in k0s."""
    merged = dict(defaults)
    for key, value in written.items():
        default = defaults.get(key)
        if isinstance(default, Mapping):
            merged[key] = _merged(default, _tree(value))
        elif value not in (None, ""):
            merged[key] = value
    return {key: _merged(value, {}) if isinstance(value, Mapping) else value for key, value in merged.items()}


def _tree(value: Any) -> Tree:
    """A mapping, or an empty one for null; anything else is no configuration."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise TypeError("a mapping was expected")
    return value
