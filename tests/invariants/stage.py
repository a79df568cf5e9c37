"""A simulated fleet with operators on it: real plans, executor, journal and guard.sh, in virtual time; faults at will.

Every act is seen where it lands (a guard's restart on a host, a change through an API server) and judged there and then
against the model; every second of model time the fleet itself is judged.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from k0stui.connect.guard import GUARD, GUARD_SHA256, Claim, ShellGuard
from k0stui.demo.controller import Controller
from k0stui.demo.fleet import Fleet
from k0stui.demo.host import CONFIG
from k0stui.demo.pace import Pace
from k0stui.demo.shell import DemoConnector
from k0stui.engine.adopt import found, journal_of, take
from k0stui.engine.execute import Executor, Progress, Ways
from k0stui.engine.journal import Journal, read
from k0stui.engine.observe import Watch
from k0stui.errors import PlanRefused, Unreachable
from k0stui.inventory import InventoryHost
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.host import HostName
from k0stui.model.observed import Known
from k0stui.model.operation import Operation, OperationState, Plan, StepState
from k0stui.model.transition import Event, Kind
from k0stui.plans.world import Guard
from k0stui.plans.yaml_splice import turned_on
from k0stui.ports import Command, KubeApi, Reply, Shell
from tests.fakes import START

OP = "op-1"
BUGS = ("KeyError", "TypeError", "AttributeError", "ValueError", "AssertionError", "IndexError", "RuntimeError")


@dataclass
class StageClock:
    """The virtual loop's time, also between two runs of it."""

    loop: asyncio.AbstractEventLoop

    def now(self) -> datetime:
        return START + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return self.loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Killed(BaseException):
    """The process is gone in the middle of what it does."""


@dataclass(frozen=True, slots=True)
class Act:
    """A restart that PID 1 was asked for by us."""

    host: str
    step: str
    attempt: int
    epoch: int
    at: float


@dataclass
class Wire:
    """One operator's way to the fleet; whatever is done to it happens to that operator only."""

    stage: Stage
    cut: set[str] = field(default_factory=set)
    """Hosts that do not answer."""
    deaf: dict[str, int] = field(default_factory=dict)
    """So many acts' replies from this host are lost: they are done there, and nobody hears of it."""

    def shell(self, host: InventoryHost) -> Shell:
        return WireShell(self, self.stage.connector.shell(host))

    def api(self, host: InventoryHost, shell: Shell) -> KubeApi:
        return WireApi(self, self.stage.connector.api(host, shell))

    def loses(self, host: str) -> bool:
        left = self.deaf.get(host, 0)
        self.deaf[host] = max(0, left - 1)
        return left > 0

    def reach(self, host: str) -> None:
        if host in self.cut:
            raise Unreachable(f"{host}: no answer")


@dataclass
class WireShell:
    """A host as this operator reaches it."""

    wire: Wire
    inner: Shell

    @property
    def host(self) -> HostName:
        return self.inner.host

    async def run(self, command: Command) -> Reply:
        self.wire.reach(self.host)
        words = guard_words(command)
        if words[:1] != ("restart",):
            return await self.inner.run(command)
        judged = self.wire.stage.before_restart(self.host, words)
        reply = await self.inner.run(command)
        if reply.exit_status == 0:
            self.wire.stage.restarted(judged)
        if self.wire.loses(self.host):
            raise Unreachable(f"{self.host}: connection lost")
        return reply

    async def close(self) -> None:
        await self.inner.close()


@dataclass
class WireApi:
    """An API server as this operator reaches it."""

    wire: Wire
    inner: KubeApi

    @property
    def host(self) -> HostName:
        return self.inner.host

    async def get(self, path: str, *, timeout: float = 10) -> bytes:
        self.wire.reach(self.host)
        return await self.inner.get(path, timeout=timeout)

    async def patch(self, path: str, body: bytes, *, content_type: str, timeout: float = 10) -> bytes:
        self.wire.reach(self.host)
        if "dryRun" not in path:
            self.wire.stage.before_api_act(path)
        answer = await self.inner.patch(path, body, content_type=content_type, timeout=timeout)
        if self.wire.loses(self.host):
            raise Unreachable(f"{self.host}: connection lost")
        return answer

    async def delete(self, path: str, body: bytes = b"", *, timeout: float = 10) -> bytes:
        self.wire.reach(self.host)
        self.wire.stage.before_api_act(path)
        answer = await self.inner.delete(path, body, timeout=timeout)
        if self.wire.loses(self.host):
            raise Unreachable(f"{self.host}: connection lost")
        return answer

    async def close(self) -> None: ...


