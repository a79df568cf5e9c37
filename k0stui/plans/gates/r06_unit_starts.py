"""R-06: the unit can be started: it is loaded, its program answers, its last end was no failure."""

from __future__ import annotations

from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, fresh


def check(situation: Situation) -> str:
    host = situation.target
    seen = situation.seen(host.name)
    fresh(situation, seen.binary, f"{host.name}: its program", SLOW)
    service = fresh(situation, seen.service, f"{host.name}: unit")
    if service.load != "loaded":
        raise Fail(f"{host.name}: the unit is {service.load}", "systemd-analyze verify tells why")
    if service.result != "success" and not situation.helping:
        raise Fail(f"{host.name}: it ended with {service.result}", "find out why before it is restarted")
    return f"{service.unit} loaded"


GATE = Gate("R-06", "the unit can start", check)
