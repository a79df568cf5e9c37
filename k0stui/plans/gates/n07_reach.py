"""N-07: each worker reaches the API and konnectivity ports of every controller."""

from __future__ import annotations

from k0stui.errors import NotObserved
from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, fresh, those
from k0stui.plans.gates.n06_ports_free import workers


def check(situation: Situation) -> str:
    wrong: list[str] = []
    for host in workers(situation):
        reach = fresh(situation, situation.seen(host.name).reach, f"{host.name}: reach", SLOW)
        if len(reach) < 2 * len(situation.controllers):
            raise NotObserved(f"{host.name}: only {len(reach)} of {2 * len(situation.controllers)} ports were tried")
        wrong += [f"{host.name} to {it.address}:{it.port}: {it.why or 'closed'}" for it in reach if not it.open]
    if wrong:
        raise Fail(those(wrong), "open these ports in the firewall")
    return f"{len(workers(situation))} workers reach all controllers"


GATE = Gate("N-07", "workers reach controllers", check)
