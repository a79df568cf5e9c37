"""N-05: Envoy exists for every node's platform."""

from __future__ import annotations

from k0stui.plans.gates.gate import Fail, Gate, Situation, api_fact, those


def check(situation: Situation) -> str:
    nodes = api_fact(situation, lambda api: api.nodes, "nodes")
    wrong = [
        f"{node.name} is {node.status.node_info.operating_system}/{node.status.node_info.architecture}"
        for node in nodes
        if node.status.node_info.operating_system != "linux" or node.status.node_info.architecture in ("arm", "riscv64")
    ]
    if wrong:
        raise Fail(those(wrong), "no Envoy for these; Traefik (1.36.1 on) is not done by k0stui")
    return f"{len(nodes)} nodes"


GATE = Gate("N-05", "platforms", check)
