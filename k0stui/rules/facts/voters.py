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


@dataclass(frozen=True, slots=True)
class Poll:
    """Every voter by its health."""

    healthy: tuple[str, ...]
    sick: tuple[str, ...]
    """It answered that it is not, k0s does not run on its host, or neither we nor its lease know of any life there."""
    unknown: tuple[str, ...]
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
        NotObserved: no member list, now or in the look before.
    """
    states = {member.name or f"member {member.id:x}": _state(member, snapshot) for member in _members(snapshot)}
    return Poll(
        tuple(name for name, state in states.items() if state is True),
        tuple(name for name, state in states.items() if state is False),
        tuple(name for name, state in states.items() if state is None),
        _connected(snapshot, len(states)),
    )


def _members(snapshot: ClusterSnapshot) -> tuple[EtcdMember, ...]:
    looks = (snapshot, snapshot.earlier) if snapshot.earlier else (snapshot,)
    for look in looks:
        lists = [host.etcd_members for host in look.controllers]
        known = [answer for answer in lists if isinstance(answer, Known)]
        if known:
            return voters(max(known, key=lambda answer: answer.at).value)
    reasons = "; ".join(f"{host.name}: {_why(host)}" for host in snapshot.controllers)
    raise NotObserved(f"etcd's member list: {reasons or 'no controller is known'}")


def _why(host: HostObservation) -> str:
    return host.etcd_members.why if isinstance(host.etcd_members, Unknown) else ""


def _state(member: EtcdMember, snapshot: ClusterSnapshot) -> bool | None:
    host = _host(member, snapshot)
    if host is None:
        return None
    if isinstance(host.etcd_health, Known):
        return host.etcd_health.value.healthy
    if isinstance(host.service, Known) and not host.service.value.is_running:
        return False
    return False if _is_missed(host, snapshot) else None


def _is_missed(host: HostObservation, snapshot: ClusterSnapshot) -> bool:
    """SSH does not reach it, which alone proves nothing, and its lease ran out as well."""
    if not isinstance(host.connection, Unknown) or host.connection.lack not in (Lack.UNREACHABLE, Lack.NO_ANSWER):
        return False
    try:
        return host.node not in live_controllers(snapshot)
    except NotObserved:
        return False


def _host(member: EtcdMember, snapshot: ClusterSnapshot) -> HostObservation | None:
    addresses = [url.partition("://")[2].rpartition(":")[0].strip("[]") for url in member.peer_urls]
    by_address = next((host for address in addresses if (host := snapshot.at_address(address))), None)
    return (snapshot.find(member.name) if member.name else None) or by_address


def _connected(snapshot: ClusterSnapshot, size: int) -> int | None:
    """By the healthy members' own sockets; a member that reads linearizably talks to a quorum, or it does not tell."""
    seen = [
        host.etcd_metrics.value.active_peers + 1
        for host in snapshot.controllers
        if isinstance(host.etcd_metrics, Known) and isinstance(host.etcd_health, Known)
        and host.etcd_health.value.healthy
    ]  # fmt: skip
    return max((count for count in seen if count >= quorum(size)), default=None)
