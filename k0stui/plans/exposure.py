"""Exposed, held: two facts of a snapshot that decide what may wait and what may not.

Exposed: agents dial localhost on a node where no balancer listens; they are dark there. Held: their DaemonSet moves no
pod by itself. Source: design safety.md §4.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from k0stui.errors import PlanRefused
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.host import HostName
from k0stui.model.observed import Known, Unknown, value_or

LOCAL = ("localhost", "127.0.0.1", "::1")


def exposed(snapshot: ClusterSnapshot) -> tuple[str, ...]:
    """Nodes whose agent dials localhost while nobody listens there. What is not known is not named here."""
    return tuple(
        sorted(host.node for host in _dialling(snapshot) if isinstance(host.balancer, Known) and not listens(host))
    )


def unsure(snapshot: ClusterSnapshot) -> str:
    """Why it cannot be said that nobody else is exposed; empty: it can. A node that is not Ready is not asked for."""
    pods = snapshot.any_api(lambda api: api.agent_pods)
    if isinstance(pods, Unknown):
        return f"what agents dial is not known: {pods.why}"
    absent = away(snapshot)
    unseen = [host for host in _dialling(snapshot) if isinstance(host.balancer, Unknown) and host.node not in absent]
    names = ", ".join(sorted(host.node for host in unseen))
    return f"whether a balancer listens on {names} is not known" if unseen else ""


def imminent(snapshot: ClusterSnapshot) -> bool:
    """Whether agents that nobody holds are rolled to a template that dials localhost, not all having a balancer."""
    agents = snapshot.daemonset("konnectivity-agent")
    if isinstance(agents, Unknown) or agents.value.is_on_delete:
        return False
    absent = away(snapshot)
    lacking = any(not listens(host) for host in snapshot.workers if host.node not in absent)
    return agents.value.argument("proxy-server-host") in LOCAL and lacking


def away(snapshot: ClusterSnapshot) -> set[str]:
    """Nodes that are not Ready: nothing is expected of them."""
    return {node.name for node in value_or(snapshot.any_api(lambda api: api.nodes), ()) if not node.is_ready}


def nobody_exposed(snapshot: ClusterSnapshot) -> None:
    """Raises PlanRefused: somebody is, or it is not known."""
    if dark := exposed(snapshot):
        raise PlanRefused(
            f"agents on {', '.join(dark)} are exposed: they dial localhost and no balancer listens there; "
            "restart-workers first, it ends that"
        )
    if why := unsure(snapshot):
        raise PlanRefused(f"{why}: agents may be exposed")


def _dialling(snapshot: ClusterSnapshot) -> list[HostObservation]:
    """Workers whose agent dials localhost."""
    pods = value_or(snapshot.any_api(lambda api: api.agent_pods), ())
    nodes = {pod.spec.node_name for pod in pods if pod.argument("proxy-server-host") in LOCAL}
    return [host for host in snapshot.workers if host.node in nodes]


def listens(host: HostObservation) -> bool:
    """Whether a balancer for agents certainly listens there."""
    return isinstance(host.balancer, Known) and host.balancer.value.konnectivity_listens


def held(snapshot: ClusterSnapshot, daemonset: str, since: datetime | None = None) -> bool | None:
    """Whether it is on OnDelete; None: not known, or not seen since then."""
    found = snapshot.daemonset(daemonset)
    if isinstance(found, Unknown) or (since is not None and found.at < since):
        return None
    return found.value.is_on_delete


def dark_first(snapshot: ClusterSnapshot, hosts: Iterable[HostObservation]) -> tuple[HostName, ...]:
    """Workers in the order of need: with an unready new agent first (it stalls the rollout), then without balancer."""
    pods = value_or(snapshot.any_api(lambda api: api.agent_pods), ())
    stalled = {it.spec.node_name for it in pods if not it.is_ready and it.argument("proxy-server-host") in LOCAL}
    dark = set(exposed(snapshot))
    ranked = sorted(hosts, key=lambda host: (host.node not in stalled, host.node not in dark, host.name))
    return tuple(host.name for host in ranked)
