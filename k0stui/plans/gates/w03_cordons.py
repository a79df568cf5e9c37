"""W-03: cordons are shown, and never changed."""

from __future__ import annotations

from k0stui.plans.gates.gate import Gate, Situation, api_fact


def check(situation: Situation) -> str:
    nodes = api_fact(situation, lambda api: api.nodes, "nodes")
    cordoned = sorted(node.name for node in nodes if node.spec.unschedulable)
    return f"cordoned: {', '.join(cordoned)}" if cordoned else "none"


GATE = Gate("W-03", "cordons", check)
