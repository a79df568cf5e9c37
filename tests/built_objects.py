"""Kubernetes objects of a built cluster: what its API servers answer, as far as rules, plans and screens read them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.host import NodeName
from k0stui.model.kubernetes import (
    ApiService,
    ApiServiceStatus,
    Condition,
    ConfigMap,
    Container,
    DaemonSet,
    DaemonSetSpec,
    DaemonSetStatus,
    EnvVar,
    Lease,
    LeaseSpec,
    Metadata,
    Node,
    NodeAddress,
    NodeInfo,
    NodeStatus,
    Pod,
    PodSpec,
    PodStatus,
    PodTemplate,
    UpdateStrategy,
)
from k0stui.model.observed import Known

Facts = Mapping[str, Any]

NOW = datetime(2025, 2, 3, 14, 40, tzinfo=UTC)
UP_SINCE = NOW - timedelta(days=12)


def invocation(name: str) -> str:
    """k0s' own InvocationID of a built controller: its server id, and the holder of its leases."""
    return hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()


def node(worker: HostObservation) -> Node:
    return Node(
        metadata=Metadata(name=worker.node),
        status=NodeStatus(
            conditions=[Condition("Ready", "True", "KubeletReady", "", UP_SINCE, NOW)],
            addresses=[NodeAddress("InternalIP", worker.address), NodeAddress("Hostname", worker.node)],
            node_info=NodeInfo(architecture="amd64"),
        ),
    )


def leases(masters: list[tuple[str, str]]) -> tuple[Lease, ...]:
    holders = {f"k0s-ctrl-{name}": invocation(name) for name, _ in masters}
    holders["k0s-endpoint-reconciler"] = invocation(masters[0][0])
    renewed = NOW - timedelta(seconds=3)
    return tuple(
        Lease(
            metadata=Metadata(name=name, namespace="kube-node-lease"),
            spec=LeaseSpec(
                holder_identity=holder, lease_duration_seconds=60, renew_time=renewed, acquire_time=UP_SINCE
            ),
        )
        for name, holder in holders.items()
    )


def agent_arguments(host: str, port: int) -> list[str]:
    return ["--logtostderr=true", f"--proxy-server-host={host}", f"--proxy-server-port={port}"]


def agent_daemonset(workers: int, controllers: int, host: str, port: int, strategy: str, status: Facts) -> DaemonSet:
    container = Container(
        name="konnectivity-agent",
        args=agent_arguments(host, port),
        env=[EnvVar(name="K0S_CONTROLLER_COUNT", value=str(controllers))],
    )
    counts = {
        "desired_number_scheduled": workers,
        "number_ready": workers,
        "number_available": workers,
        "updated_number_scheduled": workers,
        "observed_generation": 7,
        **status,
    }
    spec = PodSpec(containers=[container], host_network=host == "localhost")
    return DaemonSet(
        metadata=Metadata(name="konnectivity-agent", namespace="kube-system", generation=7),
        spec=DaemonSetSpec(template=PodTemplate(spec=spec), update_strategy=UpdateStrategy(type=strategy)),
        status=DaemonSetStatus(**counts),
    )


def kube_proxy_daemonset(workers: int) -> DaemonSet:
    return DaemonSet(
        metadata=Metadata(name="kube-proxy", namespace="kube-system", generation=3),
        status=DaemonSetStatus(
            desired_number_scheduled=workers,
            number_ready=workers,
            number_available=workers,
            updated_number_scheduled=workers,
            observed_generation=3,
        ),
    )


def pod(name: str, worker: HostObservation, spec: PodSpec) -> Pod:
    return Pod(
        metadata=Metadata(name=name, namespace="kube-system", uid=invocation(name)),
        spec=spec,
        status=PodStatus(
            phase="Running",
            pod_ip=worker.address,
            start_time=UP_SINCE,
            conditions=[Condition("Ready", "True")],
        ),
    )


def agent_pod(worker: HostObservation, host: str, port: int) -> Pod:
    container = Container(name="konnectivity-agent", args=agent_arguments(host, port))
    spec = PodSpec(containers=[container], node_name=worker.node, host_network=host == "localhost")
    return pod(f"konnectivity-agent-{worker.node[-5:]}", worker, spec)


def nllb_pod(worker: HostObservation) -> Pod:
    return pod(f"nllb-{worker.node}", worker, PodSpec(node_name=NodeName(worker.node), host_network=True))


def worker_config(snapshot: ClusterSnapshot, *, enabled: bool) -> ConfigMap:
    addresses = ",".join(f'"{host.address}:6443"' for host in snapshot.controllers)
    release = next(host.status.value.version for host in snapshot.hosts if isinstance(host.status, Known))
    switch = f'{{"enabled":{str(enabled).lower()},"type":"EnvoyProxy"}}'
    return ConfigMap(
        metadata=Metadata(name=f"worker-config-default-{release.line}", namespace="kube-system"),
        data={"nodeLocalLoadBalancing": switch, "apiServerAddresses": f"[{addresses}]"},
    )


def metrics_api(available: bool, since: datetime) -> ApiService:
    condition = (
        Condition("Available", "True", "Passed", "all checks passed", since)
        if available
        else Condition(
            "Available",
            "False",
            "FailedDiscoveryCheck",
            "failing or missing response from https://10.97.131.110:443/apis/metrics.k8s.io: No agent available",
            since,
        )
    )
    return ApiService(metadata=Metadata(name="v1beta1.metrics.k8s.io"), status=ApiServiceStatus(conditions=[condition]))
