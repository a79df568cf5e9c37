"""N-12: every worker would pass its own gates, but for W-07, before the first controller is touched."""

from __future__ import annotations

from dataclasses import replace

from k0stui.errors import NotObserved
from k0stui.model.host import Role
from k0stui.plans.gates import (
    n06_ports_free,
    n07_reach,
    n08_localhost,
    r01_binary_runs,
    r04_token_trap,
    r05_certificates,
    r06_unit_starts,
    r08_stable,
    w02_floor,
)
from k0stui.plans.gates.gate import Fail, Gate, Result, Situation, judge, those

GATES = tuple(
    it.GATE
    for it in (
        r01_binary_runs,
        r04_token_trap,
        r05_certificates,
        r06_unit_starts,
        r08_stable,
        n06_ports_free,
        n07_reach,
        n08_localhost,
        w02_floor,
    )
)


def check(situation: Situation) -> str:
    names = [host.name for host in situation.plan.hosts if host.role is Role.WORKER]
    blocked: list[str] = []
    unknown: list[str] = []
    for name in names:
        for gate in GATES:
            said = judge(gate, replace(situation, host=name))
            if said.result is Result.FAIL:
                blocked.append(f"{name} {gate.id}: {said.evidence}")
            elif said.result is Result.UNKNOWN:
                unknown.append(f"{name} {gate.id}: {said.evidence}")
    if blocked:
        raise Fail(those(blocked), "mend the workers first: nothing was touched")
    if unknown:
        raise NotObserved(those(unknown))
    return f"{len(names)} workers"


GATE = Gate("N-12", "workers will pass", check)
