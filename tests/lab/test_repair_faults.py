"""Operations on real hosts through one fault after another: each is resumed to its end, and no host restarts twice.

A host may be restarted every five minutes only, and a proof takes two: so one operation goes through several faults,
each on the host that is then in flight, and the tests ask afterwards what became of each.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from k0stui.model.event import Kind
from k0stui.model.operation import OperationState, StepState
from tests.lab import boot, lab, repair, repair_hosts
from tests.lab.faults import FAULTS, inflict
from tests.lab.hosts import CONTROLLERS, WORKERS, LabHost
from tests.lab.repair import Carried
from tests.lab.repair_poller import Poller, polling

MASTER_1, MASTER_2, MASTER_3 = CONTROLLERS
WORKER_1, WORKER_2, WORKER_3, WORKER_4 = WORKERS

PAUSED, NEEDS_HUMAN = 1, 3
"""Exit statuses of `run` and `resume`."""

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("mesh"), pytest.mark.timeout(3000)]


@dataclass(frozen=True)
class Trouble:
    """A row of the fault matrix, on one host, from one record of its step on."""

    row: str
    host: LabHost
    at: Kind
    make: Callable[[Carried, LabHost], Carried]
    """Makes the fault and takes it back; gives the operation as it goes on, perhaps resumed."""

    @property
    def step(self) -> str:
        return f"restart-{self.host.name}"


@dataclass(frozen=True)
class Through:
    """An operation that has gone through its troubles."""

    carried: Carried
    began: float
    """Wall clock."""
    poller: Poller
    configs: dict[str, bytes]


# -- the faults --------------------------------------------------------------------------------------------------------


def sessions_killed(carried: Carried, host: LabHost) -> Carried:
    """Every SSH session of the operator on that host, 0.1, 1 and 3 s after the request."""
    begun = time.monotonic()
    for after in (0.1, 1.0, 3.0):
        time.sleep(max(0.0, begun + after - time.monotonic()))
        boot.run(host, "pkill", "-KILL", "-u", "ops", check=False)
        boot.run(host, "pkill", "-KILL", "-f", "sshd: ops", check=False)
    return carried


def parted(seconds: float) -> Callable[[Carried, LabHost], Carried]:
    """Neither a question nor an answer gets through for so long."""

    def make(carried: Carried, host: LabHost) -> Carried:
        with inflict("cut", host.name, "outside"):
            time.sleep(seconds)
        return carried

    return make


def stop_hangs(carried: Carried, host: LabHost) -> Carried:
    """Its stop does not end until systemd kills it, after 20 s."""
    with inflict("unit-hangs", host.name):
        carried.until(Kind.READY, f"restart-{host.name}")
    return carried


def hung_up(carried: Carried, host: LabHost) -> Carried:
    """The terminal of who watches is closed: SIGHUP."""
    assert carried.terminal is not None
    os.close(carried.terminal)
    repair.wait(lambda: not repair.is_executor(carried.executor), 300, "end of the executor", carried)
    assert (carried.operation.state, carried.operation.reason) == (OperationState.PAUSED, "viewer-lost")
    return carried.resume()


def suspended(carried: Carried, host: LabHost) -> Carried:
    """The executor's machine sleeps while its gates are judged, for longer than any evidence is good."""
    os.kill(carried.executor, signal.SIGSTOP)
    time.sleep(100)
    assert carried.find(Kind.INTENT, f"restart-{host.name}") == []
    os.kill(carried.executor, signal.SIGCONT)
    return carried


def failed_and_helped(fault: str) -> Callable[[Carried, LabHost], Carried]:
    """So it is failed, and stays so; when the fault is over, it is helped."""

    def make(carried: Carried, host: LabHost) -> Carried:
        step = f"restart-{host.name}"
        with inflict(fault, host.name):
            assert carried.end(1500) == NEEDS_HUMAN, carried.said
            again = carried.operator.run("resume", carried.id, "--confirm", carried.name)
            assert again.returncode == NEEDS_HUMAN, again.stdout
        assert [each.id for each in carried.operation.failed] == [step]
        assert carried.find(Kind.VERIFIED, step) == []
        lab.wait_reachable(60)
        helped = carried.resume("--again", step)
        assert helped.end() == PAUSED, helped.said
        return helped.resume()

    return make


