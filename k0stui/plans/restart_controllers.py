"""Staged restart of all controllers, one at a time, the k0s leader last; agents are held meanwhile.

Each restart changes the controller count in the agents' template (3, 2, 3), which alone would roll them: so they are
held; afterwards the template is what the pods already have, and the release rolls nothing (seen).
"""

from __future__ import annotations

from k0stui.errors import NotObserved, PlanRefused
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.observed import Known, require
from k0stui.model.operation import Plan
from k0stui.plans.draft import (
    AGENTS,
    checked,
    controller_restarts,
    excused_of,
    holds,
    hosts_in_plan,
    no_hybrids,
    releases,
    settings_of,
)
from k0stui.plans.exposure import nobody_exposed
from k0stui.plans.gates import API, CLUSTER, ETCD


def plan(snapshot: ClusterSnapshot, nonce: str, guard_sha256: str = "") -> Plan:
    """The plan.

    Raises:
        PlanRefused: it would do harm, or too little is known; the message says what.
    """
    no_hybrids(snapshot)
    nobody_exposed(snapshot)
    hosts = hosts_in_plan(snapshot, (host.name for host in snapshot.controllers))
    edits = {host.name: (_sha(snapshot, host.name), "-") for host in hosts}
    steps = (*holds((AGENTS,)), *controller_restarts(snapshot, hosts, edits), *releases((AGENTS,)))
    uid = snapshot.any_api(lambda api: api.cluster_uid)
    drafted = Plan(
        "restart-controllers", snapshot.cluster, uid.value if isinstance(uid, Known) else "", hosts, steps,
        snapshot.taken_at, nonce, (*CLUSTER, *(gate for gate in ETCD if gate != "E-05"), *API),
        excused_of(snapshot),
        warnings=("2 to 5 minutes per controller; its API server is away for some 20 s, clients of it reconnect",),
        settings=tuple(settings_of(snapshot).items()), guard_sha256=guard_sha256,
    )  # fmt: skip
    return checked(drafted, snapshot)


def _sha(snapshot: ClusterSnapshot, name: str) -> str:
    try:
        return require(snapshot.host(name).config_file, f"{name}: config file").sha256
    except NotObserved as error:
        raise PlanRefused(f"{error}: whether another change waits there is not known") from error
