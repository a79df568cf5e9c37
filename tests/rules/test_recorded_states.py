"""The diagnosis of a real cluster in every state that was recorded, by the tables of the recordings' README."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from k0stui.model.finding import Diagnosis, Severity
from k0stui.model.k0s import ConfigFile
from k0stui.model.konnectivity import AgentMetrics, AgentProcess
from k0stui.model.kubernetes import Lease
from k0stui.model.nllb import NllbSettings
from k0stui.model.observed import Known, Lack
from tests.builders import NOW, Cluster, a_cluster, unknown
from tests.recorded import recorded_snapshot
from tests.rules.judging import explained, judged, roots

WORKERS = tuple(f"k0s-worker-{n}" for n in range(1, 5))


@dataclass(frozen=True)
class Expected:
    """One row of the tables."""

    roots: dict[str, tuple[str, ...]]
    """Rule -> the subjects that it must name; empty: any."""
    explained: set[str]
    """May stand under a root, or be silent; what is found and not named here is a failure."""
    silent: set[str]
    """The traps: must not fire at all."""


FLOOD = {"metrics-api-unavailable", "log-flood-fills-disk"}
INCIDENT = {
    "agents-falsely-connected",
    "server-count-wrong",
    "konnectivity-port-blocked",
    "workers-not-restarted",
    "agents-reconnecting",
    "agents-held",
    "host-unreachable",
    "node-not-ready",
}

STATES = {
    "incident": Expected(
        {"agents-single-target": ("k0s-master-2", "k0s-master-3")},
        FLOOD | {"no-local-balancer", "kube-proxy-single-target"},
        INCIDENT,
    ),
    "incident-vip": Expected(
        {"agents-single-target": ("k0s-master-2", "k0s-master-3"), "balancer-not-possible": ()},
        FLOOD | {"kube-proxy-single-target"},
        INCIDENT,
    ),
    "transition-1": Expected(
        {"workers-not-restarted": WORKERS},
        FLOOD | {"kube-proxy-single-target"},
        {"agents-single-target", "agents-reconnecting", "agents-falsely-connected"},
    ),
    "transition-2-dark": Expected(
        {"workers-not-restarted": WORKERS},
        {"metrics-api-unavailable", "kube-proxy-single-target"},
        {"agents-single-target", "agents-reconnecting", "balancer-missing", "konnectivity-port-blocked"},
    ),
    "transition-3-w1": Expected(
        {"workers-not-restarted": WORKERS[1:]},
        {"kube-proxy-single-target"},
        {"agents-falsely-connected", "metrics-api-unavailable", "agents-single-target"},
    ),
    "held-after-controllers": Expected(
        {"agents-held": WORKERS},
        FLOOD | {"workers-not-restarted", "kube-proxy-single-target"},
        {"agents-single-target"},
    ),
    "healthy-nllb": Expected({}, set(), set()),
    "one-controller-down": Expected(
        {"k0s-service-down": ("k0s-master-1",), "etcd-no-margin": ("k0s-master-1",)},
        set(),
        {
            "api-server-down",
            "server-count-wrong",
            "agents-falsely-connected",
            "agents-reconnecting",
            "host-unreachable",
            "metrics-api-unavailable",
        },
    ),
    "power-loss-m2": Expected(
        {
            "host-unreachable": ("k0s-master-2",),
            "etcd-no-margin": ("k0s-master-2",),
            "agents-falsely-connected": (),
        },
        {"server-count-wrong"},
        {"agents-single-target", "konnectivity-port-blocked"},
    ),
    "incident-leader-addr-dynamic": Expected(
        {"agents-single-target": ("k0s-master-2",)},
        FLOOD | {"no-local-balancer", "kube-proxy-single-target"},
        {"agents-refused", "host-unreachable"},
    ),
    "dynamic-healthy-nllb": Expected({}, set(), set()),
    "v1.36-incident": Expected(
        {"agents-single-target": ("k0s-master-2",)},
        FLOOD | {"no-local-balancer", "kube-proxy-single-target"},
        INCIDENT,
    ),
    "v1.36-healthy-nllb": Expected({}, set(), {"kube-proxy-single-target"}),
    "v1.36-known-count-trap": Expected(
        {"agents-falsely-connected": ("k0s-worker-1",)},
        set(),
        {
            "agents-reconnecting",
            "server-count-wrong",
            "agents-single-target",
            "workers-not-restarted",
            "konnectivity-port-blocked",
            "metrics-api-unavailable",
        },
    ),
}


def compare(diagnosis: Diagnosis, expected: Expected) -> None:
    subjects = {found.rule: found.subjects for found in diagnosis.causes}
    assert set(subjects) == set(expected.roots)
    for rule, named in expected.roots.items():
        assert not named or subjects[rule] == named
    assert explained(diagnosis) <= expected.explained
    assert not {found.rule for found in diagnosis.findings} & expected.silent


@pytest.mark.parametrize("state", STATES)
async def test_each_recorded_state_gives_its_roots_and_nothing_else(state: str) -> None:
    """A real cluster in this state is told by exactly the root causes that its recording names."""
    compare(judged(await recorded_snapshot(state)), STATES[state])


@pytest.mark.parametrize("state", STATES)
async def test_no_rule_crashes_on_a_recorded_state(state: str) -> None:
    """Real answers, with all that is missing in them, make no rule fail."""
    diagnosis = judged(await recorded_snapshot(state))

    assert not [entry for entry in diagnosis.inconclusive if "the rule itself failed" in entry.why]


@pytest.mark.parametrize("state", ["incident", "incident-vip", "v1.36-incident", "incident-leader-addr-dynamic"])
async def test_a_flood_into_a_capped_journal_is_never_critical(state: str) -> None:
    """With 64 GB free and a journal capped at 4 GB the flood is a rate, not a disk that fills."""
    found = [found for found in judged(await recorded_snapshot(state)).findings if found.rule == "log-flood-fills-disk"]

    assert all(flood.severity is not Severity.CRITICAL for flood in found)


async def test_the_incident_names_holder_target_remedy_and_what_follows() -> None:
    """The incident: k0s-master-1 holds all four agents, NLLB cures it, and the noise stands under it."""
    diagnosis = judged(await recorded_snapshot("incident"))
    cause = diagnosis.causes[0]

    assert cause.severity is Severity.CRITICAL
    assert cause.plan == "nllb"
    assert cause.sentence == (
        "all 4 agents dial k0s-master-1 (10.10.10.41:8132) only; k0s-master-2 and k0s-master-3 have 0 of 4 agents"
    )
    assert {"equal server ids", "low server count"} <= set(cause.ruled_out)
    assert explained(diagnosis) >= FLOOD | {"no-local-balancer"}


async def test_an_external_address_changes_the_remedy() -> None:
    """Where externalAddress is set k0s would not start with NLLB: no plan, but the words for what comes first."""
    cause = judged(await recorded_snapshot("incident-vip")).causes[0]

    assert cause.plan is None
    assert "externalAddress" in cause.remedy
    assert "10.10.10.70:8132, a virtual IP that it holds" in cause.sentence


@pytest.mark.parametrize("state", ["incident-leader-addr-dynamic", "v1.36-incident"])
async def test_a_controller_that_was_not_asked_is_named(state: str) -> None:
    """Nobody asked k0s-master-3: the sentence says so instead of counting it as empty."""
    cause = judged(await recorded_snapshot(state)).causes[0]

    assert "k0s-master-3 could not be asked" in cause.sentence
    assert cause.plan == "nllb"


async def test_the_count_trap_is_a_warning_about_one_agent() -> None:
    """One trapped agent leaves all nodes reachable: a warning, cured by restarting that agent alone."""
    cause = judged(await recorded_snapshot("v1.36-known-count-trap")).causes[0]

    assert cause.severity is Severity.WARNING
    assert cause.plan == "restart-agents"
    assert "2 of 3 servers" in cause.sentence


async def test_ghosts_after_a_power_loss_are_counted() -> None:
    """After a power loss agents claim 8 connections of which the servers hold 5."""
    found = judged(await recorded_snapshot("power-loss-m2")).findings
    ghosts = next(finding for finding in found if finding.rule == "agents-falsely-connected")

    assert ghosts.sentence.startswith("agents count 8 connections, the servers hold 5")


# Two states were kept as transcripts; here they are built again from what the transcripts show.


def forbidden_combo() -> Cluster:
    """forbidden-combo/m3.txt: NLLB and externalAddress in one file; k0s on m3 fails every 10 s."""
    vip = "10.10.10.70"
    built = a_cluster().incident().configured(external_address=vip).dialling(vip).agents(4, 0, 0)
    first = built.host("k0s-master-1")
    built = built.where("k0s-master-1", addresses=(first.address, vip))
    file = built.host("k0s-master-3").config_file
    assert isinstance(file, Known)
    broken: ConfigFile = replace(file.value, config=replace(file.value.config, nllb=NllbSettings(enabled=True)))
    away = unknown("connection refused", Lack.FAILED)
    built = built.changed("k0s-master-3", "service", active="activating", sub="auto-restart", restarts=1, main_pid=0)
    gone = dict.fromkeys(
        ("status", "etcd_health", "etcd_status", "etcd_metrics", "etcd_members", "konnectivity_metrics"), away
    )
    built = built.where("k0s-master-3", config_file=broken, agent_sockets=away, konnectivity_server=away, **gone)
    for name in ("k0s-master-1", "k0s-master-2"):
        built = built.changed(name, "konnectivity_server", server_count=2).changed(name, "etcd_metrics", active_peers=1)
    built = built.open_known(*((1, 2) for _ in WORKERS))
    return built.apis_with(leases=tuple(_released(lease, "k0s-ctrl-k0s-master-3") for lease in _leases(built))).steady()


def rolling_stall() -> Cluster:
    """v1.36-rolling-stall/*.txt: NLLB on, RollingUpdate, the rollout stands at w1's agent; m3/0/0."""
    built = a_cluster(version="1.36.3").exposed().agents(3, 0, 0)
    built = built.open_known((None, 1), (1, 3), (1, 3), (1, 3)).workers_with(kube_proxy=())
    built = built.template("localhost", 7132, number_ready=3, number_available=3, updated_number_scheduled=1)
    for name in WORKERS[1:]:
        built = built.where(name, agent_process=AgentProcess("10.10.10.41", 8132, 4000, NOW))
    return built.where("k0s-worker-1", agent_metrics=AgentMetrics(None, 1)).steady()


def _leases(cluster: Cluster) -> tuple[Lease, ...]:
    leases = cluster.any_api(lambda api: api.leases)
    assert isinstance(leases, Known)
    return leases.value


def _released(lease: Lease, name: str) -> Lease:
    if lease.name != name:
        return lease
    return Lease(metadata=lease.metadata)


def test_forbidden_combination_is_a_crash_loop_beside_the_incident() -> None:
    """NLLB with externalAddress: the crash loop of m3, the lost margin and the incident that goes on are all roots."""
    diagnosis = judged(forbidden_combo())

    assert roots(diagnosis) == {
        "k0s-crash-loop",
        "etcd-no-margin",
        "agents-single-target",
        "balancer-not-possible",
    }
    assert next(found for found in diagnosis.causes if found.rule == "k0s-crash-loop").subjects == ("k0s-master-3",)
    assert not {found.rule for found in diagnosis.findings} & {"host-unreachable", "api-server-down"}


def test_a_stalled_rollout_is_workers_not_restarted() -> None:
    """k0s >=1.33.1 stops the rollout at the first node without a balancer: the workers are the cause, nothing else."""
    diagnosis = judged(rolling_stall())

    assert roots(diagnosis) == {"workers-not-restarted"}
    assert diagnosis.causes[0].subjects == WORKERS
    assert explained(diagnosis) <= {"metrics-api-unavailable"}
