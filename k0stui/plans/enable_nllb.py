"""Turn node-local load balancing on, held: no agent moves before its worker has a balancer.

Static config: pull, stage everywhere, hold, restart controllers (each with its new file), wait for the flip, restart
workers, move agents one node at a time, release. Dynamic config: the same without files and controller restarts.
Source: design safety.md §4.1, §4.3, §4.4; seen gap-free on v1.32.1 and v1.36.3.
"""

from __future__ import annotations

from k0stui.errors import NotObserved, PlanRefused
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.observed import Known, require
from k0stui.model.operation import HostInPlan, Plan, PlannedStep
from k0stui.plans.draft import (
    AGENTS,
    KUBE_PROXY,
    REMINDER,
    checked,
    controller_restarts,
    excused_of,
    holds,
    hosts_in_plan,
    k0s_path,
    no_hybrids,
    releases,
    running,
    settings_of,
    version_of,
    worker_restarts,
)
from k0stui.plans.exposure import dark_first
from k0stui.plans.gates import API, CLUSTER, ETCD, NLLB_DYNAMIC, NLLB_STATIC, PULLED
from k0stui.plans.restart_workers import image_of
from k0stui.plans.steps import planned
from k0stui.plans.steps.daemonset import Roll
from k0stui.plans.steps.move_agent import MoveAgent
from k0stui.plans.steps.patch_config import PatchConfig
from k0stui.plans.steps.pull_image import PullImage
from k0stui.plans.steps.stage_config import StageConfig
from k0stui.plans.steps.watch import Flip
from k0stui.plans.yaml_splice import Splice, turned_on


def plan(snapshot: ClusterSnapshot, nonce: str, guard_sha256: str = "", batch: int = 1) -> Plan:
    """The plan, static or dynamic as the controllers run; after the first worker `batch` at once.

    Raises:
        PlanRefused: it is on already, cannot be, would do harm, or too little is known; the message says what.
    """
    no_hybrids(snapshot)
    if not snapshot.controllers or not snapshot.workers:
        raise PlanRefused(
            "this needs controllers and workers; "
            + ("no worker" if snapshot.controllers else "no controller")
            + " is known"
        )
    dynamic = {running(host).is_dynamic for host in snapshot.controllers}
    if len(dynamic) != 1:
        raise PlanRefused("some controllers have dynamic configuration and some static: make them alike first")
    drafted = _dynamic if dynamic.pop() else _static
    return drafted(snapshot, nonce, guard_sha256, batch)


def _static(snapshot: ClusterSnapshot, nonce: str, guard_sha256: str, batch: int) -> Plan:
    controllers, workers = _hosts(snapshot)
    if all(_runs_with_it(snapshot, host) for host in controllers):
        raise PlanRefused(
            "node-local load balancing is on already; restart-workers brings balancers, restart-agents agents"
        )
    splices = {host.name: _splice(snapshot, host) for host in controllers}
    edits = {name: (it.sha_before, it.sha_after if it.changes else "-") for name, it in splices.items()}
    held = _held(snapshot)
    stages = tuple(
        planned(
            f"stage-{host.name}",
            StageConfig(host.name, _config_path(snapshot, host), *edits[host.name], k0s_path(snapshot.host(host.name))),
            "stage",
            ("C-01", "C-08", "N-10"),
            host.name,
        )
        for host in controllers
        if splices[host.name].changes
    )
    steps = (
        *_pulls(snapshot, workers),
        *stages,
        *holds(held, PULLED),
        *controller_restarts(snapshot, controllers, edits),
        planned("flip", Flip(), "flip", ("A-01",)),
        *worker_restarts(snapshot, workers, balancer=True, at_once=batch),
        *_moves(workers, held),
        *releases(held),
        *_rolls(snapshot, workers, held),
    )
    settings = {**_settings(snapshot), "batch": str(batch)}
    for name, (before, after) in edits.items():
        settings |= {f"before:{name}": before, f"after:{name}": before if after == "-" else after}
    gates = (*CLUSTER, *(gate for gate in ETCD if gate != "E-05"), *API, *NLLB_STATIC)
    diffs = tuple(splice.diff(_config_path(snapshot, _named(controllers, name))) for name, splice in splices.items())
    return checked(
        _drafted(snapshot, nonce, guard_sha256, (*controllers, *workers), steps, gates, settings, diffs), snapshot
    )


def _dynamic(snapshot: ClusterSnapshot, nonce: str, guard_sha256: str, batch: int) -> Plan:
    controllers, workers = _hosts(snapshot)
    config = snapshot.any_api(lambda api: api.cluster_config)
    if not isinstance(config, Known) or config.value is None:
        raise PlanRefused("ClusterConfig k0s cannot be read, and in dynamic configuration it is what counts")
    if config.value.nllb.enabled:
        raise PlanRefused(
            "node-local load balancing is on already; restart-workers brings balancers, restart-agents agents"
        )
    held = _held(snapshot)
    steps = (
        *_pulls(snapshot, workers),
        *holds(held, PULLED),
        planned("patch-config", PatchConfig(), "config", ("C-02", "C-07", "A-01", "D-01", "N-02", "N-09", "N-12")),
        planned("flip", Flip(), "flip", ("A-01",)),
        *worker_restarts(snapshot, workers, balancer=True, at_once=batch),
        *_moves(workers, held),
        *releases(held),
        *_rolls(snapshot, workers, held),
    )
    gates = (*CLUSTER, *API, *NLLB_DYNAMIC)
    settings = {**_settings(snapshot), "batch": str(batch)}
    return checked(
        _drafted(snapshot, nonce, guard_sha256, (*controllers, *workers), steps, gates, settings, ()),
        snapshot,
    )


