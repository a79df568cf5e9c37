"""N-04: k0s is new enough, and no controller is a worker too."""

from __future__ import annotations

from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, fresh, those


def check(situation: Situation) -> str:
    wrong: list[str] = []
    for host in situation.plan.hosts:
        status = fresh(situation, situation.seen(host.name).status, f"{host.name}: k0s status", SLOW)
        if not status.version.is_at_least("1.26.1"):
            wrong.append(f"{host.name} runs {status.version}; 1.26.1 is needed")
        if status.controller and status.workloads:
            wrong.append(f"{host.name} is controller and worker: not in this version of k0stui")
    if wrong:
        raise Fail(those(wrong))
    return "1.26.1 or later, no hybrids"


GATE = Gate("N-04", "version and roles", check)
