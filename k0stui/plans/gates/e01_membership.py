"""E-01: etcd has one list of members everywhere: all started, all on known hosts, none a learner."""

from __future__ import annotations

from k0stui.plans.gates.gate import Fail, Gate, Situation, each_controller, fresh, those


def check(situation: Situation) -> str:
    if not on_etcd(situation):
        return f"storage is {situation.plan.setting('storage')}"
    lists = {
        host.name: frozenset(fresh(situation, seen.etcd_members, f"{host.name}: etcd members"))
        for host, seen in each_controller(situation)
    }
    if len(set(lists.values())) != 1:
        raise Fail("the controllers do not tell the same list of members", "wait until etcd has settled")
    members = next(iter(lists.values()))
    known = {name for host in situation.controllers for name in (host.name, host.node)}
    wrong = [f"{member.name} is a learner" for member in members if member.is_learner]
    wrong += [f"member {member.id:x} never started" for member in members if not member.name]
    wrong += [f"{member.name} is on no known host" for member in members if member.name and member.name not in known]
    if wrong:
        raise Fail(those(wrong), "finish joining or removing that member first")
    return f"{len(members)} voters, the same on all controllers"


def on_etcd(situation: Situation) -> bool:
    """Whether the cluster's own etcd keeps its state; kine and external ones are judged by E-07."""
    return situation.plan.setting("storage", "etcd") == "etcd"


GATE = Gate("E-01", "etcd membership", check)
