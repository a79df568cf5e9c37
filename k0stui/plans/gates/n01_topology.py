"""N-01: at least two controllers, none a single node."""

from __future__ import annotations

from k0stui.model.host import Role
from k0stui.plans.gates.gate import Fail, Gate, Situation


def check(situation: Situation) -> str:
    if len(situation.controllers) < 2 or any(host.role is Role.SINGLE for host in situation.controllers):
        raise Fail(f"{len(situation.controllers)} controller", "node-local load balancing has nothing to balance here")
    return f"{len(situation.controllers)} controllers"


GATE = Gate("N-01", "more than one controller", check)