def guard_words(command: Command) -> tuple[str, ...]:
    """`restart op-1 1 ann …` of a call of the guard; nothing for any other command."""
    return command.argv[4:] if command.argv[:3] == ("sh", "-c", GUARD) else ()


class Operator:
    """One machine with a journal, and perhaps with a process."""

    def __init__(self, stage: Stage, name: str) -> None:
        self.stage = stage
        self.name = name
        self.home = stage.home / name
        self.wire = Wire(stage)
        self.watch = Watch(stage.connector.inventory(), self.wire, stage.clock)
        self.journal: Journal | None = None
        self.task: asyncio.Task[Any] | None = None
        self.said: list[Progress] = []
        self.kill_after = 0
        """Records from now; 0: never."""

    @property
    def is_running(self) -> bool:
        return self.task is not None and not self.task.done()

    @property
    def operation(self) -> Operation:
        assert self.journal is not None
        return self.journal.operation

    async def observe(self) -> ClusterSnapshot:
        return await self.watch.look()

    def guard(self, shell: Shell, operation: Operation) -> Guard:
        return ShellGuard(shell, Claim(operation.id, operation.epoch, operation.owner or "-"))

    def ways(self) -> Ways:
        clock = self.stage.clock
        process = Known("", clock.now())
        return Ways(
            self.watch.shells, self.watch.apis, self.observe, self.guard, clock, f"{self.name}@{self.name}", process
        )

    def begin(self, plan: Plan) -> None:
        """Agree to a plan."""
        self.journal = Journal.create(self.home, OP, plan)
        self._run(Event(Kind.APPROVED, why=self.name), ())

    def resume(self) -> None:
        """What `k0stui resume` does: a failed host is helped, else it goes on."""
        self.journal = Journal.reopen(self.home / OP)
        failed = self.operation.failed
        words = [("help", failed[0].id)] if failed else [("go on", "")]
        self._run(Event(Kind.RESUMED), words)

    def roll_back(self) -> None:
        self.journal = Journal.reopen(self.home / OP)
        self._run(Event(Kind.RESUMED), [("roll back", "")])

    async def adopt(self) -> None:
        """From the records on the controllers."""
        await self.watch.look()
        plan, lines = await found(self.watch.shells(), OP)
        journal = journal_of(self.home, OP, plan, lines)
        guards = {name: self.guard(shell, journal.operation) for name, shell in self.watch.shells().items()}
        await take(journal, plan, guards, f"{self.name}@{self.name}:9", self.stage.clock)
        journal.close()
        self.resume()

    def _run(self, first: Event, words: Any) -> None:
        assert self.journal is not None
        assert not self.is_running
        self._arm(self.journal)
        executor = Executor(self.journal, self.stage.plan, self.ways(), self.said.append, waits=False)
        for word, step in words:
            executor.tell(word, step)
        self.task = self.stage.loop.create_task(executor.run(first), name=self.name)

    def _arm(self, journal: Journal) -> None:
        keep = journal._keep

        def counting(line: bytes) -> None:
            keep(line)
            self.kill_after -= 1
            if self.kill_after == 0:
                raise Killed

        journal._keep = counting  # type: ignore[method-assign]

    def kill(self) -> None:
        """SIGKILL: no more of it happens."""
        if self.task is not None:
            self.task.cancel()

    def reap(self) -> None:
        """Take notice of a process that ended; only a kill may end it by an error."""
        if self.task is None or not self.task.done():
            return
        task, self.task = self.task, None
        if not task.cancelled() and (error := task.exception()) is not None:
            rest = error.split(Killed)[1] if isinstance(error, BaseExceptionGroup) else error
            assert rest is None, f"the executor broke: {getattr(rest, 'exceptions', rest)!r}"
        if self.journal is not None:
            self.journal.close()


