"""D-01: every controller has dynamic configuration."""

from __future__ import annotations

from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, each_controller, fresh, those


def check(situation: Situation) -> str:
    seen = {
        host.name: fresh(situation, it.status, f"{host.name}: k0s status", SLOW)
        for host, it in each_controller(situation)
    }
    wrong = [f"{name} has static configuration" for name, it in seen.items() if not it.is_dynamic]
    if wrong:
        raise Fail(those(wrong), "make all controllers alike first")
    return "dynamic on all"


GATE = Gate("D-01", "dynamic configuration", check)