# -- workers -----------------------------------------------------------------------------------------------------------

FIRST = (
    Trouble("F04", WORKER_1, Kind.ACCEPTED, sessions_killed),
    Trouble("F05", WORKER_2, Kind.ACCEPTED, parted(5)),
    Trouble("F05", WORKER_3, Kind.ACCEPTED, parted(60)),
    Trouble("F34", WORKER_4, Kind.GATED, stop_hangs),
)
SECOND = (
    Trouble("F02", WORKER_1, Kind.RESTARTING, hung_up),
    Trouble("F31", WORKER_2, Kind.GATED, failed_and_helped("unit-fails")),
    Trouble("F32", WORKER_3, Kind.RESTARTING, failed_and_helped("unit-flaps")),
    Trouble("F10", WORKER_4, Kind.RESTARTING, failed_and_helped("power-off")),
)
THIRD = (
    Trouble("F05", WORKER_1, Kind.ACCEPTED, parted(600)),
    Trouble("F79", WORKER_2, Kind.CHOSEN, suspended),
)
HELPED = ("F10", "F31", "F32")
"""There systemd starts k0s by itself, too: at the boot, two minutes after a failure, every few seconds."""


def _through(troubles: tuple[Trouble, ...]) -> Iterator[Through]:
    hosts = [each.host for each in troubles]
    repair_hosts.steady(*hosts)
    configs = {host.name: repair_hosts.config_bytes(host) for host in CONTROLLERS}
    with repair.operator() as someone, polling() as poller:
        began = time.time()
        only = (word for host in hosts for word in ("--only", host.name))
        carried = someone.start("run", "restart-workers", *only, "--confirm", repair.NAME, in_terminal=True)
        for each in troubles:
            carried.until(each.at, each.step)
            carried = each.make(carried, each.host)
            carried.until(Kind.VERIFIED, each.step, limit=600)
        assert carried.end() == 0, carried.said
        yield Through(carried, began, poller, configs)
    repair_hosts.clear()
    repair_hosts.wait_whole()


@pytest.fixture(scope="module")
def first(mesh: None) -> Iterator[Through]:
    yield from _through(FIRST)


@pytest.fixture(scope="module")
def second(mesh: None) -> Iterator[Through]:
    yield from _through(SECOND)


@pytest.fixture(scope="module")
def third(mesh: None) -> Iterator[Through]:
    yield from _through(THIRD)


ROWS = [
    pytest.param(which, each, id=f"{each.row}-{each.host.name}", marks=pytest.mark.fault(each.row))
    for which, troubles in (("first", FIRST), ("second", SECOND), ("third", THIRD))
    for each in troubles
]


@pytest.mark.parametrize(("which", "trouble"), ROWS)
def test_the_host_restarts_once_and_all_is_proven(which: str, trouble: Trouble, request: pytest.FixtureRequest) -> None:
    """Its step is verified, k0s was asked to start there once, or once more in help (I5), and all is done (I8)."""
    through: Through = request.getfixturevalue(which)

    assert repair.is_done(through.carried.operation)
    assert through.carried.operation.step(trouble.step).state is StepState.VERIFIED
    assert len(repair_hosts.accepted(trouble.host, through.carried.id)) == 1 + (trouble.row in HELPED)
    if trouble.row not in HELPED:
        assert len(set(repair_hosts.starts(trouble.host, through.began))) == 1


@pytest.mark.parametrize("which", ["first", "second", "third"])
def test_nothing_else_was_touched(which: str, request: pytest.FixtureRequest) -> None:
    """One host at a time, no controller down, each k0s.yaml as it was (I1, I6)."""
    through: Through = request.getfixturevalue(which)
    began = [each.step for each in through.carried.find(Kind.INTENT)]
    ended = [each.step for each in through.carried.find(Kind.VERIFIED)]

    assert list(dict.fromkeys(began)) == list(dict.fromkeys(ended))
    assert through.poller.most_down()[0] == 0
    for host in CONTROLLERS:
        assert repair_hosts.config_bytes(host) == through.configs[host.name]