class Stage:
    """One fleet, one plan, two operators."""

    def __init__(self, fleet: Fleet, home: Path, loop: asyncio.AbstractEventLoop) -> None:
        self.fleet, self.home, self.loop = fleet, home, loop
        self.clock = StageClock(loop)
        self.connector = DemoConnector(Pace(fleet, self.clock))
        self.plan: Plan = None  # type: ignore[assignment]
        self.first = Operator(self, "ann")
        self.second = Operator(self, "bob")
        self.acts: list[Act] = []
        self.api_acts: list[str] = []
        self.harmed: set[str] = set()
        """Controllers that a fault, not we, took down."""
        self.edited: dict[str, bytes] = {}
        self.allowed: dict[str, set[bytes]] = {}
        self.modes: dict[str, int] = {}
        self.every_second: list[Callable[[], None]] = [self.judge]

    async def open(self, make: Callable[[ClusterSnapshot, str, str], Plan]) -> None:
        """Look twice and plan."""
        await self.first.watch.look()
        await self.clock.sleep(15)
        snapshot = await self.first.watch.look()
        self.plan = make(snapshot, "nonce-1234", GUARD_SHA256)
        for host in self.plan.controllers:
            file = self.fleet.host(host.name).files[CONFIG]
            self.modes[host.name] = file.mode
            self.allowed[host.name] = {file.content, *self._after(host.name)}

    def _after(self, name: str) -> set[bytes]:
        if self.plan.name != "nllb":
            return set()
        try:
            return {turned_on(self.fleet.host(name).files[CONFIG].content).after}
        except PlanRefused:
            return set()

    def close(self) -> None:
        for operator in (self.first, self.second):
            operator.kill()
        self.connector.__exit__()

    @property
    def holder(self) -> Operator:
        """Who has the newest word."""
        return self.second if self.second.journal is not None else self.first

    async def spend(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Let model time pass, judging every second of it."""
        for _ in range(round(seconds)):
            if until():
                return
            await self.clock.sleep(1.0)
            self.connector.pace.catch_up()
            for judge in self.every_second:
                judge()
            self.first.reap()
            self.second.reap()

    # -- what must hold ------------------------------------------------------------------------------------------

    def judge(self) -> None:
        """Of the fleet, at every second: I1, I6, I7, I10."""
        down = [it.name for it in self.fleet.controllers if not it.serves_api and it.name not in self.harmed]
        assert len(down) <= 1, f"I1: {down} are down at once"
        for name, allowed in self.allowed.items():
            file = self.fleet.host(name).files[CONFIG]
            assert file.content in allowed or file.content == self.edited.get(name), f"I6: {name}: {file.content!r}"
            assert file.mode == self.modes[name], f"I6: mode of {name}"
        assert not any(worker.unschedulable for worker in self.fleet.workers), "I10: somebody cordoned"
        assert len(self._workers_down()) <= 1, f"I11: {self._workers_down()}"
        for operator in (self.first, self.second):
            if operator.journal is not None:
                self._judge_operation(operator.operation)

    def _workers_down(self) -> list[str]:
        return [it.name for it in self.fleet.workers if it.kubelet_since is None and it.name not in self.harmed]

    def _judge_operation(self, operation: Operation) -> None:
        if operation.state is OperationState.DONE or operation.reason == "done":
            assert not operation.exposed, "I7: done while exposed"
            assert operation.held == (), "I7: done while held"
            assert self.fleet.agents.strategy == "RollingUpdate", "I7: done, and the agents are still held"
            assert all(step.state is StepState.VERIFIED for step in operation.steps), "I7: done with an open step"
        flying = [it for it in operation.steps if it.state.is_in_flight or it.state is StepState.FAILED]
        assert len(flying) <= 1, f"I1: {[it.id for it in flying]}"
        assert not any(bug in operation.reason for bug in BUGS), f"a bug: {operation.reason}"

    def before_restart(self, host: str, words: tuple[str, ...]) -> Act:
        """What must hold for a restart at the moment when it is asked for: I2, I3, I4, I9 are judged if it is done."""
        _, _, epoch, _, step, attempt, *_ = words
        act = Act(host, step, int(attempt), int(epoch), self.clock.monotonic())
        state = words[-1]
        if isinstance(self.fleet.host(host), Controller):
            others = [it for it in self.fleet.controllers if it.name != host]
            self._healthy = sum(it.powered and it.etcd_up is not None for it in others)
            self._unready = [it.name for it in others if not it.serves_api]
            self._helped = state == "any"
        else:
            self._healthy, self._unready, self._helped = 99, [], False
        self._pending = self.fleet.host(host).unit.job
        return act

    def restarted(self, act: Act) -> None:
        """The guard let it through."""
        if not self._helped:
            voters = len(self.fleet.etcd.voters)
            assert self._healthy >= voters // 2 + 1, f"I2: {act} with {self._healthy} of {voters} voters left"
            assert not self._unready, f"I1: {act} while {self._unready} are not ready"
        assert not self._pending, f"I5: {act} while a job is queued"
        same = [it for it in self.acts if (it.host, it.step, it.attempt) == (act.host, act.step, act.attempt)]
        assert not same, f"I5: {act} twice"
        assert act.epoch >= max((it.epoch for it in self.acts), default=0), f"I9: {act} after a higher epoch"
        assert self.plan.host(act.host).machine_id == self.fleet.host(act.host).machine_id, f"I3: {act}"
        self._intent_is_kept(act.step, act.attempt)
        assert any(
            json.loads(line).get("by") == "guard" and f'"step":"{act.step}","attempt":{act.attempt}' in line
            for line in self.records(act.host)
        ), f"I4: {act} is not in its host's record"
        self.acts.append(act)

    def before_api_act(self, path: str) -> None:
        """A change through the API: its intent lies in the journal and on every controller (I4)."""
        operation = self._acting()
        flying = operation.in_flight
        assert [step.state for step in flying] == [StepState.INTENT], f"I4: {path} without an intent"
        self._intent_is_kept(flying[0].id, flying[0].attempt)
        self.api_acts.append(f"{flying[0].id}: {path}")
        for controller in self.fleet.controllers:
            lines = [line for line in self.records(controller.name) if f'"step":"{flying[0].id}"' in line]
            assert any('"kind":"intent"' in line for line in lines), f"I4: {path}: not noted on {controller.name}"

    def _acting(self) -> Operation:
        running = [it for it in (self.first, self.second) if it.is_running]
        flying = [it for it in running if it.operation.in_flight]
        return (flying or running or [self.holder])[-1].operation

    def _intent_is_kept(self, step: str, attempt: int) -> None:
        """Read from the disk, not from memory."""
        for operator in (self.first, self.second):
            if operator.journal is not None:
                for record in read(operator.journal.directory)[1]:
                    if record.payload.kind is Kind.INTENT and (record.step, record.attempt) == (step, attempt):
                        return
        raise AssertionError(f"I4: no journal has an intent of {step}, attempt {attempt}")

    def records(self, host: str) -> list[str]:
        file = self.fleet.host(host).files.get(f"/var/lib/k0stui/ops/{OP}/record.jsonl")
        return file.content.decode().splitlines() if file else []

    def judge_end(self, operation: Operation) -> None:
        """I8, I15: how it ended, and that the records tell of every host that was touched."""
        assert operation.state in (OperationState.UNLOCKED, OperationState.HANDED_OVER, OperationState.NEEDS_HUMAN), (
            f"I16: {operation.state} {operation.reason}"
        )
        touched = {it.host for it in self.acts}
        told = "".join(line for it in self.fleet.controllers for line in self.records(it.name))
        for host in touched:
            assert f'"host":"{host}"' in told, f"I8: no record names {host}"
        for operator in (self.first, self.second):
            if operator.journal is not None:
                _judge_order(operator.journal.directory)


def _judge_order(directory: Path) -> None:
    """I15: a verified step is begun again only by a roll back."""
    verified: set[str] = set()
    for record in read(directory)[1]:
        match record.payload.kind:
            case Kind.VERIFIED:
                verified.add(record.step)
            case Kind.ROLL_BACK:
                verified.clear()
            case Kind.INTENT:
                assert record.step not in verified, f"I15: {record.step} is begun again after it was verified"
            case _:
                pass
