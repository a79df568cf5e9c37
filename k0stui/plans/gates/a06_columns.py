"""A-06: no server has fewer agents than when planned (while a rollout moves one: one fewer)."""

from __future__ import annotations

from k0stui.errors import NotObserved
from k0stui.model.host import HostName
from k0stui.model.observed import require
from k0stui.plans.gates.gate import Fail, Gate, Situation, api_fact, each_controller, fresh, those


def check(situation: Situation) -> str:
    """The plan's settings name, per controller, how many agents its server had: `agents:NAME`."""
    if situation.operation is not None and situation.operation.exposed:
        return "exposed: columns cannot be judged"
    slack = 0 if _settled(situation) else 1
    wrong: list[str] = []
    told: list[str] = []
    for host, seen in each_controller(situation):
        now = fresh(situation, seen.konnectivity_metrics, f"{host.name}: agents at its server").agents
        wanted = int(situation.plan.setting(f"agents:{host.name}", "0"))
        told.append(f"{host.name} {now}")
        if min(now, _before(situation, host.name)) < wanted - slack:
            wrong.append(f"{host.name} has {now} of {wanted} agents")
    if wrong:
        raise Fail(those(wrong), "wait: agents hunt up to 35 s for a server that is back")
    return ", ".join(told)


def _settled(situation: Situation) -> bool:
    found = api_fact(situation, lambda api: api.daemonsets, "DaemonSets")
    agents = next((it for it in found if it.name == "konnectivity-agent"), None)
    return agents is not None and (agents.is_on_delete or agents.is_settled)


def _before(situation: Situation, host: HostName) -> int:
    """The other of two samples; the first look has none."""
    earlier = situation.snapshot.earlier.find(host) if situation.snapshot.earlier else None
    if earlier is None:
        raise NotObserved(f"{host}: its agents were counted only once")
    return require(earlier.konnectivity_metrics, f"{host}: agents of the look before").agents


GATE = Gate("A-06", "no column lower than before", check)