# -- taken over --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TakenOver:
    """An operation that two machines lost, one after the other."""

    first: Carried
    third: Carried
    unfenced: str
    """What `adopt` said while a controller could not be reached."""
    blocked: int
    """Intents of the second machine while that was so."""
    mended: list[str]
    """The lock lines after the first adoption."""
    worker: LabHost
    began: float


@pytest.fixture(scope="module")
def taken_over(mesh: None) -> Iterator[TakenOver]:
    """A is frozen after gating, B adopts, again with a controller away, and loses all; C adopts and ends it."""
    worker, began = repair_hosts.longest_up(), time.time()
    with repair.operator() as a, repair.operator() as b, repair.operator() as c:
        first = a.start("run", "restart-workers", "--only", worker.name, "--confirm", worker.name)
        first.until(Kind.GATED)
        os.kill(first.executor, signal.SIGSTOP)
        boot.run(MASTER_2, "sh", "-c", r"printf 'garbage \033[31m\n' >/var/lib/k0stui/lock")
        b.adopt(first.id, worker.name)
        mended = [repair_hosts.lock_line(host) for host in CONTROLLERS]
        os.kill(first.executor, signal.SIGCONT)
        first.end()
        with inflict("cut", "m3", "outside"):
            unfenced = b.adopt(first.id, worker.name)
            stuck = b.start("resume", first.id, "--confirm", worker.name)
            stuck.end()
        blocked = len([each for each in stuck.find(Kind.INTENT) if each.epoch > 1])
        # What could not be fenced is fenced as soon as it answers.
        second = b.start("resume", first.id, "--confirm", worker.name)
        second.until(Kind.RESTARTING)
        second.kill_executor()
        b.lose(first.id)
        c.adopt(first.id, worker.name)
        third = c.start("resume", first.id, "--confirm", worker.name)
        assert third.end() == 0, third.said
        yield TakenOver(first, third, unfenced, blocked, mended, worker, began)
    repair_hosts.clear()


@pytest.mark.fault("F14")
def test_the_former_owner_is_fenced(taken_over: TakenOver) -> None:
    """Frozen after its gates and thawed after the adoption, it ends as handed over, and restarted nothing (I9)."""
    step = f"restart-{taken_over.worker.name}"

    assert taken_over.first.operation.state is OperationState.HANDED_OVER
    assert [name for name, _ in repair_hosts.accepted(taken_over.worker, taken_over.first.id)] == [step]


@pytest.mark.fault("F16")
def test_adopted_with_a_controller_away(taken_over: TakenOver) -> None:
    """The adoption names the controller that it could not fence, and no act follows until that answers (n = 3)."""
    assert f"not fenced, and counted as down until they answer: {MASTER_3.name}" in taken_over.unfenced
    assert taken_over.blocked == 0


@pytest.mark.fault("F17")
def test_adoption_repairs_a_lock_that_cannot_be_read(taken_over: TakenOver) -> None:
    """The controller whose lock line was garbage has a whole one again, of the same epoch as the others."""
    assert len(set(taken_over.mended)) == 1
    assert taken_over.mended[0].startswith(f"2 {taken_over.first.id} ")


@pytest.mark.fault("F11")
def test_another_machine_ends_what_was_lost(taken_over: TakenOver) -> None:
    """The state directory is gone while the host restarts: the next machine adopts, looks, and ends it; one start."""
    assert repair.is_done(taken_over.third.operation)
    assert taken_over.third.operation.epoch == 4
    assert len(set(repair_hosts.starts(taken_over.worker, taken_over.began))) == 1


# -- controllers -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Controllers:
    """A staged restart of all controllers through its troubles."""

    carried: Carried
    began: float
    poller: Poller
    refusals: dict[str, str]
    """Row to what the guard said."""
    while_failed: str
    """What another plan was told while a controller had failed."""


