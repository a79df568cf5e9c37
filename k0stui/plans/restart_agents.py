"""Replace all konnectivity agents, one node at a time: cures the server-count trap, and ghosts of dead connections."""

from __future__ import annotations

from k0stui.errors import PlanRefused
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.observed import Known, Unknown
from k0stui.model.operation import Plan
from k0stui.plans.draft import AGENTS, checked, excused_of, hosts_in_plan, settings_of
from k0stui.plans.exposure import nobody_exposed
from k0stui.plans.gates import AGENTS as AGENT_GATES
from k0stui.plans.steps import planned
from k0stui.plans.steps.daemonset import Roll


def plan(snapshot: ClusterSnapshot, nonce: str, guard_sha256: str = "") -> Plan:
    """The plan.

    Raises:
        PlanRefused: agents are exposed, held, or their DaemonSet is not known.
    """
    found = snapshot.daemonset(AGENTS)
    if isinstance(found, Unknown):
        raise PlanRefused(f"DaemonSet {AGENTS}: {found.why}")
    nobody_exposed(snapshot)
    if found.value.is_on_delete:
        raise PlanRefused(
            "the agents are held (OnDelete): a roll would replace none; finish or close that operation first"
        )
    hosts = hosts_in_plan(snapshot, (host.name for host in snapshot.controllers))
    nodes = found.value.status.desired_number_scheduled
    uid = snapshot.any_api(lambda api: api.cluster_uid)
    roll = planned("roll-agents", Roll(AGENTS, nodes), "agents", AGENT_GATES)
    drafted = Plan(
        "restart-agents", snapshot.cluster, uid.value if isinstance(uid, Known) else "", hosts, (roll,),
        snapshot.taken_at, nonce, AGENT_GATES, excused_of(snapshot),
        warnings=(f"up to 1 minute per node, {nodes} nodes; exec and logs that are under way break",),
        settings=tuple(settings_of(snapshot).items()), guard_sha256=guard_sha256,
    )  # fmt: skip
    return checked(drafted, snapshot)
