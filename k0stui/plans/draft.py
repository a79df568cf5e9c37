"""What all plans are made of: hosts with their identity, settings that gates compare with, the steps of each phase."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from k0stui.errors import NotObserved, PlanRefused
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.etcd import EtcdMember, quorum, voters
from k0stui.model.host import HostName, Role
from k0stui.model.k0s import K0sStatus, Version
from k0stui.model.observed import Known, require, value_or
from k0stui.model.operation import HostInPlan, Plan, PlannedStep
from k0stui.plans.batches import batches, most, zone_of
from k0stui.plans.exposure import away
from k0stui.plans.gates import API, BALANCER, CLUSTER, ETCD, GATES, RESTART, WORKER, WORKER_CLUSTER, w07_worker_config
from k0stui.plans.gates.gate import Result, Situation, Verdict, judge
from k0stui.plans.steps import planned
from k0stui.plans.steps.daemonset import Hold, Release
from k0stui.plans.steps.restart_service import RestartController, RestartWorker
from k0stui.plans.steps.watch import Columns

AGENTS, KUBE_PROXY = "konnectivity-agent", "kube-proxy"
LATER = frozenset({"C-08", "C-09", "E-04", "A-05", "N-09"})
"""Gates that refuse no plan: the lock, our process, what needs a second look, and what a step of the plan cures."""

CANARY_SOAK, SOAK = 60.0, 20.0
"""Seconds that the first worker, and each other one, is watched before the next."""


def hosts_in_plan(snapshot: ClusterSnapshot, names: Iterable[str]) -> tuple[HostInPlan, ...]:
    """Each host with what proves it is this one.

    Raises:
        PlanRefused: something of it is not known; a plan cannot bind to it then.
    """
    try:
        return tuple(_host_in_plan(snapshot.host(name)) for name in names)
    except NotObserved as error:
        raise PlanRefused(f"{error}: without it the host cannot be told from another one") from error


def _host_in_plan(seen: HostObservation) -> HostInPlan:
    identity = require(seen.identity, f"{seen.name}: machine-id")
    role = seen.known_role
    if role is None:
        raise PlanRefused(f"{seen.name}: whether it is a controller or a worker is not known")
    status = value_or(seen.status, None)
    return HostInPlan(
        seen.name,
        role,
        str(seen.node),
        identity.machine_id,
        identity.boot_id,
        require(seen.ca_sha256, f"{seen.name}: cluster CA"),
        require(seen.service, f"{seen.name}: unit").unit,
        status.data_dir if status else "/var/lib/k0s",
    )


def running(seen: HostObservation) -> K0sStatus:
    """Its k0s as it runs; raises PlanRefused."""
    try:
        return require(seen.status, f"{seen.name}: k0s status")
    except NotObserved as error:
        raise PlanRefused(f"{error}: what a restart would change is not known") from error


def version_of(snapshot: ClusterSnapshot) -> Version:
    """The oldest version that a controller runs; raises PlanRefused."""
    return min(running(controller).version for controller in snapshot.controllers)


def k0s_path(seen: HostObservation) -> str:
    service = value_or(seen.service, None)
    return service.command[0] if service and service.command else "/usr/local/bin/k0s"


def settings_of(snapshot: ClusterSnapshot) -> dict[str, str]:
    """What gates and the proof compare with later: storage, version, cordons and columns as they are now; and whether
    workers are told to run balancers, since then every server must have every agent in the end."""
    first = running(snapshot.controllers[0])
    nodes = value_or(snapshot.any_api(lambda api: api.nodes), ())
    found = {
        "storage": first.config.storage if first.config else "etcd",
        "version": str(version_of(snapshot)),
        "nllb": "on" if published_balancer(snapshot) else "off",
        "cordoned": " ".join(sorted(node.name for node in nodes if node.spec.unschedulable)),
    }
    for host in snapshot.controllers:
        metrics = value_or(host.konnectivity_metrics, None)
        found[f"agents:{host.name}"] = str(metrics.agents if metrics else 0)
    return found


def published_balancer(snapshot: ClusterSnapshot) -> bool:
    """Whether workers are told to run a balancer."""
    maps = value_or(snapshot.any_api(lambda api: api.worker_configs), ())
    return any(w07_worker_config.enabled(it) for it in maps if "windows" not in it.name)


def excused_of(snapshot: ClusterSnapshot) -> tuple[str, ...]:
    """Nodes that are not Ready when planned: named in the plan, and in nobody's way."""
    return tuple(sorted(away(snapshot)))


def followers_first(snapshot: ClusterSnapshot, names: Iterable[HostName]) -> tuple[HostName, ...]:
    """Followers by name, then who holds a virtual IP, then etcd's leader, the k0s leader last: it flips the targets."""
    leader = value_or(snapshot.leader, None)

    def rank(name: HostName) -> tuple[bool, bool, bool, str]:
        seen = snapshot.host(name)
        metrics, addresses = value_or(seen.etcd_metrics, None), value_or(seen.addresses, ())
        status = value_or(seen.status, None)
        virtual = status.config.virtual_ips if status and status.config else ()
        leads_etcd = metrics is not None and metrics.is_leader
        return (name == leader, leads_etcd, any(ip in addresses for ip in virtual), name)

    return tuple(sorted(names, key=rank))


