"""kube-proxy of a worker talks to one controller only: with that one, Services on this node stop following changes.

k0s <=1.35 does not restart kube-proxy when node-local load balancing is switched on. An idle one (no connection at all,
>=1.36.1) is not this. Source: k0s.md §4.6, F41.
"""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.errors import NotObserved
from k0stui.model import wiring
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Finding, Severity
from k0stui.model.observed import Known
from k0stui.rules.facts.balancing import is_on
from k0stui.rules.facts.evidence import said
from k0stui.rules.facts.wording import names
from k0stui.rules.rule import ClusterRule


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    if len(wiring.controller_names(snapshot)) < 2:
        return
    asked = [host for host in snapshot.workers if isinstance(host.kube_proxy, Known)]
    if not asked and snapshot.workers:
        raise NotObserved("where kube-proxy is connected to")
    pinned = [host for host in asked if _pinned_to(host, snapshot)]
    if pinned:
        yield _finding(snapshot, pinned)


def _pinned_to(host: HostObservation, snapshot: ClusterSnapshot) -> str:
    """The one controller's address that it talks to; empty: none, several, or its own balancer."""
    peers = host.kube_proxy.value if isinstance(host.kube_proxy, Known) else ()
    if len(peers) != 1:
        return ""
    address = peers[0].rpartition(":")[0].strip("[]")
    return peers[0] if address not in wiring.LOCAL and wiring.leads_to(snapshot, address) else ""


def _finding(snapshot: ClusterSnapshot, pinned: list[HostObservation]) -> Finding:
    with_balancer = is_on(snapshot)
    servers = names(sorted({_pinned_to(host, snapshot) for host in pinned}))
    late = ", though node-local load balancing is on" if with_balancer else ""
    return Finding(
        "kube-proxy-single-target",
        Severity.WARNING if with_balancer else Severity.INFO,
        f"kube-proxy on {names(host.name for host in pinned)} talks to {servers} only{late}",
        subjects=tuple(sorted(host.name for host in pinned)),
        evidence=tuple(
            line for host in pinned for line in said(host, "kube_proxy", f"connected to {_pinned_to(host, snapshot)}")
        ),
        because=("agents-held", "workers-not-restarted", "agents-single-target", "no-local-balancer"),
        remedy="k0s kubectl -n kube-system rollout restart ds/kube-proxy, once every worker has its balancer"
        if with_balancer
        else "goes with node-local load balancing",
    )


RULE = ClusterRule("kube-proxy-single-target", check)
