"""R-05: certificates outlast the day."""

from __future__ import annotations

from datetime import timedelta

from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, fresh

DAY = timedelta(days=1)


def check(situation: Situation) -> str:
    host = situation.target
    found = fresh(situation, situation.seen(host.name).certificates, f"{host.name}: certificates", SLOW)
    soon = [it.path for it in found if it.not_after < situation.snapshot.taken_at + DAY]
    if soon:
        raise Fail(f"{host.name}: {', '.join(soon)} ends within a day", "renew it first")
    return f"{len(found)} certificates"


GATE = Gate("R-05", "certificates valid", check)
