"""Agents are there, and still some nodes cannot be reached through them: logs and exec time out for these nodes only.

Told apart from a server without agents by the error: that one says `No agent available`. Source: k0s.md F36 F45;
konnectivity.md §3.3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from k0stui.errors import NotObserved
from k0stui.model.cluster import ApiObservation, ClusterSnapshot
from k0stui.model.finding import Evidence, Finding, Severity
from k0stui.model.observed import Known
from k0stui.rules.facts.wording import names
from k0stui.rules.rule import ClusterRule

NO_AGENT = "No agent available"


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    asked = [api for api in snapshot.apis if isinstance(api.tunnels, Known)]
    if not asked:
        raise NotObserved("the end-to-end question to each node")
    broken: dict[str, list[ApiObservation]] = defaultdict(list)
    for api in asked:
        for node in sorted(_failing(api) & _failed_before(api, snapshot)):
            broken[node].append(api)
    for node, through in broken.items():
        yield _finding(snapshot, node, through)


def _failing(api: ApiObservation) -> set[str]:
    """Nodes whose question died on the way; an API server that did not answer at all is another finding."""
    if not isinstance(api.tunnels, Known):
        return set()
    return {
        tunnel.node for tunnel in api.tunnels.value if not tunnel.ok and tunnel.error and NO_AGENT not in tunnel.error
    }


def _failed_before(api: ApiObservation, snapshot: ClusterSnapshot) -> set[str]:
    """Also in the look before, where there is one: a restarting worker or server breaks single questions."""
    before = snapshot.earlier.api(api.host) if snapshot.earlier else None
    return _failing(before) if before and isinstance(before.tunnels, Known) else _failing(api)


def _finding(snapshot: ClusterSnapshot, node: str, through: list[ApiObservation]) -> Finding:
    errors = sorted({error for api in through for error in _errors(api, node)})
    return Finding(
        "node-unreachable-through-tunnel",
        Severity.WARNING,
        f"{node} cannot be reached through {names(api.host for api in through)}, though other agents are there: "
        f"{errors[0]}",
        subjects=(node,),
        evidence=tuple(
            Evidence(api.host, "tunnels", f"{node}: {_errors(api, node)[0]}", api.tunnels.at) for api in through
        ),
        ruled_out=("a server without agents",),
        because=("host-unreachable", "node-not-ready", "nodes-share-address") if _is_troubled(snapshot, node) else (),
        remedy=f"open 10250/tcp on {node} for all other nodes, and look at the pod network of this node",
    )


def _errors(api: ApiObservation, node: str) -> list[str]:
    found = api.tunnels.value if isinstance(api.tunnels, Known) else ()
    return [tunnel.error for tunnel in found if tunnel.node == node and tunnel.error]


def _is_troubled(snapshot: ClusterSnapshot, node: str) -> bool:
    """Something is wrong with this very node already."""
    host = snapshot.find(node)
    nodes = snapshot.any_api(lambda api: api.nodes)
    listed = next((it for it in nodes.value if it.name == node), None) if isinstance(nodes, Known) else None
    if host is not None and not host.is_reachable:
        return True
    if listed is None or not isinstance(nodes, Known):
        return False
    return not listed.is_ready or sum(other.internal_ip == listed.internal_ip for other in nodes.value) > 1


RULE = ClusterRule("node-unreachable-through-tunnel", check)
