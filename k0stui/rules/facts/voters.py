"""etcd's voters, and which of them are healthy by their own word.

Source: reference k0s.md §5.3: members advertise loopback, so each host is asked for its own; a dead one still counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from k0stui.errors import NotObserved
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.etcd import EtcdMember, quorum, voters
from k0stui.model.observed import Known, Lack, Unknown
from k0stui.model.wiring import live_controllers
from k0stui.rules.facts.balancing import running_configs
from k0stui.rules.facts.member_list import called, host_of, members

CLIENT_PORT = 2379


@dataclass(frozen=True, slots=True)
class Poll:
    """Every voter by its health."""

    healthy: tuple[str, ...]
    sick: tuple[str, ...]
    """It answered that it is not, k0s does not run on its host, nobody listens on its port, it never started, or
    neither we nor its lease know of any life there."""
    unknown: tuple[str, ...]
    never_started: bool
    """One of the sick has no name."""
    connected: int | None
    """Members that etcd itself sees alive, the asked one included; None: not known."""

    @property
    def size(self) -> int:
        return len(self.healthy) + len(self.sick) + len(self.unknown)


def uses_etcd(snapshot: ClusterSnapshot) -> bool:
    """Not kine, and not known to be external: the storage of any controller that told it."""
    return all(config.storage == "etcd" for _, config in running_configs(snapshot))


def poll(snapshot: ClusterSnapshot) -> Poll:
    """All voters of the last list known, each judged on its own host.

    Raises:
        NotObserved: no member list, now or in the look before, nor on any member's own disk.
    """
    listed = voters(_last_members(snapshot))
    states = {called(member): _state(member, snapshot) for member in listed}
    return Poll(
        tuple(name for name, state in states.items() if state is True),
        tuple(name for name, state in states.items() if state is False),
        tuple(name for name, state in states.items() if state is None),
        any(not member.name for member in listed),
        _connected(snapshot, len(states)),
    )


def _last_members(snapshot: ClusterSnapshot) -> tuple[EtcdMember, ...]:
    """Etcd's own word while it has quorum; then what we heard last; then what a member has on its disk."""
    for look in (snapshot, snapshot.earlier):
        if look and any(isinstance(host.etcd_members, Known) for host in look.controllers):
            return members(look)
    local = [host.etcd_local_members for host in snapshot.controllers if isinstance(host.etcd_local_members, Known)]
    return max(local, key=lambda answer: answer.at).value if local else members(snapshot)


def _state(member: EtcdMember, snapshot: ClusterSnapshot) -> bool | None:
    if not member.name:
        return False
    host = _host(member, snapshot)
    if host is None:
        return None
    if isinstance(host.etcd_health, Known):
        return host.etcd_health.value.healthy
    if isinstance(host.service, Known) and not host.service.value.is_running:
        return False
    return False if nobody_listens(host) or _is_missed(host, snapshot) else None


def nobody_listens(host: HostObservation) -> bool:
    """The host told us so: etcd does not run there, although the unit does."""
    return (
        isinstance(host.etcd_health, Unknown)
        and host.etcd_health.lack is Lack.FAILED
        and isinstance(host.listeners, Known)
        and all(listener.port != CLIENT_PORT for listener in host.listeners.value)
    )


def _is_missed(host: HostObservation, snapshot: ClusterSnapshot) -> bool:
    """SSH does not reach it, which alone proves nothing, and its lease ran out as well."""
    if not isinstance(host.connection, Unknown) or host.connection.lack not in (Lack.UNREACHABLE, Lack.NO_ANSWER):
        return False
    try:
        return host.node not in live_controllers(snapshot)
    except NotObserved:
        return False


def _host(member: EtcdMember, snapshot: ClusterSnapshot) -> HostObservation | None:
    found = (snapshot.at_address(host_of(url)) for url in member.peer_urls)
    return snapshot.find(member.name) or next((host for host in found if host), None)


def _connected(snapshot: ClusterSnapshot, size: int) -> int | None:
    """By the healthy members' own sockets, the leader's first: it misses a dead peer in some 20 s, since it replicates
    to all; a follower went on counting the peer for as long as was looked (etcd 3.5.16, power loss).

    A member that reads linearizably talks to a quorum, or it does not tell.
    """
    told = [
        host.etcd_metrics.value
        for host in snapshot.controllers
        if isinstance(host.etcd_metrics, Known) and isinstance(host.etcd_health, Known)
        and host.etcd_health.value.healthy and host.etcd_metrics.value.active_peers + 1 >= quorum(size)
    ]  # fmt: skip
    best = [metrics for metrics in told if metrics.is_leader] or told
    return max((metrics.active_peers + 1 for metrics in best), default=None)
