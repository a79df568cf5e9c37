"""The incident is cured on real hosts by `k0stui run nllb`, whatever happens meanwhile; what is wrong before stops it.

One operation serves them all, since a host may be restarted only every five minutes and a proof takes two: its stages
are fixtures, each made of the one before, so that any test can also be run alone. What is refused comes first: it needs
no host that has been up for long.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256

import pytest

from k0stui.model.event import Kind
from k0stui.model.operation import OperationState, StepState
from tests.lab import boot, lab, repair, repair_hosts, view
from tests.lab.conftest import INCIDENT
from tests.lab.faults import inflict
from tests.lab.hosts import CONTROLLERS, WORKERS
from tests.lab.repair import Carried, Operator
from tests.lab.repair_poller import Poller, polling

MASTER_1, MASTER_2, MASTER_3 = CONTROLLERS
WORKER_1, WORKER_2, WORKER_3, WORKER_4 = WORKERS
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("incident"), pytest.mark.timeout(2400)]


@dataclass(frozen=True)
class Before:
    """The hosts as they were, and the operators' machines."""

    at: float
    """Wall clock."""
    configs: dict[str, bytes]
    first: Operator
    second: Operator
    poller: Poller


# -- refused: nothing is touched ---------------------------------------------------------------------------------------

REFUSED = [
    pytest.param("C-03", "k0s-master-2: unit is disabled", ("unit-disabled", "m2"), marks=pytest.mark.fault("F36")),
    pytest.param("C-03", "daemon-reload is due", ("unit-edited", "m2"), marks=pytest.mark.fault("F37")),
    pytest.param("C-03", "is queued", ("job-queued", "m2"), marks=pytest.mark.fault("F38")),
    pytest.param("E-01", "learner", ("etcd-learner", "m1"), marks=pytest.mark.fault("F39")),
    pytest.param("E-0[15]", "never started", ("etcd-voter-absent", "m1"), marks=pytest.mark.fault("F40")),
    pytest.param("[EA]-0", "k0s-master-3", ("etcd-stopped", "m3"), marks=pytest.mark.fault("F41")),
    pytest.param("E-0[23]", "NOSPACE", ("etcd-alarm", "m1"), marks=pytest.mark.fault("F43")),
    pytest.param("C-05", "k0s-master-2", ("clock", "m2", "+3600"), marks=pytest.mark.fault("F19")),
    pytest.param("C-05", "k0s-worker-3", ("clock", "w3", "-20000d"), marks=pytest.mark.fault("F19")),
    pytest.param("N-06", "k0s-worker-3", ("port-taken", "w3", "7443"), marks=pytest.mark.fault("F54")),
    pytest.param("N-07", "k0s-worker-2", ("cut", "w2", "m3"), marks=pytest.mark.fault("F56")),
]


@pytest.mark.parametrize(("gate", "says", "fault"), REFUSED)
def test_refused(gate: str, says: str, fault: tuple[str, ...]) -> None:
    """The plan is refused by its gate, which names what is wrong, and nothing was touched."""
    with repair.operator() as someone:
        with inflict(*fault):
            refused = someone.plan("nllb")
        lab.wait_until(_well, 60)

    assert refused.returncode == 1, refused.stdout
    assert re.search(rf"{gate}.*{says}", refused.stdout), refused.stdout
    assert _untouched()


@pytest.mark.fault("F57")
def test_an_external_address_is_refused() -> None:
    """externalAddress on one controller: nothing answers there once agents dial localhost, so nothing is begun."""
    path = "/etc/k0s/k0s.yaml"
    boot.run(
        MASTER_2, "sh", "-ec", f"cp -p {path} /root/k0s.yaml; sed -i 's/^  api:$/&\\n    externalAddress: lab/' {path}"
    )
    try:
        with repair.operator() as someone:
            refused = someone.plan("nllb")
    finally:
        boot.run(MASTER_2, "mv", "/root/k0s.yaml", path)

    assert (refused.returncode, "N-02: k0s-master-2" in refused.stdout) == (1, True), refused.stdout
    assert _untouched()