@pytest.fixture(scope="module")
def controllers(mesh: None) -> Iterator[Controllers]:
    """The first: a member dies under it, a foreign job waits, its API is never ready; the second is rebooted."""
    repair_hosts.steady(*CONTROLLERS)
    refusals: dict[str, str] = {}
    with repair.operator() as someone, repair.operator() as other, polling() as poller:
        began = time.time()
        carried = someone.start("run", "restart-controllers", "--confirm", repair.NAME)
        step = carried.until(Kind.GATED, "restart-").step
        here = next(host for host in CONTROLLERS if host.name in step)
        elsewhere = next(host for host in reversed(CONTROLLERS) if host is not here)
        with repair_hosts.guard_waits(here, 4):
            carried.until(Kind.INTENT, step)
            with inflict("etcd-stopped", elsewhere.name):
                carried.end()
        refusals["F42"] = carried.operation.reason
        repair_hosts.wait_whole()
        carried = carried.resume()
        carried.until(Kind.GATED, step, number=2)
        with repair_hosts.guard_waits(here, 4):
            carried.until(Kind.INTENT, step, number=2)
            with inflict("job-queued", here.name):
                carried.end()
        refusals["F38"] = carried.operation.reason
        carried = carried.resume()
        carried.until(Kind.RESTARTING, step)
        frozen = _frozen_api(here)
        assert carried.end() == NEEDS_HUMAN
        while_failed = other.plan("restart-workers").stdout
        frozen()
        carried = carried.resume("--again", step)
        assert carried.end() == PAUSED
        carried = carried.resume()
        following = carried.until(Kind.RESTARTING, number=len(carried.find(Kind.RESTARTING)) + 1, limit=600).step
        FAULTS["reboot"].do(next(host for host in CONTROLLERS if host.name in following))
        assert carried.end(1500) == 0, carried.said
        yield Controllers(carried, began, poller, refusals, while_failed)
    repair_hosts.clear()


def _frozen_api(host: LabHost) -> Callable[[], None]:
    """Freeze every API server that k0s starts there, until what is returned is called."""
    over = threading.Event()

    def freeze() -> None:
        while not over.wait(0.3):
            boot.run(host, "sh", "-c", "kill -STOP $(cat /run/k0s/kube-apiserver.pid)", check=False)

    thread = threading.Thread(target=freeze, daemon=True)
    thread.start()

    def thaw() -> None:
        over.set()
        thread.join(10)
        boot.run(host, "sh", "-c", "kill -CONT $(cat /run/k0s/kube-apiserver.pid)", check=False)

    return thaw


@pytest.mark.fault("F42")
def test_a_member_that_dies_after_the_gates_stops_the_guard(controllers: Controllers) -> None:
    """Another member of etcd is gone between gate and act: the guard sees it on the host, and refuses (15)."""
    assert "(15)" in controllers.refusals["F42"]


@pytest.mark.fault("F38")
def test_a_foreign_job_after_the_gates_stops_the_guard(controllers: Controllers) -> None:
    """Somebody else's restart waits in PID 1's queue by then: the guard refuses (13)."""
    assert "(13)" in controllers.refusals["F38"]


@pytest.mark.fault("F33")
def test_a_controller_whose_api_is_never_ready_is_failed(controllers: Controllers) -> None:
    """Active is not ready: SX after 180 s, no other controller touched until it was helped, and other plans refused."""
    (failed,) = controllers.carried.find(Kind.FAILED)
    later = [each for each in controllers.carried.find(Kind.INTENT) if each.seq > failed.seq]

    assert later[0].step == failed.step
    assert "refused" in controllers.while_failed


@pytest.mark.fault("F09")
def test_a_controller_rebooted_while_it_restarts_is_verified(controllers: Controllers) -> None:
    """Its boot id differs, it comes back, it is verified by the same gates; the operation ends."""
    assert repair.is_done(controllers.carried.operation)


def test_never_two_controllers_down(controllers: Controllers) -> None:
    """Once a second, through all of it: at most one controller without k0s, API server or etcd (I1)."""
    down, at = controllers.poller.most_down()

    assert down <= 1, f"{down} at {at}"
