"""C-07: nobody else changes these hosts: k0sctl, autopilot, a package manager, a new cordon."""

from __future__ import annotations

from k0stui.plans.gates.gate import Fail, Gate, Situation, api_fact, fresh, those

K0SCTL_STALE = 60.0
"""Seconds: k0sctl touches its lock every 10 s."""
BUSY = frozenset({"Schedulable", "SchedulableWait"})


def check(situation: Situation) -> str:
    found: list[str] = []
    for host in situation.plan.hosts:
        actors = fresh(situation, situation.seen(host.name).other_actors, f"{host.name}: other actors")
        found += [f"{host.name}: {it.name} is at work" for it in actors if it.age <= K0SCTL_STALE]
    autopilot = api_fact(situation, lambda api: api.autopilot, "autopilot")
    if autopilot is not None and autopilot.status.state in BUSY:
        found.append(f"autopilot is {autopilot.status.state}")
    cordoned = {node.name for node in api_fact(situation, lambda api: api.nodes, "nodes") if node.spec.unschedulable}
    found += [f"{node} was cordoned since" for node in cordoned - set(situation.plan.setting("cordoned").split())]
    if found:
        raise Fail(those(found), "let it finish, then go on")
    return "no k0sctl, autopilot, package manager or new cordon"


GATE = Gate("C-07", "nobody else acts", check)
