"""Is it gone? Asked of the servers first, then of the agents, then end to end through each controller's own API.

k0s' own test (every agent open = N) is not enough: agents count dead connections. Source: design safety.md §4.6.
"""

from __future__ import annotations

from dataclasses import dataclass

from k0stui.errors import NotObserved
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.observed import require
from k0stui.plans.gates import GATES
from k0stui.plans.gates.gate import Fail, Gate, Situation, Verdict, api_fact, fresh, judge, those

UNBROKEN, WITHIN, EVERY = 120.0, 600.0, 10.0
"""Seconds: so long all of it must hold, so long one may wait for that, so often it is looked at."""

SLOW = 60.0
"""Seconds: tunnels are asked every 30 s."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One look, judged."""

    verdicts: tuple[Verdict, ...]

    @property
    def holds(self) -> bool:
        return all(verdict.passes for verdict in self.verdicts)

    @property
    def missing(self) -> str:
        return those(f"{it.gate}: {it.evidence}" for it in self.verdicts if not it.passes)


def proof(situation: Situation) -> Proof:
    """The proof for the plan at hand: a whole mesh where every worker has a balancer, else columns as before."""
    mesh = situation.plan.setting("nllb") == "on"
    gates = ("A-01", "A-02", "A-03", "A-04", "A-05", "E-02", *(() if mesh else ("A-06",)))
    own = (COLUMNS, ROWS, FLOOD, TUNNELS, METRICS) if mesh else (FLOOD,)
    return Proof(tuple(judge(gate, situation) for gate in (*own, *(GATES[gate] for gate in gates))))


def _full(situation: Situation) -> str:
    """Every server has every agent, by its own count."""
    wanted = len(api_fact(situation, lambda api: api.agent_pods, "agent pods"))
    counts = {
        host.name: fresh(situation, host.konnectivity_metrics, f"{host.name}: agents").agents
        for host in situation.snapshot.controllers
    }
    short = [f"{name} has {count} of {wanted}" for name, count in counts.items() if count != wanted]
    if short:
        raise Fail(those(short))
    return f"{wanted} agents on each of {len(counts)} servers"


def _rows(situation: Situation) -> str:
    """Every agent that can be asked counts as many servers as there are; more would be ghosts."""
    wanted = len(situation.snapshot.controllers)
    wrong: list[str] = []
    for host in situation.snapshot.workers:
        agent = fresh(situation, host.agent_metrics, f"{host.name}: its agent")
        if agent.open != wanted or agent.known not in (None, wanted):
            wrong.append(f"{host.node} has {agent.open}, knows {agent.known} of {wanted}")
    if wrong:
        raise Fail(those(wrong))
    return f"every agent has {wanted} servers"


def _flood(situation: Situation) -> str:
    """No server was asked for an agent it does not have, and no agent hunts, since the look before."""
    before = _earlier(situation)
    wrong: list[str] = []
    for host in situation.snapshot.controllers:
        now = fresh(situation, host.konnectivity_metrics, f"{host.name}: counters")
        then = require(before.host(host.name).konnectivity_metrics, f"{host.name}: counters before")
        if now.started_at != then.started_at:
            raise NotObserved(f"{host.name}: its server was started anew; counters begin again")
        if now.no_agent > then.no_agent:
            wrong.append(f"{host.name}: {now.no_agent - then.no_agent:.0f} times no agent")
        if now.cancelled > then.cancelled and situation.plan.setting("nllb") == "on":
            wrong.append(f"{host.name}: {now.cancelled - then.cancelled:.0f} streams closed by agents")
    if wrong and situation.plan.setting("nllb") == "on":
        raise Fail(those(wrong))
    return those(wrong) or "no flood, no churn"


def _tunnels(situation: Situation) -> str:
    wrong: list[str] = []
    asked = 0
    for api in situation.snapshot.apis:
        for tunnel in fresh(situation, api.tunnels, f"{api.host}: end to end", SLOW):
            asked += 1
            if not tunnel.ok:
                wrong.append(f"{api.host} to {tunnel.node}: {tunnel.error or 'no answer'}")
    if wrong:
        raise Fail(those(wrong))
    if not asked:
        raise NotObserved("no API server was asked end to end")
    return f"{asked} ways work"


def _metrics(situation: Situation) -> str:
    """The metrics API is available, as each API server sees it; while it flaps one look is random, twelve are not.

    A cluster without metrics-server has no such object, and nothing to prove of it.
    """
    down: list[str] = []
    for api in situation.snapshot.apis:
        service = fresh(situation, api.metrics_api, f"{api.host}: metrics API")
        condition = service.available
        if service.metadata.name and (condition is None or condition.status != "True"):
            down.append(f"{api.host}: {condition.reason if condition else 'no condition'}")
    if down:
        raise Fail(those(down))
    return "available on every API server that has it"


def _earlier(situation: Situation) -> ClusterSnapshot:
    if situation.snapshot.earlier is None:
        raise NotObserved("there was only one look so far")
    return situation.snapshot.earlier


COLUMNS = Gate("columns", "every server has every agent", _full)
ROWS = Gate("rows", "every agent has every server", _rows)
FLOOD = Gate("flood", "no agent is missed", _flood)
TUNNELS = Gate("tunnels", "every node through every controller", _tunnels)
METRICS = Gate("metrics API", "metrics API available", _metrics)
