"""Which questions are asked of whom: all of them, by role."""

from __future__ import annotations

from functools import cache
from typing import Any

from k0stui.model.host import Role
from k0stui.ports import Command
from k0stui.probes.api import (
    agent_pods,
    autopilot,
    cluster_config,
    cluster_uid,
    daemonsets,
    endpoints,
    kube_proxy_server,
    leases,
    metrics_api,
    nllb_pods,
    nodes,
    ready,
    worker_configs,
)
from k0stui.probes.api import (
    etcd_members as etcd_member_objects,
)
from k0stui.probes.host import (
    addresses,
    agent_metrics,
    agent_process,
    agent_signs,
    agent_sockets,
    api_ready,
    balancer,
    binary,
    ca_sha256,
    certificates,
    clock,
    components,
    config_file,
    disks,
    etcd_health,
    etcd_local_members,
    etcd_members,
    etcd_metrics,
    etcd_status,
    identity,
    images,
    konnectivity_metrics,
    konnectivity_ready,
    konnectivity_server,
    kube_proxy,
    kubelet,
    listeners,
    localhost,
    log_signs,
    log_usage,
    other_actors,
    privileges,
    reach,
    service,
    status,
    upstreams,
)
from k0stui.probes.probe import ApiProbe, HostProbe, Subject

HostProbes = tuple[HostProbe[Any], ...]
ApiProbes = tuple[ApiProbe[Any], ...]


def first_probes() -> HostProbes:
    """What tells who a host is and which role it has; the rest is asked with what these say."""
    return (identity.PROBE, clock.PROBE, service.PROBE, status.PROBE, privileges.PROBE)


def host_probes(subject: Subject) -> HostProbes:
    """All questions that make sense for this host; without a role, those that any host answers."""
    found = _common(subject)
    if subject.role is None:
        return found
    if subject.role.is_controller:
        found += _controller(subject)
    if subject.role.is_worker:
        found += _worker(subject)
    return found


def _common(subject: Subject) -> HostProbes:
    return (
        identity.PROBE,
        clock.PROBE,
        service.PROBE,
        status.PROBE,
        components.PROBE,
        privileges.PROBE,
        ca_sha256.probe(subject),
        binary.probe(subject),
        disks.probe(subject),
        addresses.PROBE,
        listeners.PROBE,
        localhost.PROBE,
        other_actors.PROBE,
        log_usage.PROBE,
        log_signs.PROBE,
        certificates.probe(subject),
    )


def _controller(subject: Subject) -> HostProbes:
    return (
        konnectivity_server.PROBE,
        konnectivity_metrics.probe(subject),
        konnectivity_ready.PROBE,
        agent_sockets.probe(subject),
        api_ready.probe(subject),
        config_file.probe(subject),
        etcd_health.probe(subject),
        etcd_members.probe(subject),
        etcd_local_members.probe(subject),
        etcd_status.probe(subject),
        etcd_metrics.probe(subject),
    )


def _worker(subject: Subject) -> HostProbes:
    return (
        agent_metrics.probe(subject),
        agent_process.PROBE,
        balancer.probe(subject),
        upstreams.PROBE,
        kubelet.PROBE,
        kube_proxy.probe(subject),
        agent_signs.PROBE,
        reach.probe(subject),
        images.probe(subject),
    )


def api_probes() -> ApiProbes:
    """All questions to one API server but the tunnels, which are one GET per node (`engine.ask`)."""
    return (
        ready.PROBE,
        cluster_uid.PROBE,
        nodes.PROBE,
        leases.PROBE,
        daemonsets.PROBE,
        agent_pods.PROBE,
        nllb_pods.PROBE,
        worker_configs.PROBE,
        kube_proxy_server.PROBE,
        endpoints.PROBE,
        metrics_api.PROBE,
        etcd_member_objects.PROBE,
        autopilot.PROBE,
        cluster_config.PROBE,
    )


def question_of(command: Command) -> str:
    """The name of the probe that sends this command, whatever its parameters; empty for any other command.

    For whoever answers in a host's place: the simulated fleet, a recording.
    """
    return _names().get(command.argv[2], "") if command.argv[:2] == ("sh", "-c") else ""


@cache
def _names() -> dict[str, str]:
    return {probe.command.argv[2]: probe.name for probe in host_probes(Subject(Role.CONTROLLER_WORKER))}
