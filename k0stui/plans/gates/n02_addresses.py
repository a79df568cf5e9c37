"""N-02: no externalAddress anywhere, on disk or running: it forbids NLLB, or bypasses it."""

from __future__ import annotations

from k0stui.errors import NotObserved
from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, each_controller, fresh, those


def check(situation: Situation) -> str:
    wrong: set[str] = set()
    for host, seen in each_controller(situation):
        file = fresh(situation, seen.config_file, f"{host.name}: config file", SLOW).config
        running = fresh(situation, seen.status, f"{host.name}: k0s status", SLOW).config
        for config in (file, running):
            if config is None:
                raise NotObserved(f"{host.name}: k0s does not tell what it runs with")
            if config.external_address:
                wrong.add(f"{host.name}: spec.api.externalAddress is {config.external_address}")
            if config.konnectivity_external_address:
                wrong.add(f"{host.name}: spec.konnectivity.externalAddress is {config.konnectivity_external_address}")
    if wrong:
        raise Fail(those(wrong), "take it out (keep it in spec.api.sans) and restart the controllers first")
    return "none set"


GATE = Gate("N-02", "no external address", check)
