"""N-03: every controller has static configuration."""

from __future__ import annotations

from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, each_controller, fresh, those


def check(situation: Situation) -> str:
    seen = {
        host.name: fresh(situation, it.status, f"{host.name}: k0s status", SLOW)
        for host, it in each_controller(situation)
    }
    wrong = [f"{name} has dynamic configuration" for name, it in seen.items() if it.is_dynamic]
    if wrong:
        raise Fail(those(wrong), "make all controllers alike first")
    return "static on all"


GATE = Gate("N-03", "static configuration", check)
