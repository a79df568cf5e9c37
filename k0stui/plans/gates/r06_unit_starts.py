"""R-06: the unit can be started: loaded, its program answers, its last end was no failure, systemd verifies it."""

from __future__ import annotations

from k0stui.model.observed import require
from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, fresh, those


def check(situation: Situation) -> str:
    host = situation.target
    seen = situation.seen(host.name)
    fresh(situation, seen.binary, f"{host.name}: its program", SLOW)
    service = fresh(situation, seen.service, f"{host.name}: unit")
    if service.load != "loaded":
        raise Fail(f"{host.name}: the unit is {service.load}", "systemd-analyze verify tells why")
    if service.result != "success" and not situation.helping:
        raise Fail(f"{host.name}: it ended with {service.result}", "find out why before it is restarted")
    faults = require(situation.told(host.name).unit_faults, f"{host.name}: systemd-analyze verify")
    if faults:
        raise Fail(f"{host.name}: {those(faults)}", f"mend {service.unit}, then systemctl daemon-reload")
    return f"{service.unit} loaded, systemd finds no fault in it"


GATE = Gate("R-06", "the unit can start", check)
