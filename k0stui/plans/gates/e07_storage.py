"""E-07: without k0s' own etcd: at least one other API server is ready while this one is away."""

from __future__ import annotations

from k0stui.plans.gates.e01_membership import on_etcd
from k0stui.plans.gates.gate import Fail, Gate, Situation, fresh


def check(situation: Situation) -> str:
    if on_etcd(situation):
        return "etcd: E-01 to E-06 judge it"
    others = [host.name for host in situation.controllers if host.name != situation.host]
    ready = [name for name in others if fresh(situation, situation.seen(name).api_ready, f"{name}: /readyz").is_up]
    if not ready:
        raise Fail("no other API server is ready", "bring another controller up first")
    return f"{', '.join(ready)} ready"


GATE = Gate("E-07", "another API server stays", check)
