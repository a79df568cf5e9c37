"""Plans: what they consist of, in which order, and when there is none."""

# ruff: noqa: E501 -- tables read by rows

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k0stui.errors import PlanRefused
from k0stui.model.cluster import LocalReady
from k0stui.model.etcd import EtcdHealth, EtcdMember, EtcdMetrics
from k0stui.model.k0s import ClusterConfig, Version
from k0stui.model.nllb import Balancer, NllbSettings
from k0stui.model.observed import require
from k0stui.model.operation import OperationState, Plan, StepProgress, StepState, decode_plan
from k0stui.plans import enable_nllb, restart_agents, restart_controllers, restart_workers
from k0stui.plans.draft import followers_first
from k0stui.plans.exposure import dark_first, exposed, held, imminent, unsure
from k0stui.plans.order import next_step
from k0stui.plans.proof import proof
from k0stui.plans.steps import made
from tests.builders import NOW, Cluster, a_cluster, unknown
from tests.plans.situations import (
    M1,
    M2,
    M3,
    W1,
    healthy,
    incident,
    nllb,
    not_ready,
    planned_for,
    running,
    situation,
    staged,
)

Planner = Callable[..., Plan]


def ids(plan: Plan) -> list[str]:
    return [step.id for step in plan.steps]


def test_nllb_static_is_pull_stage_hold_restart_flip_workers_move_release() -> None:
    """The whole held procedure in order; the k0s leader is the last controller; kube-proxy is rolled up to 1.35."""
    workers = [f"k0s-worker-{n}" for n in (1, 2, 3, 4)]
    assert ids(nllb()) == [
        *(f"pull-{name}" for name in workers),
        *(f"stage-{name}" for name in (M1, M2, M3)),
        "hold-konnectivity-agent",
        *(f"{what}-{name}" for name in (M2, M3, M1) for what in ("restart", "columns")),
        "flip",
        *(f"restart-{name}" for name in workers),
        *(f"move-konnectivity-agent-{name}" for name in workers),
        "release-konnectivity-agent",
        "roll-kube-proxy",
    ]


def test_from_1_36_1_kube_proxy_is_held_and_moved_too() -> None:
    """It would roll by itself at the flip, to a balancer that is not there: both are held, and none is rolled."""
    steps = ids(enable_nllb.plan(incident(version="1.36.3"), "n"))

    assert [step for step in steps if step.startswith(("hold", "release"))] == [
        "hold-konnectivity-agent", "hold-kube-proxy", "release-konnectivity-agent", "release-kube-proxy",
    ]  # fmt: skip
    assert sum(step.startswith("move-kube-proxy") for step in steps) == 4
    assert "roll-kube-proxy" not in steps
    assert steps.index("move-konnectivity-agent-k0s-worker-4") < steps.index("move-kube-proxy-k0s-worker-1")


def dynamic() -> Cluster:
    cluster = incident()
    for host in cluster.controllers:
        cluster = cluster.changed(host.name, "status", args=("k0s", "controller", "--enable-dynamic-config"))
    return cluster.apis_with(cluster_config=ClusterConfig()).steady()


def test_nllb_dynamic_restarts_no_controller() -> None:
    """The object is patched once everything else is ready; files and controllers are left alone."""
    plan = enable_nllb.plan(dynamic(), "n")
    steps = ids(plan)

    assert not any(step.startswith(("stage", "restart-k0s-master", "columns")) for step in steps)
    assert steps.index("hold-konnectivity-agent") + 1 == steps.index("patch-config") < steps.index("flip")
    assert plan.diffs == ()


def test_plan_is_a_value_that_survives_the_disk() -> None:
    """Canonical JSON and back; every step can be made from it; every act names its host as it is identified."""
    plan = nllb()

    assert decode_plan(plan.canonical()) == plan
    assert all(made(step).preview() == step.preview for step in plan.steps)
    assert enable_nllb.plan(incident(), "nonce").sha256 == plan.sha256
    assert enable_nllb.plan(incident(), "other").sha256 != plan.sha256
    assert all(host.machine_id and host.ca_sha256 and host.unit for host in plan.hosts)
    assert len(plan.diffs) == 3
    assert any("k0sctl" in warning for warning in plan.warnings)


def with_members(cluster: Cluster, *members: EtcdMember) -> Cluster:
    return cluster.controllers_with(etcd_members=members).steady()


MEMBERS = tuple(EtcdMember(100 + n, f"k0s-master-{n + 1}", ()) for n in range(3))

