"""etcd's own list of members: how rules name them, and which stayed what they are over two looks.

Source: reference k0s.md §5.3: k0s' list hides learners and folds members without a name; etcd's does not.
"""

from __future__ import annotations

from collections.abc import Callable

from k0stui.errors import NotObserved
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.etcd import EtcdMember
from k0stui.model.finding import Evidence
from k0stui.model.observed import Known, Unknown
from k0stui.rules.facts.evidence import said, second_look


def members(look: ClusterSnapshot) -> tuple[EtcdMember, ...]:
    """The newest member list of this look, learners and members without a name included.

    Raises:
        NotObserved: no controller could tell it.
    """
    known = [host.etcd_members for host in look.controllers if isinstance(host.etcd_members, Known)]
    if not known:
        reasons = "; ".join(f"{host.name}: {_why(host)}" for host in look.controllers)
        raise NotObserved(f"etcd's member list: {reasons or 'no controller is known'}")
    return max(known, key=lambda answer: answer.at).value


def _why(host: HostObservation) -> str:
    return host.etcd_members.why if isinstance(host.etcd_members, Unknown) else ""


def lasting(snapshot: ClusterSnapshot, chosen: Callable[[EtcdMember], bool], what: str) -> tuple[EtcdMember, ...]:
    """The members of that kind, which the look before had as such.

    Raises:
        NotObserved: no member list; or there are some now, and no look before to compare with (`what` is not known).
    """
    now = tuple(filter(chosen, members(snapshot)))
    if not now:
        return ()
    before = {member.id for member in members(second_look(snapshot, what)) if chosen(member)}
    return tuple(member for member in now if member.id in before)


def called(member: EtcdMember) -> str:
    """Its name, which is its host's; one that never started has only a number."""
    return member.name or f"member {member.id:x}"


def address(member: EtcdMember) -> str:
    """Where its peers look for it."""
    return next((host_of(url) for url in member.peer_urls), "an unknown address")


def host_of(url: str) -> str:
    """The host part of a URL, without the brackets of IPv6."""
    return url.partition("://")[2].rpartition(":")[0].strip("[]")


def member_lines(snapshot: ClusterSnapshot) -> tuple[Evidence, ...]:
    """The list, as the one who told it last told it."""
    newest = max(
        (host for host in snapshot.controllers if isinstance(host.etcd_members, Known)),
        key=lambda host: host.etcd_members.at,
    )
    return tuple(line for member in members(snapshot) for line in said(newest, "etcd_members", _in_words(member)))


def _in_words(member: EtcdMember) -> str:
    kind = "learner" if member.is_learner else "voter"
    return f"{called(member)} at {address(member)}: {kind}{'' if member.name else ', never started'}"
