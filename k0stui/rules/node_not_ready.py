"""A node is not Ready: its pods will be moved away, or have been. A node that is only cordoned is not meant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.finding import Finding, Severity
from k0stui.model.kubernetes import Condition, Node
from k0stui.model.observed import Known, require
from k0stui.rules.facts.evidence import api_said
from k0stui.rules.rule import ClusterRule

BRIEF = timedelta(seconds=15)
"""A worker that restarts may be NotReady for one poll (recordings, timelines)."""


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    nodes = snapshot.any_api(lambda api: api.nodes)
    for node in require(nodes, "nodes"):
        if not node.is_ready and not _is_brief(node.ready, nodes.at):
            yield _finding(snapshot, node)


def _is_brief(ready: Condition | None, now: datetime) -> bool:
    return ready is not None and ready.last_transition_time is not None and now - ready.last_transition_time < BRIEF


def _finding(snapshot: ClusterSnapshot, node: Node) -> Finding:
    ready = node.ready
    reason = ready.reason if ready else "it never reported"
    return Finding(
        "node-not-ready",
        Severity.WARNING,
        f"node {node.name} is not Ready ({reason})",
        subjects=(node.name,),
        since=ready.last_transition_time if ready else None,
        evidence=api_said(
            snapshot,
            "nodes",
            f"{node.name}: {ready.message if ready and ready.message else reason}",
            lambda api: api.nodes,
        ),
        because=_because(snapshot, node),
        remedy=f"read the log of k0sworker on {node.name}: k0stui logs 'host:{node.name} level>=W'",
    )


def _because(snapshot: ClusterSnapshot, node: Node) -> tuple[str, ...]:
    """Only what is wrong with this very node."""
    host = snapshot.find(node.name)
    if host is None:
        return ()
    causes = [] if host.is_reachable else ["host-unreachable"]
    if isinstance(host.service, Known) and not host.service.value.is_running:
        causes += ["k0s-crash-loop", "k0s-service-down"]
    if isinstance(host.balancer, Known) and not host.balancer.value.listens:
        causes.append("balancer-missing")
    return tuple(causes)


RULE = ClusterRule("node-not-ready", check)