REFUSED: dict[str, tuple[Planner, Callable[[], Cluster], str]] = {
    "externalAddress (F57)": (enable_nllb.plan, lambda: planned_for(incident().configured_on(M2, external_address="10.10.10.70")), "N-02: k0s-master-2"),
    "externalAddress, dynamic": (enable_nllb.plan, lambda: dynamic().configured_on(M3, external_address="x").steady(), "N-02: k0s-master-3"),
    "mixed modes (F58)": (enable_nllb.plan, lambda: incident().changed(M2, "status", args=("k0s", "--enable-dynamic-config")), "some static"),
    "hybrid": (enable_nllb.plan, lambda: incident().changed(M2, "status", workloads=True), "runs pods"),
    "learner (F39)": (restart_controllers.plan, lambda: with_members(healthy(), *MEMBERS, EtcdMember(9, "k0s-master-4", (), True)), "learner"),
    "unstarted voter (F40)": (restart_controllers.plan, lambda: with_members(healthy(), *MEMBERS, EtcdMember(9, "", ())), "never started"),
    "no margin (F41)": (restart_controllers.plan, lambda: healthy().where(M3, etcd_health=EtcdHealth(False)).steady(), "k0s-master-3"),
    "two controllers": (restart_controllers.plan, lambda: a_cluster(controllers=2).steady(), "quorum of 2 is 2"),
    "one controller": (restart_controllers.plan, lambda: a_cluster(controllers=1).steady(), "quorum of 1 is 1"),
    "one controller, nllb": (enable_nllb.plan, lambda: planned_for(a_cluster(controllers=1).incident()), "E-05|N-01"),
    "port taken (F54)": (enable_nllb.plan, lambda: incident().where(W1, listeners=_taken()), "N-06: k0s-worker-1: haproxy"),
    "unreachable from a worker (F56)": (enable_nllb.plan, lambda: incident().where(W1, reach=_closed()), "N-07: k0s-worker-1"),
    "newer binary (F71)": (restart_controllers.plan, lambda: healthy().where(M2, binary=Version.parse("1.33.1")).steady(), "R-01: k0s-master-2"),
    "alarm (F43)": (restart_controllers.plan, lambda: healthy().changed(M2, "etcd_status", alarms=("NOSPACE",)).steady(), "E-03"),
    "job queued (F38)": (restart_controllers.plan, lambda: healthy().changed(M2, "service", job="9").steady(), "C-03"),
    "unit disabled (F36)": (restart_controllers.plan, lambda: healthy().changed(M2, "service", enabled="disabled").steady(), "C-03"),
    "pending reload (F37)": (restart_controllers.plan, lambda: healthy().changed(M2, "service", needs_reload=True).steady(), "C-03"),
    "API not ready": (restart_controllers.plan, lambda: healthy().where(M2, api_ready=LocalReady(500, ("etcd",))).steady(), "A-01"),
    "config is a link (F29)": (enable_nllb.plan, lambda: incident().changed(M2, "config_file", is_regular=False), "k0s-master-2.*link"),
    "config unseen": (enable_nllb.plan, lambda: incident().where(M2, config_file=unknown("sudo")), "k0s-master-2"),
    "config odd": (enable_nllb.plan, lambda: incident().changed(M2, "config_file", content=b"a: 1\n---\nb: 2\n"), "k0s-master-2.*documents"),
    "identity unknown": (restart_controllers.plan, lambda: healthy().where(M2, identity=unknown()), "machine-id"),
    "on already": (enable_nllb.plan, healthy, "on already"),
    "on already, dynamic": (enable_nllb.plan, lambda: dynamic().apis_with(cluster_config=ClusterConfig(nllb=NllbSettings(enabled=True))), "on already"),
    "object unseen": (enable_nllb.plan, lambda: dynamic().apis_with(cluster_config=unknown()), "cannot be read"),
    "no worker": (restart_workers.plan, lambda: a_cluster(workers=0).steady(), "no worker"),
    "controllers while exposed": (restart_controllers.plan, lambda: a_cluster().exposed().steady(), "restart-workers first"),
    "controllers while a balancer is not seen": (restart_controllers.plan, lambda: a_cluster().where("k0s-worker-2", balancer=unknown()).steady(), "balancer listens on k0s-worker-2 is not known"),
    "agents while what they dial is not seen": (restart_agents.plan, lambda: a_cluster().apis_with(agent_pods=unknown()).steady(), "what agents dial is not known"),
    "agents while exposed": (restart_agents.plan, lambda: a_cluster().exposed().steady(), "restart-workers first"),
    "agents while held": (restart_agents.plan, lambda: a_cluster().held().steady(), "held"),
    "other cluster's CA": (restart_controllers.plan, lambda: healthy().where(M2, ca_sha256="b" * 64).steady(), "same cluster CA"),
}  # fmt: skip


