"""R-04: v1.35.1 workers do not start with an overwritten join token (k0s#7202)."""

from __future__ import annotations

from k0stui.errors import NotObserved
from k0stui.plans.gates.gate import SLOW, Gate, Situation, fresh


def check(situation: Situation) -> str:
    host = situation.target
    running = fresh(situation, situation.seen(host.name).binary, f"{host.name}: version", SLOW)
    if host.role.is_worker and (running.major, running.minor, running.patch, running.build) == (1, 35, 1, 0):
        raise NotObserved(
            f"{host.name} runs {running}: whether its token file is base64 is not looked at; upgrade first"
        )
    return f"{running} does not read it"


GATE = Gate("R-04", "no token trap", check)
