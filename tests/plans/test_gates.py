"""Gates: each passes on a healthy cluster, fails on its own fault, and is UNKNOWN, not PASS, when it cannot see."""

# ruff: noqa: E501 -- tables read by rows

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from k0stui.errors import ProbeFailed
from k0stui.model.cluster import Listener, LocalReady, OtherActor, Reachable
from k0stui.model.etcd import EtcdHealth, EtcdMember
from k0stui.model.host import Certificate, ClockOffset, Filesystem, HostName
from k0stui.model.k0s import Version
from k0stui.model.kubernetes import EtcdMemberObject, EtcdMemberSpec, Metadata
from k0stui.model.observed import Known, Unknown, require
from k0stui.model.operation import Plan
from k0stui.plans import gates
from k0stui.plans.asked import HostAsked, Process, read_processes, read_unit_faults, read_upgrades
from k0stui.plans.gates import GATES
from k0stui.plans.gates.e04_disk_latency import p99
from k0stui.plans.gates.e05_quorum_without import VoterHealth, keeps_quorum_without
from k0stui.plans.gates.gate import Gate, Result, Situation, Verdict, judge
from k0stui.plans.gates.w02_floor import floor
from k0stui.plans.world import GuardAnswer
from k0stui.plans.world import Verdict as Exit
from k0stui.ports import Reply
from tests.builders import GIB, NOW, Cluster, unknown
from tests.plans.situations import (
    IMAGE,
    M1,
    M2,
    M3,
    W1,
    asked,
    healthy,
    incident,
    nllb,
    node_named,
    not_ready,
    ours,
    running,
    situation,
    staged,
    told,
)

Change = Callable[[Cluster], Cluster]


def both(change: Change) -> Callable[[Cluster], Cluster]:
    """The same change in both looks."""
    return lambda cluster: change(cluster).steady()


def annotated(cluster: Cluster, name: str, key: str) -> Cluster:
    nodes = require(cluster.apis[0].nodes)
    metadata = next(node.metadata for node in nodes if node.name == name)
    return node_named(cluster, name, metadata=msgspec.structs.replace(metadata, annotations={key: "now"}))


def cordoned(cluster: Cluster, name: str) -> Cluster:
    node = next(node for node in require(cluster.apis[0].nodes) if node.name == name)
    return node_named(cluster, name, spec=msgspec.structs.replace(node.spec, unschedulable=True))


def lease_of(cluster: Cluster, name: str, holder: str) -> Cluster:
    leases = require(cluster.apis[0].leases)
    changed = tuple(
        msgspec.structs.replace(it, spec=msgspec.structs.replace(it.spec, holder_identity=holder))
        if it.name == name
        else it
        for it in leases
    )
    return cluster.apis_with(leases=changed)


MEMBERS = tuple(EtcdMember(100 + n, f"k0s-master-{n + 1}", ()) for n in range(3))
LEARNER = (*MEMBERS, EtcdMember(200, "k0s-master-4", (), True))
UNSTARTED = (*MEMBERS, EtcdMember(200, "", ()))

