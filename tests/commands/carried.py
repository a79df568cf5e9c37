"""Whole operations on simulated fleets in virtual time, as `k0stui run` carries them out, with a poller beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from k0stui.commands import carrying
from k0stui.commands.acting import Drafted, Wish, drafted
from k0stui.demo.fleet import Fleet
from k0stui.demo.host_answers import listening
from k0stui.demo.pace import Pace
from k0stui.demo.scenarios import SCENARIOS
from k0stui.demo.shell import DemoConnector
from k0stui.engine.course import Progress
from k0stui.engine.journal import Record, read
from k0stui.engine.observe import Connector, Watch
from k0stui.inventory import InventoryHost
from k0stui.model.event import Kind
from k0stui.model.operation import Operation, Plan, StepState
from k0stui.ports import Command, Reply, Shell
from k0stui.probes.catalogue import question_of
from tests.fakes import LoopClock, VirtualLoop
from tests.quick import quick

Change = Callable[[Fleet], None]
Meanwhile = Callable[[Fleet, Operation], None]


def nothing(fleet: Fleet, operation: Operation) -> None:
    """Happens meanwhile."""


@dataclass(repr=False)
class Carried:
    """What became of one operation. It has no repr: asyncio's runner makes one of its result, and a fleet's is huge."""

    fleet: Fleet
    plan: Plan
    directory: Path
    counts: list[tuple[float, tuple[int, ...]]] = field(default_factory=list)
    """Each second: agents of each server; 0 where there is none."""
    untouched: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """Host -> InvocationID and k0s.yaml as they were before."""
    published: list[Progress] = field(default_factory=list)

    @property
    def operation(self) -> Operation:
        return read(self.directory)[0]

    @property
    def records(self) -> tuple[Record, ...]:
        return read(self.directory)[1]

    def moment(self, kind: Kind, step: str = "") -> float:
        """When that was journalled first, in seconds of our monotonic clock."""
        return next(it.mono for it in self.records if it.payload.kind is kind and it.payload.step == step)

    def states(self, kind: str) -> dict[str, StepState]:
        """The steps of one kind."""
        named = [step.id for step in self.plan.steps if step.kind == kind]
        return {name: self.operation.step(name).state for name in named}

    @property
    def begun(self) -> list[str]:
        """Hosts whose restart was begun, in order."""
        intents = [it.payload.step for it in self.records if it.payload.kind is Kind.INTENT]
        return [step.removeprefix("restart-") for step in intents if step.startswith("restart-")]

    @property
    def restarted(self) -> set[str]:
        """Hosts whose k0s is another process than before."""
        return {name for name, (unit, _) in self.untouched.items() if self.fleet.host(name).unit.invocation != unit}

    @property
    def edited(self) -> set[str]:
        """Hosts whose k0s.yaml is another one than before."""
        return {name for name, (_, config) in self.untouched.items() if config_of(self.fleet, name) != config}


def config_of(fleet: Fleet, name: str) -> bytes:
    file = fleet.host(name).files.get("/etc/k0s/k0s.yaml")
    return file.content if file else b""


@dataclass
class Field:
    """A fleet, watched."""

    fleet: DemoConnector
    watch: Watch

    async def plan(self, name: str = "nllb", only: tuple[str, ...] = (), batch: int = 1) -> Drafted:
        return await drafted(self.watch, Wish(name, only, batch))

    def agree(self, found: Drafted, home: Path) -> Path:
        """The directory of the operation that is agreed to, and not begun."""
        journal = carrying.begin(found.plan, self.watch.clock, found.wanted, home)
        journal.close()
        return journal.directory

    async def carry_until(
        self, directory: Path, moment: Callable[[Operation], bool], meanwhile: Meanwhile = nothing
    ) -> None:
        """Carry it out; its executor is killed as soon as it is the moment."""
        reached = asyncio.Event()

        def hear(progress: Progress) -> None:
            meanwhile(self.fleet.pace.catch_up(), progress.operation)
            if moment(progress.operation):
                reached.set()

        async with asyncio.TaskGroup() as group:
            carrying_on = group.create_task(carrying.carry_on(directory, self.watch, (), hear))
            await reached.wait()
            carrying_on.cancel()


Main = Callable[[Field], object]


def on(
    scenario: str | Callable[[], Fleet],
    main: Callable[[Field], object],
    prepare: Change = lambda fleet: None,
    disguise: Callable[[Connector], Connector] = lambda it: it,
) -> object:
    """Run an async function on a simulated fleet, in virtual time; its result."""

    async def whole() -> object:
        clock = LoopClock()
        model = SCENARIOS[scenario]() if isinstance(scenario, str) else scenario()
        prepare(model)
        with DemoConnector(Pace(model, clock)) as fleet:
            async with Watch(fleet.inventory(), disguise(fleet), clock) as watch:
                return await main(Field(fleet, watch))  # type: ignore[misc]

    with quick(), asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(whole())


def carried(
    scenario: str | Callable[[], Fleet],
    home: Path,
    name: str = "nllb",
    *,
    prepare: Change = lambda fleet: None,
    meanwhile: Meanwhile = nothing,
    disguise: Callable[[Connector], Connector] = lambda it: it,
    only: tuple[str, ...] = (),
    batch: int = 1,
    before: Change = lambda fleet: None,
) -> Carried:
    """Plan, agree, carry out; `before` changes the fleet between agreement and act, `meanwhile` each second after."""

    async def main(at: Field) -> Carried:
        found = await at.plan(name, only, batch)
        model = at.fleet.pace.catch_up()
        untouched = {host.name: (host.unit.invocation, config_of(model, host.name)) for host in model.hosts}
        directory = at.agree(found, home)
        before(model)
        result = Carried(model, found.plan, directory, untouched=untouched)
        async with asyncio.TaskGroup() as group:
            poller = group.create_task(_poll(at, result, meanwhile))
            await carrying.carry_on(directory, at.watch, (), result.published.append)
            poller.cancel()
        return result

    result = on(scenario, main, prepare, disguise)
    assert isinstance(result, Carried)
    return result


async def _poll(at: Field, result: Carried, meanwhile: Meanwhile) -> None:
    clock = at.watch.clock
    with suppress(asyncio.CancelledError):
        while True:
            model = at.fleet.pace.catch_up()
            result.counts.append((clock.monotonic(), tuple(count or 0 for count in model.counts())))
            if result.published:
                meanwhile(model, result.published[-1].operation)
            await clock.sleep(1.0)


@dataclass
class Disguised:
    """A connector whose shells carry each command by a way of their own."""

    inner: Connector
    carry: Callable[[Shell, Command], Awaitable[Reply]]

    def shell(self, host: InventoryHost) -> Shell:
        return DisguisedShell(self.inner.shell(host), self.carry)

    def api(self, host: InventoryHost, shell: Shell) -> object:
        return self.inner.api(host, shell)


@dataclass
class DisguisedShell:
    inner: Shell
    carry: Callable[[Shell, Command], Awaitable[Reply]]

    @property
    def host(self) -> str:
        return self.inner.host

    async def run(self, command: Command) -> Reply:
        return await self.carry(self.inner, command)

    async def close(self) -> None:
        await self.inner.close()


def answering(inner: Connector, host: str, question: str, change: Callable[[bytes], bytes]) -> Disguised:
    """One host answers one question otherwise than the model does."""

    async def carry(shell: Shell, command: Command) -> Reply:
        reply = await shell.run(command)
        is_it = shell.host == host and question_of(command) == question
        return replace(reply, stdout=change(reply.stdout)) if is_it else reply

    return Disguised(inner, carry)


def occupied(inner: Connector, host: str, port: int) -> Disguised:
    """Another program listens there."""
    return answering(inner, host, "listeners", lambda said: said + listening(f"127.0.0.1:{port}", "nginx", 99).encode())
