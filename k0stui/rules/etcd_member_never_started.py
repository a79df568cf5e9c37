"""etcd counts a voter that nobody ever started: it makes the quorum larger and votes for nothing.

A member gets its name when it first starts; until then the list has only its address. Over two looks, as a controller
that joins is such a member for some seconds. Source: k0s.md §5.3; safety.md §1, measured: beside such a voter the stop
of one of three members lost quorum.
"""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.etcd import EtcdMember, quorum, voters
from k0stui.model.finding import Finding, Severity
from k0stui.rules.facts.member_list import address, called, lasting, member_lines, members
from k0stui.rules.facts.voters import uses_etcd
from k0stui.rules.facts.wording import names, verb
from k0stui.rules.rule import ClusterRule


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    if not uses_etcd(snapshot):
        return
    if absent := lasting(snapshot, _never_started, "whether etcd's new member is starting"):
        yield _finding(snapshot, absent)


def _never_started(member: EtcdMember) -> bool:
    return not member.name and not member.is_learner


def _finding(snapshot: ClusterSnapshot, absent: tuple[EtcdMember, ...]) -> Finding:
    votes = len(voters(members(snapshot)))
    where = names(address(member) for member in absent)
    return Finding(
        "etcd-member-never-started",
        Severity.WARNING,
        f"{len(absent)} of {votes} voters of etcd ({where}) never started, and "
        f"{verb(absent, 'counts', 'count')} all the same: {quorum(votes)} of {votes} are the quorum",
        subjects=tuple(sorted(called(member) for member in absent)),
        evidence=member_lines(snapshot),
        ruled_out=("a controller that is joining (it has no name over two looks)",),
        remedy=f"start k0scontroller at {address(absent[0])}, or where there is none take the member out: "
        f"k0s etcd leave --peer-address {address(absent[0])}; restart no other controller before",
    )


RULE = ClusterRule("etcd-member-never-started", check)
