"""Who should be connected to whom: controllers that live, agents that are wanted, and where agents dial.

Source: reference konnectivity.md §1.4 (leases), §4.3; k0s.md §3.4 (the target by case).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from k0stui.errors import NotObserved
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.observed import Known

DAEMONSET = "konnectivity-agent"
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
LEASE = "k0s-ctrl-"


@dataclass(frozen=True, slots=True)
class Target:
    """Where an agent dials."""

    host: str
    port: int

    @property
    def is_local(self) -> bool:
        """The worker's own balancer."""
        return self.host in LOCAL

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def wanted(snapshot: ClusterSnapshot) -> int:
    """W: by the DaemonSet, else by the workers that we were told of, so that no API server is needed to see an outage.

    Raises:
        NotObserved: neither is known.
    """
    daemonset = snapshot.daemonset(DAEMONSET)
    if isinstance(daemonset, Known):
        return daemonset.value.status.desired_number_scheduled
    if snapshot.workers:
        return len(snapshot.workers)
    raise NotObserved(f"how many agents there should be: {daemonset.why}")


def live_controllers(snapshot: ClusterSnapshot) -> frozenset[str]:
    """Node names of controllers that hold their lease `k0s-ctrl-*`, counted at the moment the leases were read, by the
    hosts' clocks.

    Raises:
        NotObserved: no API server told the leases.
    """
    leases = snapshot.any_api(lambda api: api.leases)
    if not isinstance(leases, Known):
        raise NotObserved(f"leases of controllers: {leases.why}")
    moment = _by_the_hosts(leases.at, snapshot)
    return frozenset(
        lease.name.removeprefix(LEASE)
        for lease in leases.value
        if lease.name.startswith(LEASE) and lease.is_held(moment)
    )


def _by_the_hosts(at: datetime, snapshot: ClusterSnapshot) -> datetime:
    """What most hosts' clocks showed when ours showed `at`: renew times are theirs, and ours may be the wrong one."""
    offsets = [host.clock.value.offset for host in snapshot.hosts if isinstance(host.clock, Known)]
    return at + timedelta(seconds=median(offsets)) if offsets else at


def controller_names(snapshot: ClusterSnapshot) -> tuple[str, ...]:
    """All controllers: those that we were told of, and those that only a lease tells of."""
    told = [str(host.name) for host in snapshot.controllers]
    try:
        leased = sorted(node for node in live_controllers(snapshot) if snapshot.find(node) is None)
    except NotObserved:
        leased = []
    return (*told, *leased)


def template(snapshot: ClusterSnapshot) -> Target | None:
    """Where the DaemonSet sends agents; None: not known. Agents that run may be older: `running`."""
    daemonset = snapshot.daemonset(DAEMONSET)
    if not isinstance(daemonset, Known):
        return None
    return _target(daemonset.value.argument("proxy-server-host"), daemonset.value.argument("proxy-server-port"))


def running(snapshot: ClusterSnapshot) -> dict[str, Target]:
    """Where the agents that run dial, by node: by their process, else by their pod."""
    found: dict[str, Target] = {}
    pods = snapshot.any_api(lambda api: api.agent_pods)
    for pod in pods.value if isinstance(pods, Known) else ():
        target = _target(pod.argument("proxy-server-host"), pod.argument("proxy-server-port"))
        if target and not pod.metadata.deletion_timestamp:
            found[pod.spec.node_name] = target
    for host in snapshot.workers:
        if isinstance(host.agent_process, Known):
            found[host.node] = Target(host.agent_process.value.target_host, host.agent_process.value.target_port)
    return found


def leads_to(snapshot: ClusterSnapshot, address: str) -> HostObservation | None:
    """The controller that has `address`, as its own or as a virtual IP that it holds now."""
    found = snapshot.at_address(address)
    return found if found and found.is_controller else None


def _target(host: str, port: str) -> Target | None:
    return Target(host, int(port) if re.fullmatch("[0-9]{1,5}", port) else 8132) if host else None