def _well() -> bool:
    """Every member of etcd and every unit is as before the fault."""
    units = all(view.unit_state(each, repair_hosts.unit_of(each)) == "active" for each in (*CONTROLLERS, *WORKERS))
    return units and all(view.etcd_healthy(each) for each in CONTROLLERS)


def _untouched() -> bool:
    """No host has anything of k0stui's."""
    return not any(boot.run(each, "find", "/var/lib", "-name", "k0stui") for each in (*CONTROLLERS, *WORKERS))


# -- carried out -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def before(incident: None) -> Iterator[Before]:
    """The incident, on hosts that have been up for five minutes, and a poller from here to the end."""
    repair_hosts.clear()
    lab.wait_settled(INCIDENT)
    repair_hosts.steady(*CONTROLLERS, *WORKERS)
    configs = {host.name: repair_hosts.config_bytes(host) for host in CONTROLLERS}
    with repair.operator() as first, repair.operator() as second, polling() as poller:
        yield Before(time.time(), configs, first, second, poller)
    # The lab is whole from now on, and no longer what it was brought up as.
    lab.KNOBS.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def image_missing(before: Before) -> Carried:
    """On one worker the image cannot be had, so it pauses before anything is touched."""
    with inflict("no-registry", "w2"):
        carried = before.first.start("run", "nllb", "--confirm", repair.NAME)
        assert carried.end() == 1, carried.said
    return carried


@pytest.fixture(scope="module")
def second_operator(before: Before, image_missing: Carried) -> str:
    """Somebody else starts the same plan; what they are told."""
    refused = before.second.run("run", "nllb", "--confirm", repair.NAME)
    assert refused.returncode == 1, refused.stdout
    return refused.stdout


@pytest.fixture(scope="module")
def no_room(second_operator: str, image_missing: Carried) -> tuple[Carried, dict[str, bytes]]:
    """After the first controller /etc/k0s of the others is full, when a config is to be written; theirs meanwhile."""
    carried = image_missing.resume()
    first = carried.until(Kind.VERIFIED, "restart-").step.removeprefix("restart-")
    others = {f"m{number}": host for number, host in enumerate(CONTROLLERS, 1) if host.name != first}
    with ExitStack() as full:
        for short in others:
            full.enter_context(inflict("disk-full", short, "/etc/k0s"))
        assert carried.end() == 1
        live = {host.name: repair_hosts.config_bytes(host) for host in others.values()}
    return carried, live


@pytest.fixture(scope="module")
def viewer_gone(no_room: tuple[Carried, dict[str, bytes]]) -> Carried:
    """Who watches is killed while the first worker restarts."""
    carried = no_room[0].resume()
    carried.until(Kind.RESTARTING, "restart-k0s-worker-1", limit=600)
    carried.process.kill()
    repair.wait(lambda: carried.operation.state is OperationState.PAUSED, 300, "pause", carried)
    repair.wait(lambda: not repair.is_executor(carried.executor), 60, "end of the executor", carried)
    return carried


@pytest.fixture(scope="module")
def executor_killed(viewer_gone: Carried) -> tuple[Carried, list[Kind]]:
    """SIGKILL after each new record of the second worker's step, and resumed after each."""
    carried, step, killed = viewer_gone.resume(), "restart-k0s-worker-2", list[Kind]()
    while Kind.VERIFIED not in killed:
        fresh = _next_record(carried, step, killed)
        carried.kill_executor()
        killed.append(fresh)
        carried = carried.resume()
    return carried, killed


def _next_record(carried: Carried, step: str, killed: list[Kind]) -> Kind:
    def fresh() -> list[Kind]:
        kinds = [each.payload.kind for each in carried.find_step(step)]
        return [each for each in kinds if each not in killed]

    repair.wait(lambda: bool(fresh()), 300, f"another record of {step}", carried, pause=0.01)
    return fresh()[0]


