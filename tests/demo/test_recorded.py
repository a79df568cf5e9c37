"""The fleet against the real cluster: in the same state both say the same to our own readers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.observed import Known, Unknown
from tests.demo.test_scenarios import seen
from tests.recorded import recorded_snapshot

PAIRS = {
    "incident": "incident",
    "healthy": "healthy-nllb",
    "nllb-half": "transition-2-dark",
    "held": "held-after-controllers",
    "incident-1.36": "v1.36-incident",
}
"""Scenario -> recorded state."""


def facts_of_controller(host: HostObservation) -> dict[str, Any]:
    """What a reader makes of a controller's answers, without ids, times and numbers that run."""
    server, metrics = _value(host.konnectivity_server), _value(host.konnectivity_metrics)
    status, service = _value(host.status), _value(host.service)
    return {
        "agents": metrics.agents,
        "connects": min(metrics.connects or 0, metrics.agents),  # a duplicate may stand open for a moment
        "floods": metrics.agents == 0 and metrics.no_agent > 0,
        "ready": _value(host.konnectivity_ready),
        "peers": sorted(_value(host.agent_sockets).peers),
        "local": sorted({socket.local for socket in _value(host.agent_sockets).stable}),
        "count": (server.server_count, server.agent_port, server.admin_port, len(server.pids)),
        "id is k0s' own": server.server_id == status.invocation_id != service.invocation_id,
        "status": (str(status.version), status.role, status.config.nllb.enabled, status.config_path),
        "unit": (service.unit, service.load, service.active, service.sub, service.enabled, service.kill_mode),
        "components": [(one.component, one.error) for one in _value(host.components)],
        "api": _value(host.api_ready),
        "etcd": (_value(host.etcd_health).healthy, sorted(member.name for member in _value(host.etcd_members))),
        "voters": [member.is_learner for member in _value(host.etcd_members)],
        "etcd peers": (_value(host.etcd_metrics).has_leader, _value(host.etcd_metrics).active_peers),
        "binary": str(_value(host.binary)),
    }


def facts_of_worker(host: HostObservation) -> dict[str, Any]:
    status, agent = _value(host.status), _value(host.agent_process)
    return {
        "agent": _value(host.agent_metrics),
        "target": (agent.target_host, agent.target_port),
        "balancer": _value(host.balancer),
        "upstreams": _value(host.upstreams),
        "kubeconfig": _value(host.kubelet).kubeconfig,
        "status": (str(status.version), status.role, status.api_reached),
        "reach": [one for one in _value(host.reach) if one.port in (6443, 8132)],
        "localhost": "127.0.0.1" in _value(host.localhost),
    }


def facts_of_api(snapshot: ClusterSnapshot) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("konnectivity-agent", "kube-proxy"):
        daemonset = _value(snapshot.daemonset(name))
        status = daemonset.status
        found[name] = (
            daemonset.spec.update_strategy.type,
            status.desired_number_scheduled,
            status.number_ready,
            status.updated_number_scheduled,
        )
    agents = _value(snapshot.daemonset("konnectivity-agent")).spec.template.spec
    found["target"] = (agents.argument("proxy-server-host"), agents.argument("proxy-server-port"), agents.host_network)
    pods = _value(snapshot.any_api(lambda api: api.agent_pods))
    found["pods"] = sorted((pod.spec.node_name, pod.argument("proxy-server-host"), pod.is_ready) for pod in pods)
    found["leases"] = sorted(
        (lease.name, bool(lease.spec.holder_identity), lease.spec.lease_duration_seconds)
        for lease in _value(snapshot.any_api(lambda api: api.leases))
    )
    found["endpoints"] = _value(snapshot.any_api(lambda api: api.endpoints))
    found["kube-proxy server"] = _value(snapshot.any_api(lambda api: api.kube_proxy_server))
    found["nodes"] = sorted(
        (node.name, node.is_ready, node.internal_ip) for node in _value(snapshot.any_api(lambda api: api.nodes))
    )
    found["tunnels"] = [
        (api.host, [(tunnel.node, tunnel.ok, tunnel.error) for tunnel in _value(api.tunnels)])
        for api in snapshot.apis
        if isinstance(api.tunnels, Known)
    ]
    return found


def _value(observed: Any) -> Any:
    assert not isinstance(observed, Unknown), observed
    return observed.value


@pytest.mark.parametrize("scenario", PAIRS)
async def test_hosts_say_what_the_real_ones_said(scenario: str) -> None:
    """Each recorded host and the simulated one of its name give our readers equal facts."""
    real, simulated = await recorded_snapshot(PAIRS[scenario]), seen_now(scenario)
    compared = 0
    for host in real.hosts:
        if isinstance(host.service, Known):
            facts = facts_of_controller if host.is_controller else facts_of_worker
            assert facts(simulated.host(host.name)) == facts(host), host.name
            compared += 1

    assert compared >= 3


@pytest.mark.parametrize("scenario", PAIRS)
async def test_api_servers_say_what_the_real_ones_said(scenario: str) -> None:
    """DaemonSets, pods, leases, endpoints, nodes and tunnels read alike, through each API server."""
    real, simulated = await recorded_snapshot(PAIRS[scenario]), seen_now(scenario)
    expected, found = facts_of_api(real), facts_of_api(simulated)
    asked = {host for host, _ in expected["tunnels"]}
    found["tunnels"] = [one for one in found["tunnels"] if one[0] in asked]

    assert found == expected


def seen_now(scenario: str) -> ClusterSnapshot:
    """As `seen`, for a test that has a loop of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(seen, scenario).result()
