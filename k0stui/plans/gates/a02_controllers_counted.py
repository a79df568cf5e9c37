"""A-02: as many fresh controller leases as controllers: what konnectivity counts."""

from __future__ import annotations

from k0stui.plans.gates.gate import Fail, Gate, Situation, api_fact, each_controller


def check(situation: Situation) -> str:
    leases = api_fact(situation, lambda api: api.leases, "leases")
    now = situation.snapshot.taken_at
    held = {lease.name for lease in leases if lease.name.startswith("k0s-ctrl-") and lease.is_held(now)}
    wanted = {f"k0s-ctrl-{host.node}" for host, _ in each_controller(situation)}
    if not wanted <= held or len(held) > len(situation.controllers):
        raise Fail(f"{len(held)} leases for {len(situation.controllers)} controllers", "wait 70 s: a lease runs out")
    return f"{len(held)} leases held"


GATE = Gate("A-02", "controllers counted", check)
