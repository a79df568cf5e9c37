"""C-07: nobody else changes these hosts: k0sctl, autopilot, kured, system-upgrade-controller, a package manager."""

from __future__ import annotations

from k0stui.model.observed import require, value_or
from k0stui.plans.gates.gate import Fail, Gate, Situation, api_fact, fresh, those

K0SCTL_STALE = 60.0
"""Seconds: k0sctl touches its lock every 10 s."""
LOCK, IN_PROGRESS = "weave.works/kured-node-lock", "weave.works/kured-reboot-in-progress"
BUSY = frozenset({"Schedulable", "SchedulableWait"})


def check(situation: Situation) -> str:
    found: list[str] = []
    for host in situation.plan.hosts:
        actors = fresh(situation, situation.seen(host.name).other_actors, f"{host.name}: other actors")
        found += [f"{host.name}: {it.name} is at work" for it in actors if it.age <= K0SCTL_STALE]
    autopilot = api_fact(situation, lambda api: api.autopilot, "autopilot")
    if autopilot is not None and autopilot.status.state in BUSY:
        found.append(f"autopilot is {autopilot.status.state}")
    found += _kured(situation)
    found += [f"system-upgrade-controller applies {it}" for it in value_or(situation.upgrades, ())]
    cordoned = {node.name for node in api_fact(situation, lambda api: api.nodes, "nodes") if node.spec.unschedulable}
    found += [f"{node} was cordoned since" for node in cordoned - set(situation.plan.setting("cordoned").split())]
    if found:
        raise Fail(those(found), "let it finish, then go on")
    require(situation.upgrades, "upgrade plans")
    return "no k0sctl, autopilot, kured, upgrade, package manager or new cordon"


def _kured(situation: Situation) -> list[str]:
    """It locks by an annotation of its DaemonSet, and may mark the node that it reboots."""
    nodes = api_fact(situation, lambda api: api.nodes, "nodes")
    found = [f"kured reboots {node.name}" for node in nodes if IN_PROGRESS in node.metadata.annotations]
    daemonsets = api_fact(situation, lambda api: api.daemonsets, "DaemonSets")
    locks = [it.metadata.annotations.get(LOCK, "") for it in daemonsets]
    return found + [f"kured holds its lock: {lock[:60]}" for lock in locks if lock not in ("", "{}")]


GATE = Gate("C-07", "nobody else acts", check)
