"""Two nodes report one address: agents take each other's name, logs and exec hit the wrong node.

Usual with virtual machines behind one NAT (10.0.2.15 everywhere). Source: k0s#1669; k0s.md F40.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.finding import Finding, Severity
from k0stui.model.observed import require
from k0stui.rules.facts.evidence import api_said
from k0stui.rules.facts.wording import names
from k0stui.rules.rule import ClusterRule


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    nodes = require(snapshot.any_api(lambda api: api.nodes), "nodes")
    by_address: dict[str, list[str]] = defaultdict(list)
    for node in nodes:
        by_address[node.internal_ip].append(node.name)
    for address, sharing in by_address.items():
        if address and len(sharing) > 1:
            yield _finding(snapshot, address, sharing)


def _finding(snapshot: ClusterSnapshot, address: str, sharing: list[str]) -> Finding:
    return Finding(
        "nodes-share-address",
        Severity.CRITICAL,
        f"{names(sharing)} report the same InternalIP {address}: their agents cannot be told apart",
        subjects=tuple(sorted(sharing)),
        evidence=api_said(snapshot, "nodes", f"InternalIP {address}: {names(sharing)}", lambda api: api.nodes),
        remedy="give each node its own address (--kubelet-extra-args=--node-ip=ADDRESS for k0sworker) and restart it",
    )


RULE = ClusterRule("nodes-share-address", check)
