"""The executor, whole operations in virtual time: it ends as it should, and stops where it should."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import pytest

from k0stui.engine.adopt import journal_of, take
from k0stui.engine.course import Course, Progress
from k0stui.engine.execute import Executor
from k0stui.engine.journal import Journal, merged, read
from k0stui.errors import JournalBroken, Unreachable
from k0stui.model.event import Event, Kind
from k0stui.model.host import HostName
from k0stui.model.operation import Operation, OperationState, StepState
from k0stui.plans.world import Verdict
from k0stui.ports import Command
from tests.builders import NOW, Cluster, a_cluster
from tests.engine.simulated import Sim, SimGuard, journal_in, plan_of
from tests.fakes import START, FakeShell, LoopClock, VirtualLoop
from tests.plans.test_stops import unready

APPROVED = Event(Kind.APPROVED, why="ann")


@pytest.fixture(autouse=True)
def fast_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """fsync has its own tests; here hundreds of operations are run."""
    monkeypatch.setattr("k0stui.engine.journal.os.fsync", lambda _: None)


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """A loop whose time jumps to the next thing to do."""
    with asyncio.Runner(loop_factory=VirtualLoop) as found:
        yield found


def in_virtual_time(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """The test on that loop."""

    @wraps(test)
    def run(runner: asyncio.Runner, **arguments: Any) -> None:
        runner.run(test(**arguments))

    own = signature(test)
    first = Parameter("runner", Parameter.POSITIONAL_OR_KEYWORD)
    run.__signature__ = own.replace(parameters=[first, *own.parameters.values()])  # type: ignore[attr-defined]
    return run


def waits(operation: Operation) -> bool:
    return operation.state in (OperationState.PAUSED, OperationState.NEEDS_HUMAN)


class Watched:
    """An executor that is run until it waits or ends, and what it published."""

    def __init__(self, sim: Sim, journal: Journal) -> None:
        self.sim = sim
        self.journal = journal
        self.hears: Callable[[Progress], None] = lambda _: None
        """What a test does at something that was published."""
        self.said: list[Progress] = []
        self.resting = asyncio.Event()
        self.rests: Callable[[Operation], bool] = waits
        self.executor: Executor = sim.executor(journal, plan_of(sim.base), self._hear)

    def _hear(self, progress: Progress) -> None:
        self.sim.count()
        self.said.append(progress)
        self.hears(progress)
        if self.rests(progress.operation):
            self.resting.set()

    async def rest(self, first: Event) -> Operation:
        """Until it waits for a person, or ends."""
        async with asyncio.TaskGroup() as group:
            running = group.create_task(self.executor.run(first))
            resting = group.create_task(self.resting.wait())
            await asyncio.wait({running, resting}, return_when=asyncio.FIRST_COMPLETED)
            for task in (running, resting):
                task.cancel()
        return self.executor.operation


@pytest.fixture
def watched(runner: asyncio.Runner, tmp_path: Path) -> Watched:
    """A staged restart of three controllers, agreed to and not begun."""

    async def on_the_loop() -> Watched:
        return Watched(Sim(LoopClock()), journal_in(tmp_path, plan_of()))

    return runner.run(on_the_loop())


def states(operation: Operation) -> dict[str, str]:
    return {step.id: step.state.value for step in operation.steps}


def order(journal: Journal) -> list[str]:
    """Steps in the order of their intents."""
    _, records = read(journal.directory)
    return [record.step for record in records if record.payload.kind is Kind.INTENT]


@in_virtual_time
async def test_staged_restart_ends_done(watched: Watched) -> None:
    """Three controllers, the k0s leader last, one at a time, agents held meanwhile; proof; unlocked."""

    sim, journal = watched.sim, watched.journal
    operation = await watched.executor.run(APPROVED)

    assert (operation.state, operation.reason) == (OperationState.UNLOCKED, "done"), operation
    assert set(states(operation).values()) == {"S6"}
    assert order(journal) == [
        "hold-konnectivity-agent", "restart-k0s-master-2", "restart-k0s-master-3", "restart-k0s-master-1",
        "release-konnectivity-agent",
    ]  # fmt: skip
    assert sim.worst == 2
    assert sim.strategy["type"] == "RollingUpdate"
    assert {host.lock for host in sim.hosts.values()} == {"1 - -", ""}


@in_virtual_time
async def test_records_on_controllers_are_the_journal(watched: Watched) -> None:
    """Every controller has every record up to the end of the work: enough to adopt from (I4)."""

    sim, journal = watched.sim, watched.journal
    await watched.executor.run(APPROVED)
    lines = [line.decode().rstrip("\n") for line in journal.lines]
    for host in sim.base.controllers:
        mine = [line for line in sim.hosts[host.name].records if line.startswith('{"seq"')]
        assert mine == lines[: len(mine)]
        assert len(mine) >= len(lines) - 1


@pytest.mark.fault("F03")
@pytest.mark.parametrize("records", range(1, 46, 2))
@in_virtual_time
async def test_killed_after_any_record_resume_converges(watched: Watched, records: int) -> None:
    """Whichever record was the last, another process ends the operation, with one job per host (F03, I1, I5, I8)."""

    sim, journal = watched.sim, watched.journal
    await _killed(watched, journal, records)
    journal.close()

    again = Watched(sim, Journal.reopen(journal.directory))
    operation = await again.rest(Event(Kind.RESUMED if records else Kind.APPROVED))
    assert (operation.state, operation.reason) == (OperationState.UNLOCKED, "done"), (operation, again.said[-3:])
    for host in sim.base.controllers:
        assert len(sim.hosts[host.name].jobs) == 1, sim.hosts[host.name].jobs
    assert sim.worst == 2


class Killed(BaseException):
    """SIGKILL, as far as one process can do it to itself: no handler of the executor sees it."""


async def _killed(watched: Watched, journal: Journal, records: int) -> None:
    """Run until so many records are written, then end it without a word, in the middle of what it does."""
    keep = journal._keep

    def counting(line: bytes) -> None:
        keep(line)
        if len(journal.lines) + 1 >= records:
            raise Killed

    journal._keep = counting  # type: ignore[method-assign]
    with pytest.raises(BaseExceptionGroup) as raised:
        await watched.executor.run(APPROVED)
    assert raised.group_contains(Killed)


@pytest.mark.fault("F06")
@in_virtual_time
async def test_unknown_outcome_is_looked_for(watched: Watched) -> None:
    """The reply to a restart is lost: the host is asked, and no second request is sent (F06)."""

    sim = watched.sim
    original, lost = sim.restart, []

    def cut(request: object) -> None:
        original(request)  # type: ignore[arg-type]
        if not lost:
            lost.append(request)
            raise TimeoutError("connection lost")

    sim.restart = cut  # type: ignore[method-assign]
    operation = await watched.rest(APPROVED)
    assert operation.reason == "done"
    assert [len(sim.hosts[host.name].jobs) for host in sim.base.controllers] == [1, 1, 1]


@in_virtual_time
async def test_request_that_never_arrived_is_asked_anew(watched: Watched) -> None:
    """Not started, and for certain: gates again, attempt 2 (§6)."""

    sim = watched.sim
    original, lost = sim.restart, []

    def swallow(request: object) -> None:
        if not lost:
            lost.append(request)
            raise TimeoutError("never arrived")
        original(request)  # type: ignore[arg-type]

    sim.restart = swallow  # type: ignore[method-assign]
    operation = await watched.rest(APPROVED)
    assert operation.reason == "done"
    assert operation.step("restart-k0s-master-2").attempt == 2
    assert sim.hosts["k0s-master-2"].jobs == [("restart-k0s-master-2", 2)]


@pytest.mark.fault("F33")
@in_virtual_time
async def test_controller_that_never_gets_ready_stops_everything(watched: Watched) -> None:
    """Active, and its API never ready: SX, no other controller is touched, and its help brings it home (F33)."""

    sim, journal = watched.sim, watched.journal
    sim.hosts["k0s-master-2"].ready_after = 1e9
    operation = await watched.rest(APPROVED)
    assert operation.state is OperationState.PAUSED
    assert operation.step("restart-k0s-master-2").state is StepState.FAILED
    assert sim.hosts["k0s-master-3"].jobs == sim.hosts["k0s-master-1"].jobs == []
    journal.close()

    sim.hosts["k0s-master-2"].ready_after = 12
    again = Watched(sim, Journal.reopen(journal.directory))
    again.rests = lambda operation: operation.reason == "helped"
    again.executor.tell("help", "restart-k0s-master-2")
    helped = await again.rest(Event(Kind.RESUMED))
    assert helped.step("restart-k0s-master-2").state is StepState.VERIFIED
    assert [attempt for _, attempt in sim.hosts["k0s-master-2"].jobs] == [1, 2]
    assert watched.sim.hosts["k0s-master-3"].jobs == []


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda sim: setattr(sim, "base", sim.base.where("k0s-master-3", etcd_health=_sick())), "E-02"),
        (lambda sim: setattr(sim.hosts["k0s-master-3"], "reachable", False), "k0s-master-3"),
        (lambda sim: setattr(sim, "base", sim.base.changed("k0s-master-1", "service", job="9")), "C-03"),
    ],
)
@in_virtual_time
async def test_gate_that_does_not_pass_stops_before_the_act(
    watched: Watched, spoil: Callable[[Sim], None], words: str
) -> None:
    """Sick etcd, a silent controller, a foreign job: nothing is locked and nothing touched."""

    sim = watched.sim
    spoil(sim)
    operation = await watched.rest(APPROVED)
    assert operation.state is OperationState.UNLOCKED
    assert words in operation.reason
    assert not any(host.jobs for host in sim.hosts.values())
    assert not any(host.lock for host in sim.hosts.values())
    assert sim.patches == []


def _sick() -> object:
    from k0stui.model.etcd import EtcdHealth

    return EtcdHealth(False, "no leader")


@in_virtual_time
async def test_fault_between_two_controllers_pauses_before_the_second(watched: Watched) -> None:
    """Something breaks after the first: the second is never touched, the lock stays, the reason is said."""

    sim = watched.sim

    def hear(progress: Progress) -> None:
        if progress.operation.step("restart-k0s-master-2").state is StepState.VERIFIED:
            sim.base = sim.base.where("k0s-master-1", etcd_health=_sick())

    watched.hears = hear
    operation = await watched.rest(APPROVED)
    assert operation.state is OperationState.PAUSED
    assert "E-02" in operation.reason
    assert watched.sim.hosts["k0s-master-3"].jobs == []
    assert sim.hosts["k0s-master-1"].lock.startswith("1 op-1")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda sim: sim.base.changed("k0s-master-3", "service", restarts=1), "restarts its unit by itself"),
        (lambda sim: sim.base.changed("k0s-master-3", "api_ready", status=500), "its API server is not ready"),
        (lambda sim: sim.base.changed("k0s-master-1", "etcd_metrics", leader_changes=9), "leader changed"),
        (
            lambda sim: sim.base.changed("k0s-master-3", "config_file", sha256="e" * 64),
            "neither as before nor as planned",
        ),
        (lambda sim: cut_off(sim, "k0s-master-3"), "could not be reached twice in a row"),
        (lambda sim: unready(sim.base, "k0s-worker-2"), "is not Ready for"),
    ],
)
@in_virtual_time
async def test_stop_condition_finishes_the_host_in_flight_and_begins_no_other(
    watched: Watched, spoil: Callable[[Sim], Cluster], words: str
) -> None:
    """Seen for 70 s while a controller restarts, gone when it is verified: it is verified all the same, no other one
    is touched, and the operation pauses with that reason."""
    sim, whole = watched.sim, watched.sim.base
    began: list[float] = []

    def hear(progress: Progress) -> None:
        if progress.operation.step("restart-k0s-master-2").state is StepState.RESTARTING:
            began.append(sim.clock.monotonic())
        sick = began and sim.clock.monotonic() - began[0] < 70
        sim.base, sim.hosts["k0s-master-3"].reachable = whole, True
        if sick:
            sim.base = spoil(sim)

    watched.hears = hear
    operation = await watched.rest(APPROVED)
    assert operation.state is OperationState.PAUSED, operation.reason
    assert operation.step("restart-k0s-master-2").state is StepState.VERIFIED
    assert words in operation.reason
    assert sim.hosts["k0s-master-3"].jobs == sim.hosts["k0s-master-1"].jobs == []


def cut_off(sim: Sim, host: str) -> Cluster:
    sim.hosts[host].reachable = False
    return sim.base


@pytest.mark.fault("F12")
@in_virtual_time
async def test_two_operators_one_wins(tmp_path: Path) -> None:
    """Started at the same moment, one is LOCKED, the other ends with the holder's name and nothing touched (F12)."""

    sim = Sim(LoopClock())
    first, second = (
        Journal.create(tmp_path / "a", "op-1", plan_of()),
        Journal.create(tmp_path / "b", "op-2", plan_of()),
    )
    both = [Watched(sim, first), Watched(sim, second)]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(watched.rest(APPROVED)) for watched in both]
    ends = sorted(task.result().reason for task in tasks)
    assert ends[0] == "done"
    assert "locked by" in ends[1] or "could not be written" in ends[1], ends
    assert [len(sim.hosts[host.name].jobs) for host in sim.base.controllers] == [1, 1, 1]


