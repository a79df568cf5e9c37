"""One machine with a journal, and perhaps with a process that carries out what it says."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from k0stui.connect.guard import Claim, ShellGuard
from k0stui.engine.adopt import found, journal_of, take
from k0stui.engine.course import Progress, Ways
from k0stui.engine.execute import Executor
from k0stui.engine.journal import Journal
from k0stui.engine.observe import Watch
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.event import Event, Kind
from k0stui.model.observed import Known
from k0stui.model.operation import Operation, Plan
from k0stui.plans.world import Guard
from k0stui.ports import Shell
from tests.invariants.judge import OP
from tests.invariants.wire import Wire

if TYPE_CHECKING:
    from tests.invariants.stage import Stage


class Killed(BaseException):
    """The process is gone in the middle of what it does."""


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
            self.watch.shells, self.watch.apis, self.observe, self.guard, clock, f"{self.name}@{self.name}", process,
            self.watch.look_at,
        )  # fmt: skip

    def begin(self, plan: Plan) -> None:
        """Agree to a plan."""
        self.journal = Journal.create(self.home, OP, plan)
        self._run(Event(Kind.APPROVED, why=self.name), ())

    def resume(self) -> None:
        """What `k0stui resume` does: a failed host is helped, else it goes on."""
        self.journal = Journal.reopen(self.home / OP)
        failed = self.operation.failed
        words = [("help", failed[0].id)] if failed else [("go on", "")]
        self._run(Event(Kind.RESUMED, facts=self.stage.boots()), words)

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