FAILS: dict[str, tuple[Change, str]] = {
    "C-01": (lambda it: it.changed(M2, "identity", machine_id="another"), "not the host"),
    "C-01 ca": (lambda it: it.where(M2, ca_sha256="11" * 32), "not the host"),
    "C-02": (lambda it: it.api_where(M3, cluster_uid="another"), "another cluster"),
    "C-03 job": (lambda it: it.changed(M3, "service", job="4711"), "job 4711"),
    "C-03 down": (lambda it: it.changed(M3, "service", active="failed", sub="failed"), "failed/failed"),
    "C-03 disabled": (lambda it: it.changed(M3, "service", enabled="disabled"), "disabled"),
    "C-03 reload": (lambda it: it.changed(M3, "service", needs_reload=True), "daemon-reload"),
    "C-03 flaps": (lambda it: it.changed(M3, "service", restarts=3), "3 times"),
    "C-03 pid": (lambda it: it.changed(M3, "service", main_pid=77), "pid 77"),
    "C-03 kill": (lambda it: it.changed(M3, "service", kill_mode="control-group"), "KillMode"),
    "C-03 openrc": (lambda it: it.changed(M3, "identity", init="openrc"), "openrc"),
    "C-04": (lambda it: it.without_sudo(W1).changed(W1, "privileges", sudo=False), "sudo -n is refused"),
    "C-04 tool": (lambda it: it.changed(M1, "privileges", tools=frozenset({"sync", "sha256sum", "timeout", "curl"})), "no flock"),
    "C-05": (lambda it: it.where(M2, clock=ClockOffset(41, 0.1)), "+41 s"),
    "C-06": (lambda it: it.where(M2, disks=(Filesystem("/", "/dev/sda1", 10 * GIB, GIB // 2),)), "512 MiB left"),
    "C-06 slope": (lambda it: it.where(M2, disks=(Filesystem("/", "/dev/sda1", 100 * GIB, 63 * GIB),)), "in 1 h"),
    "C-06 inodes": (lambda it: it.where(M2, disks=(Filesystem("/", "x", 100 * GIB, 64 * GIB, 1000, 10),)), "inodes"),
    "C-07": (lambda it: it.where(M2, other_actors=(OtherActor("k0sctl", 5),)), "k0sctl"),
    "C-07 kured": (lambda it: annotated(it, W1, "weave.works/kured-reboot-in-progress"), "kured reboots k0s-worker-1"),
    "C-07 cordon": (lambda it: cordoned(it, W1), "cordoned since"),
    "E-01 learner": (lambda it: it.controllers_with(etcd_members=LEARNER), "learner"),
    "E-01 unstarted": (lambda it: it.controllers_with(etcd_members=UNSTARTED), "never started"),
    "E-01 differ": (lambda it: it.where(M3, etcd_members=MEMBERS[:2]), "same list"),
    "E-02": (lambda it: it.where(M3, etcd_health=EtcdHealth(False, "no leader")), "no leader"),
    "E-02 leader": (lambda it: it.changed(M3, "etcd_status", leader=101), "one leader"),
    "E-02 term": (lambda it: it.changed(M3, "etcd_status", raft_term=4), "terms"),
    "E-02 lag": (lambda it: it.changed(M3, "etcd_status", applied_index=48_000), "2000 entries behind"),
    "E-03": (lambda it: it.changed(M3, "etcd_status", alarms=("NOSPACE",)), "NOSPACE"),
    "E-04": (lambda it: it.changed(M3, "etcd_metrics", leader_changes=2), "leader change"),
    "E-04 slow": (lambda it: it.changed(M3, "etcd_metrics", fsync_buckets=((0.1, 0.0), (0.5, 50.0))), "500 ms"),
    "E-05": (lambda it: it.where(M3, etcd_health=EtcdHealth(False)), "not counted: k0s-master-3"),
    "E-05 job": (lambda it: it.changed(M3, "service", job="1"), "not counted: k0s-master-3"),
    "E-05 silent": (lambda it: it.unreachable(M3), "not counted: k0s-master-3"),
    "E-05 unstarted": (lambda it: it.controllers_with(etcd_members=UNSTARTED), "quorum of 4 is 3"),
    "E-06": (
        lambda it: it.apis_with(etcd_members=(EtcdMemberObject(metadata=Metadata(name=M2), spec=EtcdMemberSpec(leave=True)),)),
        "spec.leave",
    ),
    "A-01": (lambda it: it.where(M3, api_ready=LocalReady(500, ("etcd",))), "etcd"),
    "A-02": (lambda it: lease_of(it, "k0s-ctrl-k0s-master-3", ""), "2 leases"),
    "A-04": (lambda it: not_ready(it, W1), "not Ready"),
    "A-05": (lambda it: it.changed(M3, "konnectivity_server", server_count=2), "announces 2 of 3"),
    "A-05 young": (lambda it: it.changed(M3, "konnectivity_server", pid=2001), "restarted just now"),
    "A-05 lease": (lambda it: lease_of(it, "k0s-ctrl-k0s-master-3", "old"), "own lease"),
    "A-06": (lambda it: it.agents(4, 4, 2), "has 2 of 4"),
    "R-01": (lambda it: it.where(M1, binary=Version.parse("1.33.1")), "disk has v1.33.1"),
    "R-02": (lambda it: it.changed(M1, "config_file", config=replace(require(it.host(M1).config_file).config, cluster_wide=(("spec.network.provider", '"calico"'),))), "would change too"),
    "R-05": (lambda it: it.where(M1, certificates=(Certificate("/x.crt", NOW + timedelta(hours=3)),)), "/x.crt"),
    "R-06": (lambda it: it.changed(M1, "service", result="exit-code"), "exit-code"),
    "R-07": (lambda it: it.changed(M1, "konnectivity_server", pids=(2000, 2077)), "2077"),
    "R-08": (lambda it: it.changed(M1, "service", started_at=NOW - timedelta(minutes=1)), "60 s ago"),
    "R-08 boot": (lambda it: it.changed(M1, "identity", boot_id="another"), "rebooted"),
    "W-02": (lambda it: not_ready(it, "k0s-worker-2"), "stay Ready"),
}  # fmt: skip

NLLB_FAILS: dict[str, tuple[Change, str]] = {
    "N-02": (lambda it: it.configured_on(M2, external_address="10.10.10.70"), "externalAddress"),
    "N-02 konnectivity": (lambda it: it.configured_on(M2, konnectivity_external_address="lb"), "spec.konnectivity"),
    "N-03": (lambda it: it.changed(M2, "status", args=("k0s", "--enable-dynamic-config")), "dynamic"),
    "N-04": (lambda it: it.changed(M2, "status", version=Version.parse("1.25.9")), "1.26.1"),
    "N-06": (lambda it: it.where(W1, listeners=(Listener("127.0.0.1", 7443, "haproxy"),)), "haproxy"),
    "N-07": (lambda it: it.where(W1, reach=tuple(Reachable(f"10.10.10.4{n}", port, n < 3, "timeout") for n in (1, 2, 3) for port in (6443, 8132))), "timeout"),
    "N-08": (lambda it: it.where(W1, localhost=("127.0.0.1", "10.0.0.1")), "10.0.0.1"),
    "N-09": (lambda it: it.where(W1, images=("pause:3.9",)), IMAGE),
    "N-10": (lambda it: it.changed(M2, "config_file", sha256="ff" * 32), "changed since"),
    "N-10 link": (lambda it: it.changed(M2, "config_file", links=2), "link"),
    "N-11": (lambda it: it.configured_on(M2, cluster_wide=(("spec.network.provider", '"calico"'),)), "differ"),
    "N-12": (lambda it: it.where(W1, localhost=("10.0.0.1",)), "N-08"),
    "W-07": (lambda it: it, "not say that the balancer is on"),
}  # fmt: skip


ROWS = {"C-01": "F46", "C-07 kured": "F69", "C-07 cordon": "F66", "E-06": "F45"}
"""Of the fault matrix, where the gate is what a row expects."""


@pytest.mark.parametrize(
    "case", [pytest.param(it, marks=pytest.mark.fault(ROWS[it]) if it in ROWS else ()) for it in FAILS]
)
def test_gate_fails_on_its_fault(case: str) -> None:
    """One thing wrong, and the gate says which; with the cluster whole it passes."""
    plan, gate = staged(), case.split()[0]
    host = W1 if gate == "W-02" else M1
    change, words = FAILS[case]
    whole, broken = healthy(), change(healthy())
    if gate == "W-02":
        plan = replace(plan, hosts=(*plan.hosts, *nllb().hosts[3:]))
        broken = not_ready(broken, "k0s-worker-3")
    if gate == "C-04" and "tool" not in case:
        plan = replace(plan, hosts=(*plan.hosts, *nllb().hosts[3:]))

    assert asked(gate, situation(plan, whole, host)).result is Result.PASS, asked(gate, situation(plan, whole, host))
    said = asked(gate, situation(plan, broken, host))
    assert (said.result, words in said.evidence) == (Result.FAIL, True), said


@pytest.mark.parametrize("case", NLLB_FAILS)
def test_nllb_gate_fails_on_its_fault(case: str) -> None:
    """The same for what only node-local load balancing asks."""
    plan, gate = nllb(), case.split()[0]
    change, words = NLLB_FAILS[case]
    if gate != "W-07":
        assert asked(gate, situation(plan, incident())).result is Result.PASS, asked(gate, situation(plan, incident()))
    said = asked(gate, situation(plan, change(incident())))
    assert (said.result, words in said.evidence) == (Result.FAIL, True), said


@pytest.mark.fault("F70")
def test_worker_that_may_be_caught_by_the_token_trap() -> None:
    """R-04: a v1.35.1 worker reads its join token at each start, and what is in it was not looked at."""
    plan, trap = nllb(), {"binary": Version.parse("1.35.1+k0s.0")}

    caught = asked("R-04", situation(plan, incident().where(W1, **trap), W1))
    assert (caught.result, "token" in caught.evidence) == (Result.UNKNOWN, True)
    assert asked("R-04", situation(plan, incident().where(M1, **trap), M1)).passes


BLIND: dict[str, str] = {
    "C-01": "identity", "C-03": "service", "C-04": "privileges", "C-05": "clock", "C-06": "disks",
    "C-07": "other_actors", "E-01": "etcd_members", "E-02": "etcd_health", "E-03": "etcd_status",
    "E-04": "etcd_metrics", "A-01": "api_ready", "A-05": "konnectivity_server", "A-06": "konnectivity_metrics",
    "R-01": "binary", "R-02": "config_file", "R-05": "certificates", "R-06": "service", "R-07": "konnectivity_server",
    "R-08": "service", "N-02": "config_file", "N-03": "status", "N-04": "status", "N-06": "listeners", "N-07": "reach",
    "N-08": "localhost", "N-09": "images", "N-10": "config_file", "N-11": "config_file", "N-12": "localhost",
}  # fmt: skip


@pytest.mark.parametrize("gate", BLIND)
def test_unseen_is_unknown_and_blocks(gate: str) -> None:
    """A fact that could not be had makes the gate UNKNOWN on whichever host it lacks (I14)."""
    plan = nllb()
    fact = BLIND[gate]
    hosts = (W1,) if fact in ("listeners", "reach", "localhost", "images") else (M1,)
    blind = incident()
    for host in hosts:
        blind = blind.where(host, **{fact: unknown()})
    said = asked(gate, situation(plan, blind, None if gate.startswith("N") else hosts[0]))

    assert said.result is Result.UNKNOWN, said
    assert not said.passes


@pytest.mark.parametrize("fact", ["nodes", "leases", "daemonsets", "autopilot", "worker_configs", "cluster_uid"])
def test_silent_api_servers_are_unknown(fact: str) -> None:
    """With no API server answering, what only they know is UNKNOWN."""
    gate = {
        "nodes": "A-04",
        "leases": "A-03",
        "daemonsets": "A-04",
        "autopilot": "C-07",
        "worker_configs": "W-07",
        "cluster_uid": "C-02",
    }[fact]

    assert asked(gate, situation(nllb(), incident().apis_with(**{fact: unknown()}), W1)).result is Result.UNKNOWN


def test_old_evidence_is_unknown() -> None:
    """A value from half a minute ago does not open a gate, however good it was."""
    late = replace(healthy(), taken_at=NOW + timedelta(seconds=30))

    for gate in ("C-03", "E-02", "A-01", "A-05", "A-06"):
        assert asked(gate, situation(staged(), late, M1)).result is Result.UNKNOWN


@pytest.mark.parametrize("gate", ["C-03", "E-04", "A-05", "A-06"])
def test_one_look_is_not_enough_where_two_are_needed(gate: str) -> None:
    """What only a difference can tell is UNKNOWN after the first look."""
    assert asked(gate, situation(staged(), replace(healthy(), earlier=None), M1)).result is Result.UNKNOWN


def test_lock_gate_knows_ours_free_and_others() -> None:
    """Ours while we hold it, free before; another's, a higher epoch, or an unreadable line never passes."""
    plan = staged()
    good = situation(plan, healthy(), M1)
    assert asked("C-08", good).passes
    assert not asked("C-08", replace(good, operation=None)).passes
    free = tuple((name, replace(answer, op="-", owner="-")) for name, answer in ours(plan))
    assert asked("C-08", replace(good, operation=None, guards=free)).passes
    assert not asked("C-08", replace(good, guards=free)).passes

    def with_first(answer: GuardAnswer) -> Situation:
        return replace(good, guards=((M1, answer), *ours(plan)[1:]))

    for answer in (
        GuardAnswer(Exit.ACCEPTED, epoch=4, op="op-1"),
        GuardAnswer(Exit.ACCEPTED, epoch=3, op="op-2", owner="bob@b:2"),
        GuardAnswer(Exit.ACCEPTED, epoch=3, op="op-1", owner="bob@b:2"),
        GuardAnswer(Exit.ACCEPTED, epoch=None, op="unreadable"),
    ):
        assert not asked("C-08", with_first(answer)).passes
    assert asked("C-08", replace(good, guards=ours(plan)[1:])).result is Result.UNKNOWN


def test_a_mere_restart_brings_no_balancing_about() -> None:
    """k0s.yaml says on and the process runs with off: only a plan that makes this change may restart it."""
    path = "spec.network.nodeLocalLoadBalancing.enabled"

    def edited(cluster: Cluster) -> Cluster:
        file = require(cluster.host(M1).config_file).config
        others = tuple(pair for pair in file.cluster_wide if pair[0] != path)
        return cluster.changed(M1, "config_file", config=replace(file, cluster_wide=(*others, (path, "true"))))

    said = asked("R-02", situation(staged(), edited(incident()), M1))
    assert (said.result, path in said.evidence) == (Result.FAIL, True)
    assert asked("R-02", situation(nllb(), edited(incident()), M1)).passes


@pytest.mark.parametrize("own", [{"external_address": "10.10.10.70"}, {"storage": "kine"}, {"cplb_enabled": True}])
def test_what_a_controller_has_of_its_own_may_not_change_either(own: dict[str, Any]) -> None:
    """Addresses, storage and virtual IPs would change with the restart as well."""
    file = require(healthy().host(M1).config_file).config
    pending = healthy().changed(M1, "config_file", config=replace(file, **own))

    assert asked("R-02", situation(staged(), pending, M1)).result is Result.FAIL


def test_quorum_is_counted_of_real_voters() -> None:
    """Three of three leave one out; a silent one, or a fourth that never started, closes the gate."""

    def voter(name: str, **lacks: bool) -> VoterHealth:
        facts = {"healthy": True, "answered": True, "at_our_epoch": True, "no_job": True, **lacks}
        return VoterHealth(name, **facts)

    three = [voter("a"), voter("b"), voter("c")]
    assert keeps_quorum_without("a", three)
    for field in fields(VoterHealth)[1:]:
        assert not keeps_quorum_without("a", [voter("a"), voter("b"), voter("c", **{field.name: False})])
        assert keeps_quorum_without("c", [voter("a"), voter("b"), voter("c", **{field.name: False})])
    assert not keeps_quorum_without("a", [*three, voter("", healthy=False)])
    assert not keeps_quorum_without("a", three[:2])
    assert not keeps_quorum_without("a", three[:1])
    assert keeps_quorum_without("a", [*three, voter("d"), voter("e", healthy=False)])


def test_unfenced_host_does_not_count() -> None:
    """A controller whose lock is not at our epoch is not counted for quorum, however healthy it looks."""
    plan = staged()
    older = tuple((name, replace(answer, epoch=2) if name == M3 else answer) for name, answer in ours(plan))

    assert asked("E-05", situation(plan, healthy(), M1)).passes
    assert not asked("E-05", situation(plan, healthy(), M1, guards=older)).passes
    assert not asked("E-05", situation(plan, healthy(), M1, guards=ours(plan)[:2])).passes
    bobs = tuple((name, replace(answer, owner="bob@b:2") if name == M3 else answer) for name, answer in ours(plan))
    assert not asked("E-05", situation(plan, healthy(), M1, guards=bobs)).passes


def test_helped_host_is_left_out_of_what_it_cannot_pass() -> None:
    """A controller that is down does not block its own help; the others are still asked."""
    plan = staged()
    down = healthy().changed(M1, "service", active="failed", sub="failed").where(M1, api_ready=LocalReady(0))

    assert not asked("A-01", situation(plan, down, M1)).passes
    assert asked("A-01", situation(plan, down, M1, helping=True)).passes
    assert not asked("A-01", situation(plan, down.where(M2, api_ready=LocalReady(0)), M1, helping=True)).passes


def test_excused_node_does_not_block() -> None:
    """A node that was not Ready when planned is named in the plan and blocks nothing."""
    plan = replace(staged(), excused=(W1,))

    assert asked("A-04", situation(plan, not_ready(healthy(), W1))).passes
    assert not asked("A-04", situation(plan, not_ready(healthy(), W1, "k0s-worker-2"))).passes


@pytest.mark.parametrize(("workers", "wanted"), [(1, 0), (2, 1), (4, 3), (5, 4), (10, 8), (100, 80)])
def test_floor_allows_one_of_few(workers: int, wanted: int) -> None:
    """Four of five, but with few workers always one."""
    assert floor(workers) == wanted


def test_p99_is_of_the_time_between() -> None:
    """Old slow writes do not count; the bucket that 99 % of the new ones are in does."""
    metrics = require(healthy().host(M1).etcd_metrics)
    before = replace(metrics, fsync_buckets=((0.01, 1000.0), (0.1, 2000.0), (1.0, 2000.0)))
    now = replace(metrics, fsync_buckets=((0.01, 1099.0), (0.1, 2100.0), (1.0, 2100.0)))

    assert p99(before, now) == 0.01
    assert p99(before, before) == 0.0
    assert p99(before, replace(now, fsync_buckets=((0.01, 1050.0), (0.1, 2100.0), (1.0, 2100.0)))) == 0.1


def test_gate_that_crashes_blocks() -> None:
    """A bug in a gate is UNKNOWN, never a way through."""

    def broken(_: Situation) -> str:
        raise ZeroDivisionError("oops")

    said = judge(Gate("X-01", "broken", broken), situation(staged(), healthy()))
    assert (said.result, "ZeroDivisionError" in said.evidence) == (Result.UNKNOWN, True)


def test_own_process_must_be_known() -> None:
    """Whether we survive logout must be known before anything is begun."""
    found = situation(staged(), healthy())

    assert asked("C-09", found).passes
    assert asked("C-09", replace(found, own_process=Known("KillUserProcesses=yes", NOW))).result is Result.FAIL
    assert asked("C-09", replace(found, own_process=Unknown("not asked", NOW))).result is Result.UNKNOWN


def test_every_file_is_listed_and_named_by_its_id() -> None:
    """A gate that is not in the list would never be asked."""
    folder = Path(gates.__file__).parent
    ids = {f"{path.stem[0].upper()}-{path.stem[1:3]}" for path in folder.glob("[a-z][0-9][0-9]_*.py")}

    assert ids == set(GATES)
    assert all(gate.id == name for name, gate in GATES.items())


def test_operation_without_lock_has_no_epoch() -> None:
    """Before the lock a free lock is what makes a voter count; one held by another does not."""
    plan = staged()
    free = tuple((name, replace(answer, op="-")) for name, answer in ours(plan))

    assert asked("E-05", situation(plan, healthy(), M1, operation=None, guards=free)).passes
    assert not asked("E-05", situation(plan, healthy(), M1, operation=None)).passes


def of_host(plan: Plan, host: HostName, **changed: object) -> tuple[tuple[HostName, HostAsked], ...]:
    """What only gates ask, with one host's answers changed."""
    return tuple((name, replace(it, **changed) if name == host else it) for name, it in told(plan))  # type: ignore[arg-type]


def test_unit_that_systemd_would_not_start_is_found() -> None:
    """R-06: `systemd-analyze verify` names the unit; not asked is UNKNOWN."""
    plan = staged()
    faults = Known(("k0scontroller.service:4: Executable path is not absolute",), NOW)
    sick = situation(plan, healthy(), M1, asked=of_host(plan, M1, unit_faults=faults))
    assert "not absolute" in asked("R-06", sick).evidence
    assert asked("R-06", situation(plan, healthy(), M1, asked=())).result is Result.UNKNOWN


@pytest.mark.fault("F35")
def test_orphans_are_found() -> None:
    """R-07: a second etcd, and a server whose k0s is gone; another program of that name is nobody's orphan."""
    plan = staged()

    def said(*more: Process) -> Verdict:
        children = require(dict(told(plan))[M1].processes)
        changed = of_host(plan, M1, processes=Known((*children, *more), NOW))
        return asked("R-07", situation(plan, healthy(), M1, asked=changed))

    assert said().passes
    assert said(Process(77, 1, ("/usr/bin/etcd",))).passes
    assert "etcd runs as 9000, 77" in said(Process(77, 100, ("/var/lib/k0s/bin/etcd", "--name=x"))).evidence
    assert "etcd 77 has lost its k0s" in said(Process(77, 1, ("/var/lib/k0s/bin/etcd",))).evidence
    assert asked("R-07", situation(plan, healthy(), M1, asked=())).result is Result.UNKNOWN


@pytest.mark.fault("F69")
def test_upgrade_under_way_blocks() -> None:
    """C-07: the system-upgrade-controller is at a node; whether it is, not being known, blocks as well."""
    plan = staged()
    busy = situation(plan, healthy(), M1, upgrades=Known(("os on k0s-worker-1",), NOW))
    assert "applies os on k0s-worker-1" in asked("C-07", busy).evidence
    assert asked("C-07", situation(plan, healthy(), M1, upgrades=unknown())).result is Result.UNKNOWN


@pytest.mark.fault("F47")
def test_another_ssh_key_is_another_host() -> None:
    """C-01: the key shown now is not the one of the plan; a host that is not asked over SSH has none."""
    plan = staged()
    bound = replace(plan, hosts=tuple(replace(it, key_fingerprint="SHA256:abc") for it in plan.hosts))
    wrong = situation(bound, healthy(), M1, asked=of_host(plan, M1, key="SHA256:other"))
    assert "another SSH key" in asked("C-01", wrong).evidence
    right = situation(bound, healthy(), M1, asked=of_host(plan, M1, key="SHA256:abc"))
    assert asked("C-01", right).passes


def test_boot_that_a_person_knew_of_passes() -> None:
    """R-08: rebooted since the plan blocks, until a resume by the typed name noted the new boot id."""
    plan = staged()
    rebooted = healthy().changed(M1, "identity", boot_id="another")
    assert "rebooted since" in asked("R-08", situation(plan, rebooted, M1)).evidence
    noted = replace(running(plan), boots=((M1, "another"),))
    assert asked("R-08", situation(plan, rebooted, M1, operation=noted)).passes


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"items":[{"metadata":{"name":"os"},"status":{"applying":["w1","w2"]}}]}', ("os on w1", "os on w2")),
        (b'{"items":[{"metadata":{"name":"os"}}]}', ()),
    ],
)
def test_upgrade_plans_are_read(body: bytes, found: tuple[str, ...]) -> None:
    """Nodes that a plan is being applied to; one at rest has none."""
    assert read_upgrades(body) == found


@given(st.binary(max_size=200))
def test_readers_of_gates_are_total(noise: bytes) -> None:
    """Noise gives a value or ProbeFailed."""
    reply = Reply(1, noise, noise, NOW, NOW)
    for read in (lambda: read_upgrades(noise), lambda: read_processes(reply), lambda: read_unit_faults(reply, "u")):
        with suppress(ProbeFailed):
            read()
