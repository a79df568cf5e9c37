"""etcd: members, voters, and what may be lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


def quorum(members: int) -> int:
    """How many voters of `members` must agree.

    Raises:
        ValueError: `members` is not positive.

    Source: https://etcd.io/docs/v3.5/faq/ ("What is failure tolerance?")
    """
    if members < 1:
        raise ValueError("a cluster has at least one member")
    return members // 2 + 1


@dataclass(frozen=True, slots=True)
class EtcdMember:
    """One member, by etcd's own list (`/v3/cluster/member/list`); `k0s etcd member-list` hides learners."""

    id: int
    name: str
    """Empty for one that never started: it still counts as a voter."""
    peer_urls: tuple[str, ...]
    is_learner: bool = False


@dataclass(frozen=True, slots=True)
class EtcdHealth:
    """`/health` of the local member: a linearizable read, so it fails without quorum."""

    healthy: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EtcdStatus:
    """`/v3/maintenance/status` and `/v3/maintenance/alarm` of the local member."""

    member_id: int
    leader: int
    """Member id of the etcd leader; 0: none."""
    raft_term: int
    raft_index: int
    applied_index: int
    version: str
    db_size: int
    alarms: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EtcdMetrics:
    """Counters of the local member."""

    has_leader: bool
    is_leader: bool
    leader_changes: int
    active_peers: int
    """Peers that it talks to now; itself not counted."""
    fsync_count: float = 0
    fsync_buckets: tuple[tuple[float, float], ...] = ()
    """(upper bound in seconds, cumulative count) of etcd_disk_wal_fsync_duration_seconds."""


def voters(members: Iterable[EtcdMember]) -> tuple[EtcdMember, ...]:
    """The members that count for quorum, started or not."""
    return tuple(member for member in members if not member.is_learner)
