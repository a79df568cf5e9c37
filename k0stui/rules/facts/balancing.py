"""Whether node-local load balancing is on, for the cluster and for one worker.

Source: reference k0s.md §2.6 (workers read it once, at process start), §4.4 (what proves a balancer).
"""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.errors import NotObserved
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.k0s import ClusterConfig
from k0stui.model.observed import Known


def running_configs(snapshot: ClusterSnapshot) -> Iterator[tuple[HostObservation, ClusterConfig]]:
    """The configuration that each controller's process was started with, where it is known."""
    for host in snapshot.controllers:
        if isinstance(host.status, Known) and host.status.value.config is not None:
            yield host, host.status.value.config


def configs(snapshot: ClusterSnapshot) -> Iterator[tuple[HostObservation, ClusterConfig]]:
    """All that a controller runs with or would start with: of the process and of the file."""
    yield from running_configs(snapshot)
    for host in snapshot.controllers:
        if isinstance(host.config_file, Known):
            yield host, host.config_file.value.config


def is_on(snapshot: ClusterSnapshot) -> bool:
    """Workers that start now get a balancer: by the published worker configuration, else by what controllers run with.

    Raises:
        NotObserved: neither is known.
    """
    published = snapshot.any_api(lambda api: api.worker_configs)
    if isinstance(published, Known) and published.value:
        return any(_enables(config.data.get("nodeLocalLoadBalancing", "")) for config in published.value)
    dynamic = snapshot.any_api(lambda api: api.cluster_config)
    if isinstance(dynamic, Known) and dynamic.value is not None:
        return dynamic.value.nllb.enabled
    known = [config.nllb.enabled for _, config in running_configs(snapshot)]
    if not known:
        raise NotObserved("whether node-local load balancing is on: no controller told its configuration")
    return any(known)


def was_started_with_balancer(host: HostObservation, snapshot: ClusterSnapshot) -> bool:
    """k0s on this worker started after the balancer was switched on: what tells a broken one from none yet.

    Any of: the kubelet's live kubeconfig, the balancer's files, its static pod. `kubelet.conf` never changes.
    """
    if isinstance(host.kubelet, Known) and "nllb" in host.kubelet.value.kubeconfig:
        return True
    if isinstance(host.upstreams, Known) and host.upstreams.value.api:
        return True
    pods = snapshot.any_api(lambda api: api.nllb_pods)
    return isinstance(pods, Known) and any(pod.spec.node_name == host.node for pod in pods.value)


def _enables(settings: str) -> bool:
    """`{"enabled":true,"type":"EnvoyProxy"}`, however it is spaced."""
    return '"enabled":true' in settings.replace(" ", "")
