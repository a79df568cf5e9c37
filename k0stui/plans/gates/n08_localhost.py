"""N-08: localhost is loopback, and nothing else, on each worker."""

from __future__ import annotations

from k0stui.errors import NotObserved
from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, fresh, those
from k0stui.plans.gates.n06_ports_free import workers


def check(situation: Situation) -> str:
    wrong: list[str] = []
    for host in workers(situation):
        found = fresh(situation, situation.seen(host.name).localhost, f"{host.name}: localhost", SLOW)
        if not found:
            raise NotObserved(f"{host.name}: localhost resolves to nothing")
        wrong += [f"{host.name}: {it}" for it in found if not (it.startswith("127.") or it == "::1")]
    if wrong:
        raise Fail(those(wrong), "mend /etc/hosts")
    return "loopback only"


GATE = Gate("N-08", "localhost is loopback", check)