@pytest.fixture(scope="module")
def replies_lost(executor_killed: tuple[Carried, list[Kind]]) -> Carried:
    """What the third worker answers is lost from its INTENT on, for longer than a request may take."""
    carried, step = executor_killed[0], "restart-k0s-worker-3"
    carried.until(Kind.GATED, step)
    with repair_hosts.guard_waits(WORKER_3, 3):
        carried.until(Kind.INTENT, step)
        with inflict("cut-to", "w3", "outside"):
            carried.until(Kind.UNKNOWN, step, limit=90)
    carried.until(Kind.VERIFIED, step)
    return carried


@pytest.fixture(scope="module")
def rebooted(replies_lost: Carried) -> Carried:
    """The fourth worker loses power between INTENT and the guard's turn, and comes back."""
    carried, step = replies_lost, "restart-k0s-worker-4"
    carried.until(Kind.GATED, step)
    with repair_hosts.guard_waits(WORKER_4, 4):
        carried.until(Kind.INTENT, step)
        with inflict("reset", "w4"):
            pass
    carried.until(Kind.VERIFIED, step)
    return carried


@pytest.fixture(scope="module")
def cured(rebooted: Carried) -> Carried:
    """The end: moved, released, proven."""
    assert rebooted.end(1200) == 0, rebooted.said
    return rebooted


@pytest.mark.fault("F12")
def test_a_second_operator_is_told_who_has_the_lock(image_missing: Carried, second_operator: str) -> None:
    """The first holds every lock; the second cannot start, is told the holder's operation, and has none of its own."""
    assert [repair_hosts.lock_line(host).split()[1] for host in CONTROLLERS] == [image_missing.id] * 3
    assert re.search(rf"C-08 .*{image_missing.id}", second_operator), second_operator
    assert "executor pid" not in second_operator


@pytest.mark.fault("F55")
def test_a_missing_image_stops_it_before_any_controller(before: Before, image_missing: Carried) -> None:
    """It pauses at that worker's pull, says so, and no host has been restarted."""
    operation = image_missing.operation

    assert (operation.state, "k0s-worker-2" in operation.reason) == (OperationState.PAUSED, True)
    assert all(step.state is StepState.PENDING for step in operation.steps if step.id.startswith("restart-"))


@pytest.mark.fault("F21")
def test_no_room_for_the_config_changes_no_byte_of_it(
    before: Before, no_room: tuple[Carried, dict[str, bytes]]
) -> None:
    """ENOSPC where k0s.yaml is to be replaced: the guard refuses (17), the live bytes are the old ones, it pauses."""
    carried, live = no_room
    (refused,) = carried.find(Kind.REFUSED, "restart-k0s-master")

    assert "(17)" in refused.payload.why
    assert refused.step.removeprefix("restart-") in live
    assert live == {name: before.configs[name] for name in live}


@pytest.mark.fault("F01")
def test_without_its_viewer_it_finishes_the_host_and_waits(viewer_gone: Carried) -> None:
    """SIGKILL of who watches in S4: the host in flight is verified, then it pauses with that reason, and ends."""
    operation = viewer_gone.operation

    assert operation.step("restart-k0s-worker-1").state is StepState.VERIFIED
    assert (operation.reason, operation.in_flight) == ("viewer-lost", ())
    assert operation.step("restart-k0s-worker-2").attempt == 0


@pytest.mark.fault("F03")
@pytest.mark.fault("F78")
def test_killed_after_each_record_it_restarts_the_host_once(
    before: Before, executor_killed: tuple[Carried, list[Kind]]
) -> None:
    """SIGKILL of the executor after CHOSEN, GATED, INTENT and all that followed: resumed, one start, one request."""
    carried, killed = executor_killed

    assert {Kind.CHOSEN, Kind.GATED, Kind.INTENT, Kind.VERIFIED} <= set(killed)
    assert len(repair_hosts.starts(WORKER_2, before.at)) == 1
    assert len(repair_hosts.accepted(WORKER_2, carried.id)) == 1


@pytest.mark.fault("F06")
def test_a_lost_reply_is_looked_for_and_not_sent_again(before: Before, replies_lost: Carried) -> None:
    """The request arrives, its reply does not: unknown, looked for until the host answers; one start, one request."""
    assert len(repair_hosts.starts(WORKER_3, before.at)) == 1
    assert repair_hosts.accepted(WORKER_3, replies_lost.id) == [("restart-k0s-worker-3", 1)]


