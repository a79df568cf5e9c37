"""An operation under way, as its executor has it: journal, plan, the ways to the world, and who is told of progress."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Container, Mapping
from dataclasses import dataclass
from datetime import datetime

from k0stui.engine.journal import Journal
from k0stui.engine.questions import ask_host
from k0stui.errors import Unreachable
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.event import Effect, Event, Kind
from k0stui.model.host import HostName
from k0stui.model.observed import Observed
from k0stui.model.operation import Operation, Plan, StepState
from k0stui.model.rows import VIEWER_LOST
from k0stui.plans.asked import HostAsked
from k0stui.plans.gates.gate import Verdict
from k0stui.plans.steps import made
from k0stui.plans.steps.step import Step
from k0stui.plans.stops import Flight, reason
from k0stui.plans.world import Guard, World
from k0stui.ports import Clock, Command, KubeApi, Reply, Shell

WATCHFUL = 5.0
"""Seconds between two looks at the whole while one host is waited for."""


@dataclass(frozen=True, slots=True)
class Ways:
    """What the executor needs of the world."""

    shells: Callable[[], Mapping[HostName, Shell]]
    apis: Callable[[], Mapping[HostName, KubeApi]]
    observe: Callable[[], Awaitable[ClusterSnapshot]]
    guard: Callable[[Shell, Operation], Guard]
    """The guard on one host, in the name of the operation as it is now."""
    clock: Clock
    owner: str
    """user@machine, for the lock line."""
    own_process: Observed[str]
    """What is wrong with this process (gate C-09)."""
    look_at: Callable[[Container[HostName]], Awaitable[ClusterSnapshot]] | None = None
    """A look for gates: these hosts only, and also what is asked rarely; None: `observe` asks everything anyway."""


@dataclass(frozen=True, slots=True)
class Progress:
    """For those who watch: the operation, and what it waits for."""

    operation: Operation
    awaits: str = ""
    verdicts: tuple[Verdict, ...] = ()
    """Of the gates asked last."""


class Course:
    """What every part of the executor works on."""

    def __init__(self, journal: Journal, plan: Plan, ways: Ways, publish: Callable[[Progress], None]) -> None:
        self.journal = journal
        self.plan = plan
        self.ways = ways
        self.clock = ways.clock
        self.verdicts: tuple[Verdict, ...] = ()
        self._publish = publish
        self.marked_at: datetime | None = None
        """When a step of this process last held or released something: what was seen before is no word on it."""
        self._looks: list[ClusterSnapshot] = []
        """Since the step at hand was gated."""

    @property
    def operation(self) -> Operation:
        return self.journal.operation

    def record(self, event: Event) -> tuple[Effect, ...]:
        """Into the journal, synced; what must be done then. Raises JournalBroken."""
        effects = self.journal.append(event, self.clock.now(), self.clock.monotonic())
        self.show()
        return effects

    def show(self, awaits: str = "") -> None:
        """Tell those who watch."""
        self._publish(Progress(self.operation, awaits, self.verdicts))

    def step(self, step: str) -> Step | None:
        """The step at hand, or the one that takes it back; None: there is nothing to take back. Raises CannotUndo."""
        planned = made(self.plan.step(step))
        return planned.undo() if self.operation.step(step).back else planned

    def act(self, step: str) -> Step:
        """The step at hand, which was gated: there is one."""
        found = self.step(step)
        assert found is not None
        return found

    async def look(self) -> ClusterSnapshot:
        """What gates judge by: every host of the plan, asked now. What comes later is compared with it."""
        if self.ways.look_at is None:
            found = await self.ways.observe()
        else:
            found = await self.ways.look_at(frozenset(host.name for host in self.plan.hosts))
        self._looks = [found]
        return found

    def evidence_age(self) -> float:
        """Seconds, by the clock on the wall, since the look by which the step at hand was gated."""
        return (self.clock.now() - self._looks[0].taken_at).total_seconds() if self._looks else 0.0

    async def observe(self) -> ClusterSnapshot:
        """A look while a step is in flight; what it shows may forbid the next step."""
        found = await self.ways.observe()
        self._looks.append(found)
        self._stop_for(self._reason())
        return found

    async def keep_watch(self) -> None:
        """A look, unless there was one just now: for waits that ask only one host or one object."""
        if not self._looks or (self.clock.now() - self._looks[-1].taken_at).total_seconds() >= WATCHFUL:
            await self.observe()

    def _reason(self) -> str:
        """Why no further step may be begun."""
        flying = self.operation.in_flight
        if not flying:
            return ""
        back = flying[0].since if flying[0].state is StepState.READY else None
        return reason(Flight(self.plan, flying[0].host, tuple(self._looks), back))

    def _stop_for(self, why: str) -> None:
        """Asked for once; a pause that a person asked for stands already."""
        if why and self.operation.pausing in ("", VIEWER_LOST):
            self.record(Event(Kind.PAUSE, why=f"stopped: {why}"))

    async def _ask(self, host: HostName) -> HostAsked:
        return await ask_host(self.shells()[host], self.plan.host(host), self.clock)

    def shells(self) -> dict[HostName, Shell]:
        """The way to each host. One of the plan that has not told its name yet, since it is away, is lost and no more:
        it is waited for as for any other."""
        return {**{host.name: _NoWay(host.name) for host in self.plan.hosts}, **self.ways.shells()}

    def guards(self) -> dict[HostName, Guard]:
        operation = self.operation
        return {name: self.ways.guard(shell, operation) for name, shell in self.shells().items()}

    def world(self, step: str) -> World:
        """All that this step may touch."""
        ways = self.ways
        return World(
            self.shells(),
            self.guards(),
            ways.apis(),
            ways.clock,
            self.observe,
            self.plan,
            self.operation,
            step,
            self._ask,
        )


@dataclass(frozen=True, slots=True)
class _NoWay:
    """`ports.Shell` of a host that no connection has reached in this process."""

    host: HostName

    async def run(self, command: Command) -> Reply:
        raise Unreachable(f"{self.host}: it has not answered since this process began")

    async def close(self) -> None:
        """Nothing to let go of."""


def as_json(progress: Progress) -> bytes:
    """For the socket and for `--json`."""
    operation = progress.operation
    return json.dumps(
        {
            "operation": operation.id,
            "state": operation.state.value,
            "reason": operation.reason,
            "awaits": progress.awaits,
            "held": [name for name, _ in operation.held],
            "exposed": operation.exposed,
            "steps": {step.id: step.state.value for step in operation.steps},
        }
    ).encode()