def _drafted(
    snapshot: ClusterSnapshot, nonce: str, guard_sha256: str, hosts: tuple[HostInPlan, ...],
    steps: tuple[PlannedStep, ...], gates: tuple[str, ...], settings: dict[str, str], diffs: tuple[str, ...],
) -> Plan:  # fmt: skip
    """`diffs`: of the config files; none in dynamic mode, where k0sctl does not touch what is changed."""
    uid = snapshot.any_api(lambda api: api.cluster_uid)
    return Plan(
        "nllb", snapshot.cluster, uid.value if isinstance(uid, Known) else "", hosts, steps, snapshot.taken_at, nonce,
        gates, excused_of(snapshot), diffs,
        ("agents stay where they are until their worker has a balancer; dark for some 10 s only, while the one "
         "controller that has them all restarts itself", *((REMINDER,) if diffs else ())),
        tuple(settings.items()), guard_sha256,
    )  # fmt: skip


def _named(hosts: tuple[HostInPlan, ...], name: str) -> HostInPlan:
    return next(host for host in hosts if host.name == name)


def _hosts(snapshot: ClusterSnapshot) -> tuple[tuple[HostInPlan, ...], tuple[HostInPlan, ...]]:
    controllers = hosts_in_plan(snapshot, (host.name for host in snapshot.controllers))
    return controllers, hosts_in_plan(snapshot, dark_first(snapshot, snapshot.workers))


def _settings(snapshot: ClusterSnapshot) -> dict[str, str]:
    config = running(snapshot.controllers[0]).config
    ports = f"{config.nllb.api_port} {config.nllb.konnectivity_port}" if config else "7443 7132"
    image = image_of(snapshot)
    if not image:
        raise PlanRefused("no worker-config names the balancer's image; is a controller publishing it?")
    return {**settings_of(snapshot), "nllb": "on", "image": image, "ports": f"{ports} 8093 8094"}


def _runs_with_it(snapshot: ClusterSnapshot, host: HostInPlan) -> bool:
    config = running(snapshot.host(host.name)).config
    return config is not None and config.nllb.enabled


def _config_path(snapshot: ClusterSnapshot, host: HostInPlan) -> str:
    return running(snapshot.host(host.name)).config_path


def _splice(snapshot: ClusterSnapshot, host: HostInPlan) -> Splice:
    try:
        file = require(snapshot.host(host.name).config_file, f"{host.name}: config file")
    except NotObserved as error:
        raise PlanRefused(f"{error}: it cannot be edited unseen") from error
    if not file.is_regular or file.links != 1:
        raise PlanRefused(f"{host.name}: {file.path} is a link or has a second name; replacing it would break that")
    try:
        return turned_on(file.content)
    except PlanRefused as error:
        raise PlanRefused(f"{host.name}: {error}") from error


def _held(snapshot: ClusterSnapshot) -> tuple[str, ...]:
    """From 1.36.1 kube-proxy rolls by itself when its ConfigMap changes: it is held too."""
    return (AGENTS, KUBE_PROXY) if version_of(snapshot).is_at_least("1.36.1") else (AGENTS,)


def _pulls(snapshot: ClusterSnapshot, workers: tuple[HostInPlan, ...]) -> tuple[PlannedStep, ...]:
    image = image_of(snapshot)
    return tuple(
        planned(
            f"pull-{host.name}",
            PullImage(host.name, image, k0s_path(snapshot.host(host.name))),
            "pull",
            ("C-01",),
            host.name,
        )
        for host in workers
    )


def _moves(workers: tuple[HostInPlan, ...], held: tuple[str, ...]) -> tuple[PlannedStep, ...]:
    def move(daemonset: str, host: HostInPlan) -> PlannedStep:
        step = MoveAgent(host.node, host.name, daemonset)
        return planned(f"move-{daemonset}-{host.node}", step, f"move {daemonset}", ("C-02", "A-01"))

    return tuple(move(daemonset, host) for daemonset in held for host in workers)


def _rolls(
    snapshot: ClusterSnapshot, workers: tuple[HostInPlan, ...], held: tuple[str, ...]
) -> tuple[PlannedStep, ...]:
    """Up to 1.35 kube-proxy keeps the address that it started with until it is rolled."""
    if KUBE_PROXY in held:
        return ()
    return (planned("roll-kube-proxy", Roll(KUBE_PROXY, len(workers)), "kube-proxy", ("C-02", "A-01")),)
