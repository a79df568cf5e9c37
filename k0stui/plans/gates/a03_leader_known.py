"""A-03: the k0s leader is known: it comes last."""

from __future__ import annotations

from k0stui.model.observed import require
from k0stui.plans.gates.gate import Fail, Gate, Situation


def check(situation: Situation) -> str:
    leader = require(situation.snapshot.leader, "k0s leader")
    if leader not in {host.name for host in situation.controllers}:
        raise Fail(f"{leader} leads and is not in the plan", "make a new plan")
    return f"{leader} leads"


GATE = Gate("A-03", "k0s leader known", check)
