"""W-05: no two workers of one zone are away at once, where another order can avoid it."""

from __future__ import annotations

from k0stui.plans.batches import away, zone_of
from k0stui.plans.gates.gate import Fail, Gate, Situation, api_fact


def check(situation: Situation) -> str:
    """Two of one zone pass only if the batch is larger than there are zones."""
    zones = {node.name: zone_of(node) for node in api_fact(situation, lambda api: api.nodes, "nodes")}
    own = zones.get(situation.target.node, "")
    if not own:
        return f"{situation.target.name} has no zone"
    flying = [situation.plan.host(name) for name in sorted(away(situation.operation)) if name != situation.host]
    same = [host.name for host in flying if zones.get(host.node) == own]
    if same and len(flying) < len(set(zones.values()) - {""}):
        raise Fail(f"{', '.join(same)} of zone {own} is away too", "wait until it is back")
    return f"zone {own}"


GATE = Gate("W-05", "zones spread", check)
