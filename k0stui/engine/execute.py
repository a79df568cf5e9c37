"""Carry out a plan: check -> journal -> act -> look -> journal. It stops rather than guesses.

What may follow what is decided by `model.transition.advance`; this file only performs the effects that it names, and
turns what it sees into events. Every event is in the journal, synced, before its effects are performed: so no act is
ever done without a durable INTENT, and a process that is killed anywhere can be followed by another one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from k0stui.engine import boundaries, flight, gating
from k0stui.engine.copies import Copies
from k0stui.engine.course import Course, Progress, Ways
from k0stui.engine.journal import Journal
from k0stui.errors import JournalBroken
from k0stui.model.event import Do, Effect, Event, Kind
from k0stui.model.operation import Operation, OperationState, Plan
from k0stui.model.rows import VIEWER_LOST

PASSING = frozenset({Kind.CHOSEN, Kind.GATED, Kind.ACCEPTED, Kind.RESTARTING, Kind.READY})
"""Sent to the controllers with the next record: whoever adopts asks the hosts themselves how far these got."""

WORKING = frozenset({OperationState.LOCKED, OperationState.RUNNING})
"""It reaches a boundary at which it can pause."""

WORDS: dict[str, Kind] = {
    "pause": Kind.PAUSE,
    "go on": Kind.GO_ON,
    "stop after this host": Kind.STOP,
    "help": Kind.HELP,
    "roll back": Kind.ROLL_BACK,
    "close": Kind.CLOSED,
}
"""What a viewer may say."""


class Executor:
    """Carries out one operation until it pauses for good, ends, or its journal does."""

    def __init__(
        self, journal: Journal, plan: Plan, ways: Ways, publish: Callable[[Progress], None], *, waits: bool = True
    ) -> None:
        """`waits`: a pause waits for a word; else, with nobody to say one, the process ends and `resume` goes on."""
        self._waits = waits
        self._journal = journal
        self._course = Course(journal, plan, ways, publish)
        self._copies = Copies(self._course)
        self._words: deque[Event] = deque()
        self._told = asyncio.Event()

    @property
    def operation(self) -> Operation:
        return self._journal.operation

    def tell(self, word: str, step: str = "", why: str = "") -> None:
        """Something a person wants; what is not possible now is dropped when its turn comes."""
        self.happen(Event(WORDS[word], step, why))

    def viewer_lost(self) -> None:
        """Nobody watches any more: finish the host in flight, then wait; while exposed, the workers first."""
        self.happen(Event(Kind.PAUSE, why=VIEWER_LOST))

    def happen(self, event: Event) -> None:
        """Something from outside; taken up at the next boundary."""
        self._words.append(event)
        self._told.set()

    async def run(self, first: Event) -> Operation:
        """Begin with APPROVED, RESUMED or ADOPTED, and go on until there is nothing to do but wait without a viewer.

        Raises:
            JournalBroken: what is done can no longer be written down. Nothing was begun after that.
        """
        try:
            async with asyncio.TaskGroup() as group:
                beating = group.create_task(self._copies.beat(self.happen), name="beat")
                await self._work(first)
                beating.cancel()
        except BaseExceptionGroup as errors:
            if broken := errors.subgroup(JournalBroken):
                raise broken.exceptions[0] from None
            raise
        return self.operation

    async def _work(self, first: Event) -> None:
        todo = deque(self._course.record(first))
        while True:
            # What waits already is not done twice: a resume and a *go on* both ask for what is in flight.
            todo.extend(effect for effect in self._take_words() if effect not in todo)
            effect = todo.popleft() if todo else Effect(Do.WAIT)
            if effect.do is Do.WAIT and todo:
                continue
            if effect.do is Do.END or (effect.do is Do.WAIT and self._is_left_alone):
                await self._copies.send()
                return
            event = await self._perform(effect)
            if event is not None:
                # What follows from a step comes before other steps of its batch.
                todo.extendleft(reversed(self._course.record(event)))
                if event.kind not in PASSING:
                    await self._copies.send()

    @property
    def _is_left_alone(self) -> bool:
        """Whether a pause ends this process."""
        return self.operation.stopping or not self._waits

    def _take_words(self) -> list[Effect]:
        """What was said meanwhile; a word that is not possible now is not written down.

        But *roll back* is never answered by going forward: said while it works, it pauses first.
        """
        self._told.clear()
        effects: list[Effect] = []
        later: list[Event] = []
        while self._words:
            word = self._words.popleft()
            try:
                effects += self._course.record(word)
            except JournalBroken as error:
                if not self._journal.is_alive:
                    raise
                if word.kind is Kind.ROLL_BACK and self.operation.state in WORKING:
                    later.append(word)
                    if not self.operation.pausing:
                        self._course.record(Event(Kind.PAUSE, why="roll back"))
                self._course.show(str(error))
        self._words.extend(later)
        return effects

    async def _perform(self, effect: Effect) -> Event | None:
        """One effect, to one event. Bugs end here: what is in flight then is for people to judge."""
        try:
            return await self._performers[effect.do](effect.step)
        except JournalBroken:
            raise
        except Exception as bug:  # noqa: BLE001 -- the one door: a bug stops the operation, and nothing is guessed
            return Event(Kind.NEEDS_HUMAN, effect.step, f"{effect.do.value} {effect.step}: {type(bug).__name__}: {bug}")

    @property
    def _performers(self) -> dict[Do, Callable[[str], Awaitable[Event | None]]]:
        course = self._course
        return {
            Do.LOCK: lambda _: boundaries.lock(course),
            Do.CHOOSE: lambda _: boundaries.choose(course),
            Do.GATE: lambda step: gating.gate(course, step),
            Do.WRITE_INTENT: lambda step: flight.intend(course, step),
            Do.APPLY: lambda step: flight.apply(course, self._copies, step),
            Do.OBSERVE: lambda step: flight.observe(course, step),
            Do.VERIFY: lambda step: flight.verify(course, step),
            Do.PROVE: lambda _: boundaries.prove(course),
            Do.UNLOCK: lambda _: self._unlock(),
            Do.WAIT: lambda _: self._wait(),
        }

    async def _unlock(self) -> Event:
        await self._copies.send()
        return await boundaries.unlock(self._course)

    async def _wait(self) -> None:
        """For a person."""
        if not self._words:
            self._course.show(self.operation.reason)
            await self._told.wait()
