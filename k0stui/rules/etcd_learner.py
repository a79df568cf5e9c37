"""etcd has a member that may not vote: somebody added it as a learner, and it was never promoted.

A learner counts for nothing: not for quorum, not for the margin. A leader that cannot reach it says so over and over.
Over two looks, as one that is catching up becomes a voter. Source: https://etcd.io/docs/v3.5/learning/design-learner/;
k0s.md §5.3 (k0s' own list hides learners); safety.md E-01, F39.
"""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.etcd import EtcdMember, quorum, voters
from k0stui.model.finding import Finding, Severity
from k0stui.rules.facts.member_list import address, called, lasting, member_lines, members
from k0stui.rules.facts.voters import uses_etcd
from k0stui.rules.facts.wording import counted, names, verb
from k0stui.rules.rule import ClusterRule


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    if not uses_etcd(snapshot):
        return
    if learners := lasting(snapshot, lambda member: member.is_learner, "whether etcd's learner is being promoted"):
        yield _finding(snapshot, learners)


def _finding(snapshot: ClusterSnapshot, learners: tuple[EtcdMember, ...]) -> Finding:
    votes = len(voters(members(snapshot)))
    them = names(_who(member) for member in learners)
    return Finding(
        "etcd-learner",
        Severity.WARNING,
        f"{them} {verb(learners, 'is a learner', 'are learners')} in etcd, without a vote: "
        f"{counted(votes, 'voter')} {'is' if votes == 1 else 'are'} left, and {quorum(votes)} of them are the quorum",
        subjects=tuple(sorted(called(member) for member in learners)),
        evidence=member_lines(snapshot),
        ruled_out=("a member that was just added (it is a learner over two looks)",),
        remedy=f"finish what added it (etcdctl member promote, once it has caught up), or take it out: "
        f"k0s etcd leave --peer-address {address(learners[0])}",
    )


def _who(member: EtcdMember) -> str:
    never = "" if member.name else ", never started"
    return f"{called(member)} ({address(member)}{never})"


RULE = ClusterRule("etcd-learner", check)