def controller_restarts(
    snapshot: ClusterSnapshot, hosts: Iterable[HostInPlan], edits: Mapping[HostName, tuple[str, str]]
) -> tuple[PlannedStep, ...]:
    """Each controller's restart, followed by a look at the columns. `edits`: host -> sha before, sha after or `-`."""
    etcd = settings_of(snapshot)["storage"] == "etcd"
    members = len(voters(_members(snapshot))) if etcd else 0
    steps: list[PlannedStep] = []
    by_name = {host.name: host for host in hosts}
    for name in followers_first(snapshot, by_name):
        host, (before, after) = by_name[name], edits[name]
        restart = RestartController(
            name, host.unit, host.machine_id, host.ca_sha256, host.data_dir,
            running(snapshot.host(name)).config_path, before, after, members, quorum(members) if etcd else 0,
        )  # fmt: skip
        steps.append(planned(f"restart-{name}", restart, "controllers", (*CLUSTER, *ETCD, *API, *RESTART), name))
        steps.append(planned(f"columns-{name}", Columns(name), "controllers", ("C-02", "C-08", "A-01")))
    return tuple(steps)


def _members(snapshot: ClusterSnapshot) -> tuple[EtcdMember, ...]:
    lists = [host.etcd_members.value for host in snapshot.controllers if isinstance(host.etcd_members, Known)]
    if not lists:
        raise PlanRefused("no controller tells the list of etcd members: quorum cannot be counted")
    return max(lists, key=len)


def worker_restarts(
    snapshot: ClusterSnapshot, hosts: Iterable[HostInPlan], balancer: bool, at_once: int = 1
) -> tuple[PlannedStep, ...]:
    """Each worker's restart, the first alone and watched for longer, then one at a time or in batches.

    Raises:
        PlanRefused: batches of that size are more than this cluster may lose.
    """
    steps: list[PlannedStep] = []
    gates = (*WORKER, *WORKER_CLUSTER, *(BALANCER if balancer else ()))
    for number, (host, batch) in enumerate(_in_batches(snapshot, tuple(hosts), at_once)):
        restart = RestartWorker(
            host.name, host.unit, host.machine_id, host.ca_sha256, host.data_dir, node=host.node, balancer=balancer,
            upstreams=len(snapshot.controllers) if balancer else 0, soak=SOAK if number else CANARY_SOAK,
        )  # fmt: skip
        steps.append(planned(f"restart-{host.name}", restart, "workers", gates, host.name, batch))
    return tuple(steps)


def _in_batches(
    snapshot: ClusterSnapshot, hosts: tuple[HostInPlan, ...], at_once: int
) -> Iterator[tuple[HostInPlan, str]]:
    workers = len(snapshot.workers)
    if not 1 <= at_once <= most(workers):
        raise PlanRefused(f"{at_once} at once: with {workers} workers it may be {most(workers)} (a tenth, ten at most)")
    nodes = {node.name: zone_of(node) for node in value_or(snapshot.any_api(lambda api: api.nodes), ())}
    by_name = {str(host.name): host for host in hosts}
    zones = {name: nodes.get(host.node, "") for name, host in by_name.items()}
    for number, names in enumerate(batches(tuple(by_name), zones, at_once), 1):
        yield from ((by_name[name], f"batch {number}" if len(names) > 1 else "") for name in names)


def holds(names: Iterable[str], gates: Iterable[str] = ()) -> tuple[PlannedStep, ...]:
    """From here on there is a leftover until the release."""
    return tuple(planned(f"hold-{name}", Hold(name), "hold", ("C-02", "C-08", "A-04", *gates)) for name in names)


def releases(names: Iterable[str]) -> tuple[PlannedStep, ...]:
    return tuple(planned(f"release-{name}", Release(name), "release", ("C-02", "C-08")) for name in names)


def checked(plan: Plan, snapshot: ClusterSnapshot) -> Plan:
    """The plan itself, if no gate says for certain that it must not be.

    Raises:
        PlanRefused: with the gate, what was seen, and what would cure it.
    """
    for verdict in verdicts(Situation(snapshot, plan)):
        if verdict.result is Result.FAIL and verdict.gate not in LATER:
            cure = f"; {verdict.cure}" if verdict.cure else ""
            raise PlanRefused(f"{verdict.gate}: {verdict.evidence}{cure}")
    return plan


def verdicts(situation: Situation) -> tuple[Verdict, ...]:
    """Every gate of the plan as it stands now: those of the whole, and those of each controller to be restarted.

    W-07 is judged when workers come: it is what the controllers' restart brings about.
    """
    plan = situation.plan
    said = [judge(GATES[gate], situation) for gate in plan.gates]
    for step in plan.steps:
        if step.host is not None and step.kind == "restart-controller":
            at = replace(situation, host=step.host)
            said += [judge(GATES[gate], at) for gate in ("E-05", *RESTART)]
    return tuple(dict.fromkeys(said))


def no_hybrids(snapshot: ClusterSnapshot) -> None:
    """Raises PlanRefused for what this version does not do."""
    for host in snapshot.hosts:
        if host.known_role in (Role.CONTROLLER_WORKER, Role.SINGLE):
            raise PlanRefused(
                f"{host.name} is a controller that runs pods: this version of k0stui does not act on such"
            )


REMINDER = (
    "Write the change into k0sctl.yaml too (spec.k0s.config.spec.network.nodeLocalLoadBalancing.enabled: true): "
    "the next `k0sctl apply` would put the old config back; up to v0.32.2 it restarts all controllers at once"
)
