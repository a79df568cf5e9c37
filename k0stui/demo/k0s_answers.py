"""What k0s says of itself on a simulated host: status, components, its file; and `k0s …` commands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import yaml

from k0stui.demo.controller import Controller
from k0stui.demo.host import CONFIG
from k0stui.demo.said import REFUSED, Asked, Said, rfc3339, say
from k0stui.demo.settings import BadConfig, Settings
from k0stui.demo.worker import Worker

DATA = "/var/lib/k0s"


def status(asked: Asked) -> Said:
    """The status socket's `/status`; it is there from the moment of readiness."""
    host = asked.host
    if isinstance(host, Worker):
        return say(json.dumps(_worker_status(asked, host))) if host.kubelet_since is not None else REFUSED
    if host.api_since is None:
        return REFUSED
    return say(json.dumps(_controller_status(asked, host)))


def _controller_status(asked: Asked, host: Controller) -> dict[str, Any]:
    return {
        **_common(asked, "controller", workloads=False),
        "WorkerToAPIConnectionStatus": {"Message": "", "Success": False},
        "ClusterConfig": running_config(asked, host),
        "K0sVars": _vars(asked, host.invocation),
    }


def _worker_status(asked: Asked, host: Worker) -> dict[str, Any]:
    since = asked.now - (host.kubelet_since or asked.now)
    reached = host.reaches_api and since > 1.4
    message = (
        "" if reached else 'Get "https://127.0.0.1:7443/version": dial tcp 127.0.0.1:7443: connect: connection refused'
    )
    return {
        **_common(asked, "worker", workloads=True),
        "WorkerToAPIConnectionStatus": {"Message": message, "Success": reached},
        "ClusterConfig": None,
        "K0sVars": _vars(asked, host.invocation),
    }


def _common(asked: Asked, role: str, workloads: bool) -> dict[str, Any]:
    unit = asked.host.unit
    zero = {"PPid": 0, "SysInit": "", "StubFile": "", "Output": "", "SingleNode": False}
    named = {"Version": asked.fleet.release.k0s, "Pid": unit.main_pid, "Role": role, "Workloads": workloads}
    return {**named, **zero, "Args": list(unit.argv)}


def _vars(asked: Asked, invocation: str) -> dict[str, Any]:
    old = (
        {} if asked.fleet.release.is_new else {"EnableDynamicConfig": "--enable-dynamic-config" in asked.host.unit.argv}
    )
    return {
        "InvocationID": invocation,
        "AdminKubeConfigPath": f"{DATA}/pki/admin.conf",
        "CertRootDir": f"{DATA}/pki",
        "DataDir": DATA,
        "KubeletAuthConfigPath": f"{DATA}/kubelet.conf",
        "ManifestsDir": f"{DATA}/manifests",
        "RunDir": "/run/k0s",
        "DefaultStorageType": "etcd",
        "RuntimeConfigPath": "/run/k0s/k0s.yaml",
        "StatusSocketPath": "/run/k0s/status.sock",
        "StartupConfigPath": CONFIG,
        **old,
    }


def running_config(asked: Asked, host: Controller) -> dict[str, Any]:
    """The ClusterConfig that the process was started with, defaults written out as k0s does."""
    written = yaml.safe_load(host.started_with) or {}
    return {
        "metadata": {"name": "k0s", "namespace": "kube-system", "creationTimestamp": None},
        "kind": "ClusterConfig",
        "apiVersion": "k0s.k0sproject.io/v1beta1",
        "spec": _merged(_defaults(asked), written.get("spec") or {}),
    }


def _defaults(asked: Asked) -> dict[str, Any]:
    release = asked.fleet.release
    image, version = release.envoy_image.rsplit(":", 1)
    return {
        "controllerManager": {},
        "scheduler": {},
        "network": {
            "dualStack": {"enabled": False},
            "kubeProxy": {"mode": "iptables", "metricsBindAddress": "0.0.0.0:10249"},
            "nodeLocalLoadBalancing": {
                "enabled": False,
                "type": "EnvoyProxy",
                "envoyProxy": {
                    "image": {"image": image, "version": version},
                    "apiServerBindPort": 7443,
                    "konnectivityServerBindPort": 7132,
                },
            },
            "clusterDomain": "cluster.local",
        },
        "installConfig": {"users": {"etcdUser": "etcd", "konnectivityUser": "konnectivity-server"}},
        "images": {
            "konnectivity": {
                "image": "quay.io/k0sproject/apiserver-network-proxy-agent",
                "version": release.agent_image.rsplit(":", 1)[1],
            },
            "default_pull_policy": "IfNotPresent",
        },
        "extensions": {"helm": {"concurrencyLevel": 5}},
    }


def _merged(defaults: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(defaults)
    for key, value in written.items():
        both = isinstance(merged.get(key), Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(merged[key], value) if both else value
    return merged


def components(asked: Asked) -> Said:
    """The last three probes of konnectivity, 10 s apart; 500 exactly while no agent is connected."""
    host = asked.host
    if isinstance(host, Worker):
        return say('{"healthProbes":{},"events":{}}') if host.kubelet_since is not None else REFUSED
    if host.api_since is None:
        return REFUSED
    dark = host.server is None or host.server.agents == 0
    error = "unexpected HTTP response status: 500 Internal Server Error" if dark else ""
    newest = asked.wall(asked.now - (asked.now - host.api_since) % 10)
    probes = [
        {"component": "Konnectivity", "at": rfc3339(newest - timedelta(seconds=back)), "error": error}
        for back in (20, 10, 0)
    ]
    return say(json.dumps({"healthProbes": {"Konnectivity": probes}, "events": {}}))


def config_file(asked: Asked) -> Said:
    path = asked.arguments[0]
    file = asked.host.files.get(path)
    if file is None:
        return say(error=f"stat: cannot statx '{path}': No such file or directory\n", status=1)
    modified = int(asked.wall(file.modified).timestamp())
    head = f"{file.mode:o} root:root 1 {modified} {len(file.content)} regular file\n@@ content\n"
    return say(head.encode() + file.content)


def validate(asked: Asked, content: bytes) -> Said:
    """`k0s config validate`: silent, or the reason and 1."""
    try:
        Settings.read(content)
    except BadConfig as error:
        return say(error=f"Error: {str(error).removeprefix('invalid node config: ')}\n", status=1)
    return say()


ANSWERS = {"status": status, "components": components, "config_file": config_file}