@pytest.mark.fault("F08")
def test_a_reboot_before_the_guard_counts_as_the_restart(before: Before, rebooted: Carried) -> None:
    """Power lost between INTENT and its acceptance: the boot id tells, nothing is asked again, the host is verified."""
    (restarting,) = rebooted.find(Kind.RESTARTING, "restart-k0s-worker-4")

    assert restarting.payload.why == "it was rebooted"
    assert repair_hosts.accepted(WORKER_4, rebooted.id) == []
    assert len(repair_hosts.starts(WORKER_4, before.at)) == 1


def test_the_incident_is_cured(cured: Carried) -> None:
    """Done and proven: every server has every agent, nobody is held, no lock is left; the report has both matrices."""
    assert repair.is_done(cured.operation)
    assert view.columns() == [4, 4, 4]
    assert [view.agent_counts(each) for each in WORKERS] == [(3, 3)] * 4
    assert {repair_hosts.lock_line(each).split()[1] for each in (*CONTROLLERS, *WORKERS)} == {"-"}
    assert "12/12" in (cured.directory / "after.txt").read_text() or "4" in (cured.directory / "after.txt").read_text()


def test_check_finds_nothing_afterwards(cured: Carried) -> None:
    """`k0stui check` says twelve of twelve links and no finding; `verify` agrees."""
    said = json.loads(cured.operator.run("check", "--json").stdout)

    assert (said["matrix"]["up"], [each["id"] for each in said["findings"]]) == (12, [])


def test_the_agents_moved_one_at_a_time(before: Before, cured: Carried) -> None:
    """No server ever had more than one agent less than before, but for its own start: asked once a second."""
    poller = before.poller
    born = [at for at, _ in poller.servers(MASTER_1)]
    print(f"{len(poller.samples[MASTER_1.name])} looks; starts of its server: {poller.servers(MASTER_1)}")
    print(f"fewer than 3 of its 4 agents at {[round(each.at - born[0]) for each in poller.short(MASTER_1, 4)]}")

    assert poller.unexplained(MASTER_1, 4) == []
    assert [poller.losses(host) for host in (MASTER_2, MASTER_3)] == [[], []]


def test_never_two_controllers_down(before: Before, cured: Carried) -> None:
    """Once a second, over the whole repair: at most one controller was without k0s, API server or etcd (I1)."""
    down, at = before.poller.most_down()

    assert down <= 1, f"{down} at {at}"


def test_each_config_is_before_or_after(before: Before, cured: Carried) -> None:
    """Of each k0s.yaml two contents were ever seen: the old one, and that with one line more, which lies there (I6)."""
    for host in CONTROLLERS:
        old = before.configs[host.name]
        new = repair_hosts.with_balancing(old)

        assert before.poller.configs(host) == {sha256(old).hexdigest(), sha256(new).hexdigest()}
        assert repair_hosts.config_bytes(host) == new


def test_each_host_was_restarted_once(before: Before, cured: Carried) -> None:
    """Seven hosts, seven starts, by systemd's own word (I5); the record names them all (I8)."""
    counted = {host.name: len(set(repair_hosts.starts(host, before.at))) for host in (*CONTROLLERS, *WORKERS)}

    assert counted == dict.fromkeys(counted, 1)
    assert repair.touched(cured.operation) == set(counted)


def test_the_act_is_in_the_hosts_own_journal(cured: Carried) -> None:
    """Who restarted a controller can be read on it: operation, step, epoch, owner (SEC-18)."""
    lines = boot.run(MASTER_2, "journalctl", "-q", "-t", "k0stui", "-o", "cat")

    assert f"operation {cured.id}, step restart-k0s-master-2, epoch 1" in lines


def test_clean_takes_away_all_that_was_left(cured: Carried) -> None:
    """`k0stui clean` removes its files on every host, and nothing is left there."""
    cleaned = cured.operator.run("clean", "--confirm", repair.NAME)

    assert cleaned.returncode == 0, cleaned.stdout + cleaned.stderr
    assert _untouched()