def _taken() -> tuple[Any, ...]:
    from k0stui.model.cluster import Listener

    return (Listener("127.0.0.1", 7443, "haproxy"),)


def _closed() -> tuple[Any, ...]:
    from k0stui.model.cluster import Reachable

    return tuple(Reachable(f"10.10.10.4{n}", port, n < 3, "timeout") for n in (1, 2, 3) for port in (6443, 8132))


@pytest.mark.parametrize(
    "case", [pytest.param(it, marks=[pytest.mark.fault(row) for row in re.findall(r"F\d\d", it)]) for it in REFUSED]
)
def test_no_plan_where_it_would_do_harm(case: str) -> None:
    """Each hazard refuses the plan with a sentence that names it."""
    planner, cluster, reason = REFUSED[case]
    with pytest.raises(PlanRefused, match=reason):
        planner(cluster(), "n")


def test_workers_are_restarted_dark_ones_first() -> None:
    """Exposed: those without a balancer first, the one that stalls the rollout before all."""
    cluster = a_cluster().exposed()
    cluster = cluster.where("k0s-worker-2", balancer=Balancer(True, True, 401)).where(
        W1, balancer=Balancer(True, True, 401)
    )

    assert exposed(cluster) == ("k0s-worker-3", "k0s-worker-4")
    assert dark_first(cluster, cluster.workers)[:2] == ("k0s-worker-3", "k0s-worker-4")


@pytest.mark.parametrize("plan", [restart_agents.plan, restart_controllers.plan])
def test_where_workers_have_balancers_the_proof_is_the_whole_mesh(plan: Any) -> None:
    """A column that was empty when planned is no measure: every server has every agent in the end."""
    trapped = a_cluster().agents(4, 4, 0).steady()
    made = plan(trapped, "nonce")

    assert made.setting("nllb") == "on"
    assert "k0s-master-3 has 0 of 4" in proof(situation(made, trapped)).missing


def test_a_balancer_that_is_not_seen_covers_nobody() -> None:
    """Not known is neither dark nor covered; of a node that is not Ready it is not asked."""
    blind = a_cluster().where("k0s-worker-2", balancer=unknown())

    assert (exposed(blind), unsure(a_cluster())) == ((), "")
    assert "k0s-worker-2" in unsure(blind)
    assert unsure(not_ready(blind, "k0s-worker-2")) == ""
    assert unsure(a_cluster().apis_with(agent_pods=unknown()))


def test_agents_that_nobody_holds_are_about_to_be_dark() -> None:
    """They are rolled to localhost, and one worker has no balancer; held, or with all balancers, they are not."""
    waits = a_cluster().where("k0s-worker-2", balancer=Balancer(False, False))

    assert imminent(waits)
    assert not imminent(a_cluster())
    assert not imminent(a_cluster().held())
    assert not imminent(not_ready(waits, "k0s-worker-2"))


def test_exposed_and_held_are_facts_of_a_snapshot() -> None:
    """Healthy: neither; the incident: neither; held: held only; exposed: all workers."""
    assert (exposed(healthy()), held(healthy(), "konnectivity-agent")) == ((), False)
    assert exposed(incident()) == ()
    assert (exposed(a_cluster().held()), held(a_cluster().held(), "konnectivity-agent")) == ((), True)
    assert len(exposed(a_cluster().exposed())) == 4


def test_what_was_seen_before_the_hold_is_no_word_on_it() -> None:
    """An answer from before: nobody has taken the hold away by that."""
    assert held(healthy(), "konnectivity-agent", NOW + timedelta(seconds=1)) is None
    assert held(healthy(), "konnectivity-agent", NOW - timedelta(seconds=1)) is False
    assert held(healthy().apis_with(daemonsets=unknown()), "konnectivity-agent") is None


def test_some_workers_can_be_named() -> None:
    """`only` takes those, refuses unknown names."""
    plan = restart_workers.plan(healthy(), "n", only=("k0s-worker-3",))
    assert ids(plan) == ["restart-k0s-worker-3"]
    with pytest.raises(PlanRefused, match="k0s-worker-9"):
        restart_workers.plan(healthy(), "n", only=("k0s-worker-9",))


