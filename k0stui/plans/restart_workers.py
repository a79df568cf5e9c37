"""Staged restart of workers: one alone first, then one by one or in batches; no drain, no cordon, pods live on."""

from __future__ import annotations

from collections.abc import Iterable

from k0stui.errors import PlanRefused
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.observed import Known, value_or
from k0stui.model.operation import Plan
from k0stui.plans.draft import (
    checked,
    excused_of,
    hosts_in_plan,
    no_hybrids,
    published_balancer,
    settings_of,
    worker_restarts,
)
from k0stui.plans.exposure import dark_first
from k0stui.plans.gates import BALANCER, CLUSTER, w07_worker_config

GATES = (*CLUSTER, "A-01", "A-02", "A-03", "A-04", "W-07")


def plan(
    snapshot: ClusterSnapshot, nonce: str, guard_sha256: str = "", only: Iterable[str] = (), batch: int = 1
) -> Plan:
    """The plan for all workers, or for those named; after the first one `batch` at once.

    Raises:
        PlanRefused: it would do harm, or too little is known; the message says what.
    """
    no_hybrids(snapshot)
    named = set(only)
    if unknown := named - {host.name for host in snapshot.workers}:
        raise PlanRefused(f"{', '.join(sorted(unknown))}: no such worker")
    chosen = [host for host in snapshot.workers if not named or host.name in named]
    if not chosen:
        raise PlanRefused("there is no worker to restart")
    workers = hosts_in_plan(snapshot, dark_first(snapshot, chosen))
    controllers = hosts_in_plan(snapshot, (host.name for host in snapshot.controllers))
    published = published_balancer(snapshot)
    uid = snapshot.any_api(lambda api: api.cluster_uid)
    own = {"image": image_of(snapshot), "batch": str(batch), "only": " ".join(sorted(named))}
    settings = {**settings_of(snapshot), **own}
    drafted = Plan(
        "restart-workers", snapshot.cluster, uid.value if isinstance(uid, Known) else "", (*controllers, *workers),
        worker_restarts(snapshot, workers, published, batch), snapshot.taken_at, nonce,
        (*GATES, *(BALANCER if published else ())), excused_of(snapshot),
        warnings=("1 to 3 minutes per worker; its kubelet is away for 6 to 10 s, exec and logs to it break",
                  "some versions restart pods all the same (k0s#2529)"),
        settings=tuple(settings.items()), guard_sha256=guard_sha256,
    )  # fmt: skip
    return checked(drafted, snapshot)


def image_of(snapshot: ClusterSnapshot) -> str:
    """The balancer's exact image: workers are told it even while the balancer is off; empty where it is not known."""
    maps = value_or(snapshot.any_api(lambda api: api.worker_configs), ())
    return next((found for it in maps if "windows" not in it.name and (found := w07_worker_config.image(it))), "")
