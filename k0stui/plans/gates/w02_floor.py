"""W-02: enough workers are Ready while this one, and others of its batch, are away: W-1, or four of five."""

from __future__ import annotations

import math

from k0stui.plans.batches import away
from k0stui.plans.gates.gate import Fail, Gate, Situation, api_fact


def floor(workers: int) -> int:
    """How many of `workers` must be Ready after a batch; a bare 80 % would forbid every restart with four of them."""
    return min(workers - 1, math.ceil(0.8 * workers))


def check(situation: Situation) -> str:
    nodes = api_fact(situation, lambda api: api.nodes, "nodes")
    names = {*away(situation.operation), str(situation.host)}
    gone = {host.node for host in situation.plan.hosts if host.name in names}
    ready = [node.name for node in nodes if node.is_ready and node.name not in gone]
    if len(ready) < floor(len(nodes)):
        raise Fail(f"{len(ready)} of {len(nodes)} nodes stay Ready, {floor(len(nodes))} must", "bring nodes back first")
    return f"{len(ready)} of {len(nodes)} nodes stay Ready"


GATE = Gate("W-02", "enough workers stay", check)
