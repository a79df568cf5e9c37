"""E-05: the cluster keeps quorum while this controller is away: the one formula that all acts on controllers rest on.

A voter counts as healthy only if it has a name (it started once), its own linearizable health check is true, it
answered in time, its host is at our epoch (nobody else can restart it) and PID 1 has no job for it (nobody is
restarting it). The one to be restarted is left out, healthy or not.

Source: design safety.md §3 E-05, §10 (each part proved necessary by the two-operator checker).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from k0stui.errors import NotObserved
from k0stui.model.etcd import EtcdMember, quorum, voters
from k0stui.model.observed import Known, require
from k0stui.plans.gates.e01_membership import on_etcd
from k0stui.plans.gates.gate import Fail, Gate, Situation


@dataclass(frozen=True, slots=True)
class VoterHealth:
    """What speaks for one etcd voter."""

    name: str
    """Empty: a member that never started."""
    healthy: bool
    """Its own `/health` is true: a linearizable read."""
    answered: bool
    """Its host was asked and answered in time."""
    at_our_epoch: bool
    no_job: bool
    """PID 1 has nothing queued for its unit, and the unit runs."""

    @property
    def counts(self) -> bool:
        return bool(self.name) and self.healthy and self.answered and self.at_our_epoch and self.no_job


def keeps_quorum_without(name: str, members: Iterable[VoterHealth]) -> bool:
    """Whether the healthy voters other than `name` are a quorum of all voters."""
    everyone = tuple(members)
    others = [member for member in everyone if member.name != name and member.counts]
    return len(others) >= quorum(len(everyone))


def voter_health(situation: Situation, member: EtcdMember) -> VoterHealth:
    """One voter, from its own host's answers. What is not known does not count."""
    host = next((host for host in situation.controllers if member.name in (host.name, host.node)), None)
    if not member.name or host is None:
        return VoterHealth(member.name, False, False, False, False)
    seen = situation.seen(host.name)
    health, service = seen.etcd_health, seen.service
    answered = isinstance(health, Known) and isinstance(service, Known)
    return VoterHealth(
        member.name,
        isinstance(health, Known) and health.value.healthy,
        answered,
        _at_our_epoch(situation, host.name),
        isinstance(service, Known) and service.value.is_running and not service.value.job,
    )


def _at_our_epoch(situation: Situation, host: str) -> bool:
    """Before the lock is taken nobody has an epoch; then only a free lock will do."""
    answer = next((answer for name, answer in situation.guards if name == host), None)
    if situation.operation is None:
        return answer is None or answer.op == "-"
    return answer is not None and answer.is_of(situation.operation)


def check(situation: Situation) -> str:
    if not on_etcd(situation):
        return f"storage is {situation.plan.setting('storage')}"
    target = situation.target
    lists = [seen.etcd_members for seen in situation.snapshot.controllers if isinstance(seen.etcd_members, Known)]
    if not lists:
        raise NotObserved("no controller told the list of etcd members")
    members = voters(require(max(lists, key=lambda known: known.at)))
    health = tuple(voter_health(situation, member) for member in members)
    away = [voter.name or "(never started)" for voter in health if not voter.counts and voter.name != target.node]
    others = len(health) - len(away) - sum(voter.name == target.node for voter in health)
    said = f"{others} healthy voters without {target.name}, quorum of {len(health)} is {quorum(len(health))}"
    if not keeps_quorum_without(target.node, health):
        named = f"; not counted: {', '.join(away)}" if away else ""
        raise Fail(said + named, "bring the other members back first")
    return said


GATE = Gate("E-05", "quorum holds without it", check)