def test_leader_is_last_whoever_leads() -> None:
    """Followers by name; who holds a virtual IP; etcd's leader; the k0s leader last of all."""
    cluster = a_cluster(controllers=5)
    names = [host.name for host in cluster.controllers]
    for number, host in enumerate(cluster.controllers):
        cluster = cluster.where(host.name, etcd_metrics=EtcdMetrics(True, number == 1, 1, 4))
    config = replace(require(cluster.host(names[2]).status).config or ClusterConfig(), virtual_ips=("10.10.10.70",))
    cluster = cluster.changed(names[2], "status", config=config).where(
        names[2], addresses=("10.10.10.43", "10.10.10.70")
    )

    assert followers_first(cluster, names) == (names[3], names[4], names[2], names[1], names[0])


@given(st.permutations([0, 1, 2]))
def test_order_never_depends_on_the_order_given(permuted: list[int]) -> None:
    """Whatever the order of the question, the leader of the snapshot is last."""
    cluster = healthy()
    names = [host.name for host in cluster.controllers]

    assert followers_first(cluster, [names[number] for number in permuted])[-1] == require(cluster.leader)


@pytest.mark.fault("F64")
def test_order_is_computed_anew_before_each_step() -> None:
    """The lease moved to a follower that was to be next: it becomes the last one (F64)."""
    plan = staged()
    operation = running(plan)
    steps = tuple(
        replace(step, state=StepState.VERIFIED)
        if step.id in ("hold-konnectivity-agent", "restart-k0s-master-2", "columns-k0s-master-2")
        else step
        for step in operation.steps
    )
    operation = replace(operation, steps=steps)
    assert next_step(plan, operation, healthy()) == "restart-k0s-master-3"
    assert next_step(plan, operation, led_by(healthy(), M3)) == "restart-k0s-master-1"


def led_by(cluster: Cluster, host: str) -> Cluster:
    import msgspec

    holder = require(cluster.host(host).status).invocation_id
    leases = tuple(
        msgspec.structs.replace(it, spec=msgspec.structs.replace(it.spec, holder_identity=holder))
        if it.name == "k0s-endpoint-reconciler"
        else it
        for it in require(cluster.apis[0].leases)
    )
    return cluster.apis_with(leases=leases)


def test_columns_come_before_the_next_controller() -> None:
    """After a controller its columns are looked at, before any other is begun."""
    plan = staged()
    done = ("hold-konnectivity-agent", "restart-k0s-master-2")
    operation = running(plan)
    steps = tuple(replace(step, state=StepState.VERIFIED) if step.id in done else step for step in operation.steps)

    assert next_step(plan, replace(operation, steps=steps), healthy()) == "columns-k0s-master-2"


def test_who_is_down_is_taken_back_first() -> None:
    """A controller that failed with its new config gets the old one before anything else is done."""
    plan = nllb()
    steps = tuple(
        StepProgress(step.id, step.host, StepState.PENDING, 1, back=True, helping=step.id == "restart-k0s-master-3")
        for step in plan.steps
    )

    found = next_step(plan, replace(running(plan), state=OperationState.ROLLING_BACK, steps=steps), incident())
    assert found == "restart-k0s-master-3"


def test_rollback_puts_configs_back_before_agents_and_gives_the_hold_up_last() -> None:
    """From after the release: held again, old configs (leader last), old targets, agents, and only then released."""
    plan = nllb()
    steps = tuple(StepProgress(step.id, step.host, StepState.PENDING, 1, back=True) for step in plan.steps)
    operation = replace(running(plan), state=OperationState.ROLLING_BACK, steps=steps)
    order: list[str] = []
    while (step := next_step(plan, operation, incident())) is not None:
        order.append(step)
        operation = replace(
            operation,
            steps=tuple(replace(it, state=StepState.VERIFIED) if it.id == step else it for it in operation.steps),
        )
    acts = [step for step in order if made(plan.step(step)).undo() is not None]

    assert acts[0] == "release-konnectivity-agent"
    assert acts[1:4] == ["restart-k0s-master-2", "restart-k0s-master-3", "restart-k0s-master-1"]
    assert acts[4] == "flip"
    assert acts[-1] == "hold-konnectivity-agent"
    assert all(step.startswith("move-") for step in acts[5:-1])
