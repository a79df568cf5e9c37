"""The controller that leads does not apply its manifests: what its configuration says never reaches the cluster.

Seen by the one manifest that we know the content of: the agents' target follows from the leader's own configuration.
Source: k0s#5122, k0s#5062; k0s.md F32, §3.4, §5.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from k0stui.model import wiring
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Finding, Severity
from k0stui.model.k0s import ClusterConfig
from k0stui.model.observed import Known, require
from k0stui.rules.facts.evidence import api_said, daemonsets_said, said
from k0stui.rules.rule import ClusterRule

GRACE = timedelta(minutes=2)
"""A new leader rewrites the DaemonSet 4-6 s after a stop, 65-70 s where no lease was released (k0s.md §3.4)."""
LEASE = "k0s-endpoint-reconciler"


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    if len(wiring.controller_names(snapshot)) < 2:
        return
    leader = snapshot.host(require(snapshot.leader, "which controller leads"))
    config = _config(snapshot, leader)
    target = wiring.template(snapshot)
    wanted = _wanted(config)
    if target is not None and wanted and target.host != wanted and _has_led_long(snapshot, leader):
        yield _finding(snapshot, leader, target, wanted)


def _config(snapshot: ClusterSnapshot, leader: HostObservation) -> ClusterConfig:
    """What the leader works with: its own addresses, and in dynamic mode the object for the rest."""
    status = require(leader.status, f"configuration of {leader.name}, which leads")
    dynamic = snapshot.any_api(lambda api: api.cluster_config)
    own = status.config or ClusterConfig()
    if not status.is_dynamic or not isinstance(dynamic, Known) or dynamic.value is None:
        return own
    return ClusterConfig(own.api_address, external_address=own.external_address, nllb=dynamic.value.nllb)


def _wanted(config: ClusterConfig) -> str:
    """Where agents should dial, by k0s.md §3.4; empty: cannot be told."""
    if config.konnectivity_external_address:
        return ""  # beats node-local load balancing from 1.35.1 on, not before
    if config.nllb.enabled:
        return "localhost"
    return config.external_address or config.api_address


def _has_led_long(snapshot: ClusterSnapshot, leader: HostObservation) -> bool:
    leases = snapshot.any_api(lambda api: api.leases)
    if not isinstance(leases, Known):
        return False
    acquired = next((lease.spec.acquire_time for lease in leases.value if lease.name == LEASE), None)
    started = leader.service.value.started_at if isinstance(leader.service, Known) else None
    return all(since is None or leases.at - since > GRACE for since in (acquired, started))


def _finding(snapshot: ClusterSnapshot, leader: HostObservation, target: wiring.Target, wanted: str) -> Finding:
    return Finding(
        "leader-not-applying",
        Severity.WARNING,
        f"{leader.name} leads and does not apply its manifests: agents should dial {wanted}, "
        f"the DaemonSet says {target}",
        subjects=(leader.name,),
        evidence=(
            *api_said(snapshot, "leases", f"{LEASE} is held by {leader.name}", lambda api: api.leases),
            *said(leader, "status", f"runs with agents at {wanted}"),
            *daemonsets_said(snapshot, f"agents are told to dial {target}"),
        ),
        ruled_out=("a leader that has just taken over",),
        remedy=f"restart k0scontroller on {leader.name}, when etcd allows it; upgrade k0s below 1.31.3",
    )


RULE = ClusterRule("leader-not-applying", check)
