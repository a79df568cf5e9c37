"""Snapshots that plans can be made of, in words, and the situations that gates judge."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import msgspec

from k0stui.model.host import HostName
from k0stui.model.observed import Known, require
from k0stui.model.operation import Operation, OperationState, Plan, StepProgress
from k0stui.plans import enable_nllb, restart_controllers
from k0stui.plans.asked import HostAsked, Process
from k0stui.plans.gates import GATES
from k0stui.plans.gates.gate import Situation, Verdict, judge
from k0stui.plans.world import GuardAnswer
from k0stui.plans.world import Verdict as Exit
from tests.builders import NOW, Cluster, a_cluster

IMAGE = "quay.io/k0sproject/envoy-distroless:v1.31.3"
OFF = (
    '{"enabled":false,"type":"EnvoyProxy","envoyProxy":'
    '{"image":{"image":"quay.io/k0sproject/envoy-distroless","version":"v1.31.3"}}}'
)
CONFIG = b"spec:\n  network:\n    provider: kuberouter\n"
M1, M2, M3 = (HostName(f"k0s-master-{n}") for n in (1, 2, 3))
W1 = HostName("k0s-worker-1")


def incident(controllers: int = 3, version: str = "1.32.1") -> Cluster:
    """The incident, as a plan needs to see it: with the files' bytes, twice, ten seconds apart."""
    return planned_for(a_cluster(controllers, version=version).incident())


def planned_for(cluster: Cluster) -> Cluster:
    for host in cluster.controllers:
        sha = hashlib.sha256(CONFIG).hexdigest()
        cluster = cluster.changed(host.name, "config_file", content=CONFIG, sha256=sha)
    told = cluster.apis[0].worker_configs
    assert isinstance(told, Known)
    maps = tuple(msgspec.structs.replace(it, data={**it.data, "nodeLocalLoadBalancing": OFF}) for it in told.value)
    return cluster.apis_with(worker_configs=maps).steady()


def healthy() -> Cluster:
    return a_cluster().steady()


def nllb() -> Plan:
    return enable_nllb.plan(incident(), "nonce")


def staged() -> Plan:
    return restart_controllers.plan(healthy(), "nonce")


def running(plan: Plan, **changed: Any) -> Operation:
    """The plan as an operation in epoch 3."""
    steps = tuple(StepProgress(step.id, step.host) for step in plan.steps)
    return replace(Operation("op-1", plan.sha256, steps, OperationState.RUNNING, 3, "ann@a:1"), **changed)


def ours(plan: Plan) -> tuple[tuple[HostName, GuardAnswer], ...]:
    """Every host says that the lock is ours."""
    answer = GuardAnswer(Exit.ACCEPTED, epoch=3, op="op-1", owner="ann@a:1")
    return tuple((host.name, answer) for host in plan.hosts)


def told(plan: Plan) -> tuple[tuple[HostName, HostAsked], ...]:
    """Every host's unit verifies, and k0s' children are its own."""
    names = ("etcd", "kube-apiserver", "konnectivity-server")
    children = tuple(Process(9000 + pid, 100, (f"/var/lib/k0s/bin/{name}",)) for pid, name in enumerate(names))
    return tuple((host.name, HostAsked(Known((), NOW), Known(children, NOW))) for host in plan.hosts)


def situation(plan: Plan, snapshot: Cluster, host: str | None = None, **changed: Any) -> Situation:
    """All well: locked by us, our own process fine."""
    name = HostName(host) if host else None
    made = Situation(
        snapshot, plan, name, running(plan), ours(plan),
        asked=told(plan), upgrades=Known((), NOW), own_process=Known("", NOW),
    )  # fmt: skip
    return replace(made, **changed)


def asked(gate: str, found: Situation) -> Verdict:
    return judge(GATES[gate], found)


def node_named(cluster: Cluster, name: str, **changed: object) -> Cluster:
    nodes = require(cluster.apis[0].nodes)
    return cluster.apis_with(
        nodes=tuple(msgspec.structs.replace(node, **changed) if node.name == name else node for node in nodes)
    )


def not_ready(cluster: Cluster, *names: str) -> Cluster:
    for name in names:
        status = next(node.status for node in require(cluster.apis[0].nodes) if node.name == name)
        condition = msgspec.structs.replace(status.conditions[0], status="False")
        cluster = node_named(cluster, name, status=msgspec.structs.replace(status, conditions=[condition]))
    return cluster