@pytest.mark.fault("F01")
@in_virtual_time
async def test_lost_viewer_finishes_the_host_and_waits(watched: Watched) -> None:
    """The host in flight is verified; then it pauses with that reason (F01)."""

    def hear(progress: Progress) -> None:
        if (
            progress.operation.step("restart-k0s-master-2").state is StepState.RESTARTING
            and not progress.operation.pausing
        ):
            watched.executor.viewer_lost()

    watched.hears = hear
    operation = await watched.rest(APPROVED)
    assert (operation.state, operation.reason) == (OperationState.PAUSED, "viewer-lost")
    assert operation.step("restart-k0s-master-2").state is StepState.VERIFIED
    assert watched.sim.hosts["k0s-master-3"].jobs == []


@pytest.mark.fault("F23")
@in_virtual_time
async def test_full_journal_ends_all_acts(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full before an intent: the error leaves, and the host is not touched (F23)."""

    sim, journal = watched.sim, watched.journal
    keep = journal._keep

    def full(line: bytes) -> None:
        if b'"restart-k0s-master-2"' in line and b'"intent"' in line:
            journal._dead = "no space left"
        keep(line)

    monkeypatch.setattr(journal, "_keep", full)
    with pytest.raises(JournalBroken, match="no space left"):
        await watched.executor.run(APPROVED)
    assert not any(host.jobs for host in sim.hosts.values())


@in_virtual_time
async def test_hold_that_is_taken_back_is_exposure(watched: Watched) -> None:
    """Somebody sets the strategy back while held: HOLD_LOST is journalled before the next step."""

    sim, journal = watched.sim, watched.journal

    def hear(progress: Progress) -> None:
        if progress.operation.step("restart-k0s-master-2").state is StepState.VERIFIED and progress.operation.held:
            sim.strategy = {"type": "RollingUpdate"}

    watched.hears = hear
    await watched.rest(APPROVED)
    kinds = [record.payload.kind for record in read(journal.directory)[1]]
    assert Kind.HOLD_LOST in kinds


@in_virtual_time
async def test_without_anybody_a_pause_ends_the_process(watched: Watched) -> None:
    """Headless: the operation stays open and locked, the process ends, `resume` goes on."""

    sim, journal = watched.sim, watched.journal
    executor = Executor(journal, plan_of(), sim.ways(), lambda _: None, waits=False)
    executor.tell("stop after this host")
    operation = await executor.run(APPROVED)
    assert (operation.state, operation.stopping) == (OperationState.PAUSED, True)
    assert sim.hosts["k0s-master-2"].lock.startswith("1 op-1")

    resumed = Watched(sim, Journal.reopen(journal.directory))
    resumed.executor.tell("go on")
    done = await resumed.executor.run(Event(Kind.RESUMED))
    assert done.reason == "done"


@in_virtual_time
async def test_roll_back_gives_the_hold_back(watched: Watched) -> None:
    """After one controller: nothing to put back on it, the agents are released, the lock is freed."""

    sim, journal = watched.sim, watched.journal

    def hear(progress: Progress) -> None:
        restarting = progress.operation.step("restart-k0s-master-2").state is StepState.RESTARTING
        if restarting and not progress.operation.pausing:
            watched.executor.tell("pause")

    watched.hears = hear
    assert (await watched.rest(APPROVED)).state is OperationState.PAUSED
    journal.close()

    again = Watched(sim, Journal.reopen(journal.directory))
    again.executor.tell("roll back")
    end = await again.executor.run(Event(Kind.RESUMED))
    assert (end.state, end.reason, end.held) == (OperationState.UNLOCKED, "rolled back", ())
    assert sim.strategy["type"] == "RollingUpdate"
    assert [len(sim.hosts[host.name].jobs) for host in sim.base.controllers] == [0, 1, 0]


@pytest.mark.fault("F11")
@in_virtual_time
async def test_adopted_from_records_of_the_controllers(tmp_path: Path) -> None:
    """The first machine is gone for good: another one rebuilds the journal, fences, and ends it (F11, I9)."""

    sim, journal = Sim(LoopClock()), journal_in(tmp_path / "a", plan_of())
    await _killed(Watched(sim, journal), journal, 17)
    plan, lines = plan_of(), [f"{line}\n".encode() for host in sim.hosts.values() for line in host.records]
    stale = sim.guard(sim.shells()[sim.base.controllers[0].name], journal.operation)

    theirs = journal_of(tmp_path / "b", "op-1", plan, lines)
    assert theirs.operation.steps[0].state is StepState.VERIFIED
    assert theirs.operation.steps[1].state.is_in_flight
    guards = {name: sim.guard(shell, theirs.operation) for name, shell in sim.shells().items()}
    assert await take(theirs, plan, guards, "bob@b:9", sim.clock) == ()
    assert (await stale.beat()).verdict is Verdict.LOCK

    watched = Watched(sim, theirs)
    watched.executor.tell("go on")
    end = await watched.executor.run(Event(Kind.RESUMED))
    assert (end.reason, end.epoch, end.owner) == ("done", 2, "bob@b:9")
    assert sim.worst == 2
    assert [len(sim.hosts[host.name].jobs) for host in sim.base.controllers] == [1, 1, 1]


@pytest.mark.fault("F16")
@pytest.mark.parametrize("controllers", [3, 5])
@in_virtual_time
async def test_a_controller_that_was_away_at_the_adoption_is_fenced_when_it_answers(
    tmp_path: Path, controllers: int
) -> None:
    """Adopted while one was cut off: no act before it answers; then it gets the new epoch, and all is done (F16).

    With five, quorum would hold with one of them down: its former owner may still restart it, so nothing is begun.
    """
    sim = Sim(LoopClock(), a_cluster(controllers))
    plan = plan_of(sim.base)
    journal = journal_in(tmp_path / "a", plan)
    await _killed(Watched(sim, journal), journal, 20)
    away = sim.hosts["k0s-master-3"]
    away.reachable = False
    lines = [f"{line}\n".encode() for host in sim.hosts.values() for line in host.records]
    theirs = journal_of(tmp_path / "b", "op-1", plan, lines)
    guards = {name: sim.guard(shell, theirs.operation) for name, shell in sim.shells().items()}
    assert await take(theirs, plan, guards, "bob@b:9", sim.clock) == ("k0s-master-3",)
    before = [len(sim.hosts[host.name].jobs) for host in sim.base.controllers]

    watched = Watched(sim, theirs)
    watched.executor.tell("go on")
    watched.rests = lambda operation: waits(operation) and "k0s-master-3" in operation.reason
    assert (await watched.rest(Event(Kind.RESUMED))).state is OperationState.PAUSED
    theirs.close()
    assert [len(sim.hosts[host.name].jobs) for host in sim.base.controllers] == before
    assert away.lock.startswith("1 op-1 ")

    away.reachable = True
    again = Watched(sim, Journal.reopen(theirs.directory))
    again.executor.tell("go on")
    again.rests = lambda operation: operation.state.is_over
    end = await again.rest(Event(Kind.RESUMED))
    assert (end.reason, end.epoch) == ("done", 2)
    assert away.lock == "2 - -"


async def _cut_short(sim: Sim, home: Path) -> tuple[Journal, dict[HostName, SimGuard]]:
    """The journal of an operation whose executor was killed half-way, and the guards of its hosts."""
    journal = journal_in(home, plan_of(sim.base))
    await _killed(Watched(sim, journal), journal, 20)
    again = Journal.reopen(journal.directory)
    return again, {name: sim.guard(shell, again.operation) for name, shell in sim.shells().items()}


@in_virtual_time
async def test_an_adoption_takes_no_other_operations_lock(tmp_path: Path) -> None:
    """A host that is locked for something else stays so, and counts as not fenced."""
    sim = Sim(LoopClock())
    again, guards = await _cut_short(sim, tmp_path)
    sim.hosts["k0s-master-2"].lock = "2 op-2 bob@b:2"

    assert await take(again, plan_of(sim.base), guards, "ann@a:9", sim.clock) == ("k0s-master-2",)
    assert sim.hosts["k0s-master-2"].lock == "2 op-2 bob@b:2"
    again.close()


@in_virtual_time
async def test_two_who_adopt_in_one_epoch_both_stop(tmp_path: Path) -> None:
    """Each had only the hosts that the other did not reach: neither acts on any, and a third adoption is above both."""
    sim = Sim(LoopClock())
    again, guards = await _cut_short(sim, tmp_path)
    await take(again, plan_of(sim.base), guards, "ann@a:9", sim.clock)
    again.close()
    sim.hosts["k0s-master-3"].lock = "2 op-1 bob@b:9"
    jobs = [len(sim.hosts[host.name].jobs) for host in sim.base.controllers]

    watched = Watched(sim, Journal.reopen(again.directory))
    watched.executor.tell("go on")
    watched.rests = lambda operation: operation.state.is_over
    end = await watched.rest(Event(Kind.RESUMED))
    assert (end.state, "bob@b:9" in end.reason) == (OperationState.HANDED_OVER, True)
    assert [len(sim.hosts[host.name].jobs) for host in sim.base.controllers] == jobs


@in_virtual_time
async def test_a_host_that_has_not_told_its_name_counts_as_lost(tmp_path: Path) -> None:
    """A new process does not know by which address a host goes that is away: it is waited for like any other."""
    sim = Sim(LoopClock())
    ways = replace(sim.ways(), shells=lambda: {HostName("10.10.10.42"): FakeShell("10.10.10.42")})
    course = Course(journal_in(tmp_path, plan_of()), plan_of(), ways, lambda _: None)

    with pytest.raises(Unreachable, match="k0s-master-2: it has not answered"):
        await course.shells()[HostName("k0s-master-2")].run(Command(("true",)))


def adopted_after_the_first(watched: Watched) -> None:
    """Somebody else raises the epoch on every host as soon as the first controller is verified."""

    def hear(progress: Progress) -> None:
        if progress.operation.step("restart-k0s-master-2").state is StepState.VERIFIED:
            for host in watched.sim.hosts.values():
                host.lock = "2 op-1 bob@b:9"

    watched.hears = hear


@pytest.mark.fault("F14")
@in_virtual_time
async def test_fenced_executor_hands_over(watched: Watched) -> None:
    """Adopted while it works: it notices by its beat or by the guard, acts no more, and ends as HANDED_OVER (F14)."""

    adopted_after_the_first(watched)
    watched.rests = lambda operation: operation.state is OperationState.HANDED_OVER
    end = await watched.rest(APPROVED)
    assert end.state is OperationState.HANDED_OVER
    assert watched.sim.hosts["k0s-master-3"].jobs == []


@pytest.mark.fault("F14")
@in_virtual_time
async def test_closed_gates_of_a_fenced_executor_are_a_handover(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frozen and thawed, it asks its gates before its next beat: what it finds is the adoption, not a pause (F14)."""

    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("k0stui.engine.copies.Copies.beat", never)
    adopted_after_the_first(watched)
    watched.rests = lambda operation: operation.state is OperationState.HANDED_OVER or waits(operation)
    end = await watched.rest(APPROVED)
    assert (end.state, end.reason) == (OperationState.HANDED_OVER, "adopted by bob@b:9")
    assert watched.sim.hosts["k0s-master-3"].jobs == []


@pytest.mark.fault("F79")
@in_virtual_time
async def test_a_machine_that_slept_asks_its_gates_again(watched: Watched) -> None:
    """Ten minutes pass while gates are asked, and that question got no answer: asked again, then it acts (F79)."""

    sim, slept = watched.sim, list[float]()
    observe = sim.observe

    async def sleeping() -> Any:
        last = read(watched.journal.directory)[1][-1].payload
        if (last.kind, last.step) == (Kind.CHOSEN, "restart-k0s-master-2") and not slept:
            slept.append(sim.clock.monotonic())
            sim.hosts["k0s-master-1"].reachable = False
            await sim.clock.sleep(600)
            found = await observe()
            sim.hosts["k0s-master-1"].reachable = True
            return found
        return await observe()

    sim.observe = sleeping  # type: ignore[method-assign]
    watched.executor = sim.executor(watched.journal, plan_of(), watched._hear)
    end = await watched.executor.run(APPROVED)
    assert slept
    assert (end.state, end.reason) == (OperationState.UNLOCKED, "done")
    assert sim.worst == 2


class Jumping(LoopClock):
    """Its wall clock is set while it runs; what is measured by it is not."""

    off = timedelta()

    def now(self) -> datetime:
        return super().now() + self.off


@pytest.mark.fault("F20")
@in_virtual_time
async def test_our_own_clock_is_set_meanwhile(tmp_path: Path) -> None:
    """An hour ahead during the first restart, an hour back during the second: no limit passes, each acts once (F20)."""

    clock, journal = Jumping(), journal_in(tmp_path, plan_of())
    sim = Sim(clock)
    watched = Watched(sim, journal)

    def hear(progress: Progress) -> None:
        for step, hours in (("restart-k0s-master-2", 1), ("restart-k0s-master-3", -1)):
            if progress.operation.step(step).state is StepState.RESTARTING:
                clock.off = timedelta(hours=hours)

    watched.hears = hear
    watched.rests = lambda operation: waits(operation) or operation.state.is_over
    end = await watched.rest(APPROVED)
    assert (end.state, end.reason) == (OperationState.UNLOCKED, "done")
    assert [len(sim.hosts[host.name].jobs) for host in sim.base.controllers] == [1, 1, 1]
    assert sim.worst == 2


def test_records_of_a_fenced_writer_do_not_count(tmp_path: Path) -> None:
    """Two wrote the same number: the higher epoch counts, and what the lower one wrote after it does not."""
    kept = journal_in(tmp_path / "a", plan_of())
    for event in (
        APPROVED,
        Event(Kind.LOCKING, epoch=1),
        Event(Kind.LOCKED, epoch=1),
        Event(Kind.PAUSE),
        Event(Kind.PAUSED),
    ):
        kept.append(event, NOW, 0.0)
    fork = journal_of(tmp_path / "b", "op-1", plan_of(), kept.lines[:3])
    fork.append(Event(Kind.ADOPTED, epoch=2), NOW, 0.0)

    assert merged([*kept.lines, *fork.lines, b'{"by":"guard"}\n', b'{"seq":9']) == fork.lines


@in_virtual_time
async def test_old_approval_is_void(tmp_path: Path) -> None:
    """A plan that was approved and not begun within half an hour is not carried out."""

    old = replace(plan_of(), made_at=START - timedelta(minutes=31))
    sim, journal = Sim(LoopClock()), journal_in(tmp_path, old)
    end = await sim.executor(journal, old).run(APPROVED)
    assert (end.state, "30 minutes" in end.reason) == (OperationState.UNLOCKED, True)
    assert not any(host.lock for host in sim.hosts.values())


@pytest.mark.fault("F18")
@in_virtual_time
async def test_plan_that_cannot_be_kept_gives_the_lock_back(watched: Watched) -> None:
    """A controller whose disk takes no plan: nothing is begun, and no lock is left anywhere (F18)."""

    sim = watched.sim
    sim.hosts["k0s-master-3"].full = True
    end = await watched.executor.run(APPROVED)
    assert "could not be kept" in end.reason
    assert {host.lock for host in sim.hosts.values()} == {"1 - -", ""}
