"""A-04: nodes are Ready and no rollout is under way, but for what was excused when planned."""

from __future__ import annotations

from k0stui.plans.gates.gate import Fail, Gate, Situation, api_fact, those

AGENTS, KUBE_PROXY = "konnectivity-agent", "kube-proxy"
CNI = ("kube-router", "calico-node")


def check(situation: Situation) -> str:
    nodes = api_fact(situation, lambda api: api.nodes, "nodes")
    excused = set(situation.plan.excused)
    wrong = [f"{node.name} is not Ready" for node in nodes if not node.is_ready and node.name not in excused]
    found = {it.name: it for it in api_fact(situation, lambda api: api.daemonsets, "DaemonSets")}
    held = dict(situation.operation.held) if situation.operation else {}
    exposed = situation.operation is not None and situation.operation.exposed
    rolling = CNI if exposed else (*CNI, KUBE_PROXY)
    wrong += [
        f"{it} is being rolled out" for it in rolling if it in found and it not in held and not found[it].is_settled
    ]
    # A rollout of the agents that the changed count causes does not block: the columns bound it.
    if wrong:
        raise Fail(those(wrong), "wait until it has settled")
    return f"{len(nodes)} nodes Ready, nothing rolls"


GATE = Gate("A-04", "nodes and rollouts settled", check)
