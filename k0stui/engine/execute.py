"""Carry out a plan: check -> journal -> act -> look -> journal. It stops rather than guesses.

What may follow what is decided by `model.transition.advance`; this file only performs the effects that it names, and
turns what it sees into events. Every event is in the journal, synced, before its effects are performed: so no act is
ever done without a durable INTENT, and a process that is killed anywhere can be followed by another one.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate

from k0stui.engine.journal import Journal
from k0stui.engine.locking import Refused, acquire, highest_epoch, release
from k0stui.errors import (
    CannotUndo,
    JournalBroken,
    K0stuiError,
    NotObserved,
    NotYet,
    PlanRefused,
    ProbeFailed,
    StepFailed,
    Unreachable,
)
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.host import HostName
from k0stui.model.observed import Observed
from k0stui.model.operation import Operation, OperationState, Plan, StepState
from k0stui.model.transition import VIEWER_LOST, Do, Effect, Event, Kind, rests
from k0stui.plans.exposure import exposed, held
from k0stui.plans.gates import GATES
from k0stui.plans.gates.gate import Situation, Verdict, blocking, judge
from k0stui.plans.order import next_step
from k0stui.plans.proof import EVERY, UNBROKEN, WITHIN, proof
from k0stui.plans.steps import made
from k0stui.plans.steps.step import Await, Check, Step
from k0stui.plans.world import Guard, GuardAnswer, World
from k0stui.ports import Clock, KubeApi, Shell

GATE_PATIENCE, LOOK_AGAIN = 60.0, 10.0
"""Seconds: so long gates may still be short of PASS before that is a stop; so far apart are the looks meanwhile."""

POLL = 2.0
"""Seconds between two looks at a host in flight."""

SILENCE = 900.0
"""Seconds that a host in flight may be silent before it counts as failed; limits run only while it answers."""

READY_LIMIT = 180.0
"""Seconds from the new process to its first readiness: k0s gives each component two minutes."""

BEAT = 10.0
"""Seconds between two signs of life on the controllers."""

NOTE_LIMIT = 15.0
"""Seconds for copying records to one controller; what is missing is sent with the next one."""

BATCH = 48 * 1024
"""Bytes of records in one call of the guard, which takes 64 KiB."""

PASSING = frozenset({Kind.CHOSEN, Kind.GATED, Kind.ACCEPTED, Kind.RESTARTING, Kind.READY})
"""Sent to the controllers with the next record: whoever adopts asks the hosts themselves how far these got."""

FORWARD_GATES = frozenset({"R-08"})
"""Not asked on the way back: a host that was rebooted meanwhile may not go forward, but must not stay half-way."""

LAPSE = timedelta(minutes=30)
"""An approval that was not used by then is void (safety.md §2)."""

HELP_GATES = frozenset({"C-01", "C-02", "C-04", "C-05", "C-06", "C-08", "C-09", "R-01", "R-02", "R-05", "R-06"})
"""Asked of a host that is down already: identity, rights, room, lock, program. No margin: it cannot get worse."""

WORKING = frozenset({OperationState.LOCKED, OperationState.RUNNING})
"""It reaches a boundary at which it can pause."""

LOST = (Unreachable, ProbeFailed, TimeoutError)
"""The outcome of an act that ended so is unknown, never failed."""

NOT_SO_FAR = (NotYet, NotObserved, Unreachable, ProbeFailed)
"""While waiting: look again."""

WORDS: dict[str, Kind] = {
    "pause": Kind.PAUSE,
    "go on": Kind.GO_ON,
    "stop after this host": Kind.STOP,
    "help": Kind.HELP,
    "roll back": Kind.ROLL_BACK,
    "close": Kind.CLOSED,
}
"""What a viewer may say."""


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


@dataclass(frozen=True, slots=True)
class Progress:
    """For those who watch: the operation, and what it waits for."""

    operation: Operation
    awaits: str = ""
    verdicts: tuple[Verdict, ...] = ()
    """Of the gates asked last."""


class Executor:
    """Carries out one operation until it pauses for good, ends, or its journal does."""

    def __init__(
        self, journal: Journal, plan: Plan, ways: Ways, publish: Callable[[Progress], None], *, waits: bool = True
    ) -> None:
        """`waits`: a pause waits for a word; else, with nobody to say one, the process ends and `resume` goes on."""
        self._waits = waits
        self._journal = journal
        self._plan = plan
        self._ways = ways
        self._publish = publish
        self._words: deque[Event] = deque()
        self._told = asyncio.Event()
        self._noted: dict[HostName, int] = {}
        self._verdicts: tuple[Verdict, ...] = ()

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
        async with asyncio.TaskGroup() as group:
            beating = group.create_task(self._beat(), name="beat")
            await self._work(first)
            beating.cancel()
        return self.operation

    async def _work(self, first: Event) -> None:
        todo = deque(self._record(first))
        while True:
            # What waits already is not done twice: a resume and a *go on* both ask for what is in flight.
            todo.extend(effect for effect in self._take_words() if effect not in todo)
            if not todo:
                todo.append(Effect(Do.WAIT))
            effect = todo.popleft()
            if effect.do is Do.WAIT and todo:
                continue
            ends = effect.do is Do.WAIT and (self.operation.stopping or not self._waits)
            if effect.do is Do.END or ends:
                await self._copy()
                return
            event = await self._perform(effect)
            if event is not None:
                todo.extend(self._record(event))
                if event.kind not in PASSING:
                    await self._copy()

    def _record(self, event: Event) -> tuple[Effect, ...]:
        effects = self._journal.append(event, self._ways.clock.now(), self._ways.clock.monotonic())
        self._show()
        return effects

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
                effects += self._record(word)
            except JournalBroken as error:
                if not self._journal.is_alive:
                    raise
                if word.kind is Kind.ROLL_BACK and self.operation.state in WORKING:
                    later.append(word)
                    if not self.operation.pausing:
                        self._record(Event(Kind.PAUSE, why="roll back"))
                self._show(str(error))
        self._words.extend(later)
        return effects

    def _show(self, awaits: str = "") -> None:
        self._publish(Progress(self.operation, awaits, self._verdicts))

    # -- effects ---------------------------------------------------------------------------------------------------

    async def _perform(self, effect: Effect) -> Event | None:
        """One effect, to one event. Bugs end here: what is in flight then is for people to judge."""
        performers: dict[Do, Callable[[str], Awaitable[Event | None]]] = {
            Do.LOCK: self._lock,
            Do.CHOOSE: self._choose,
            Do.GATE: self._gate,
            Do.WRITE_INTENT: self._intent,
            Do.APPLY: self._apply,
            Do.OBSERVE: self._observe,
            Do.VERIFY: self._verify,
            Do.PROVE: self._prove,
            Do.UNLOCK: self._unlock,
            Do.WAIT: self._wait,
        }
        try:
            return await performers[effect.do](effect.step)
        except JournalBroken:
            raise
        except Exception as bug:  # noqa: BLE001 -- the one door: a bug stops the operation, and nothing is guessed
            return Event(Kind.NEEDS_HUMAN, effect.step, f"{effect.do.value} {effect.step}: {type(bug).__name__}: {bug}")

    async def _lock(self, _: str) -> Event:
        if self.operation.state is OperationState.APPROVED:
            return await self._begin_locking()
        guards = self._guards()
        try:
            await acquire(self.operation, self._plan.hosts, guards)
            for host in self._plan.controllers:
                answer = await guards[host.name].stage("plan", self._plan.canonical())
                if answer.verdict:
                    raise Refused(f"{host.name}: the plan could not be kept there: {answer.why}")
        except (Refused, K0stuiError) as refused:
            left = await release(self.operation, self._plan.hosts, guards)
            still = f"; the lock is left on {', '.join(left)}" if left else ""
            return Event(Kind.LOCK_REFUSED, why=f"{refused}{still}")
        return Event(Kind.LOCKED, epoch=self.operation.epoch)

    async def _begin_locking(self) -> Event:
        if self._ways.clock.now() - self._plan.made_at > LAPSE:
            return Event(Kind.LOCK_REFUSED, why="the plan is older than 30 minutes; make and approve a new one")
        stand = await self._stand(self._plan.gates, None)
        if stand:
            return Event(Kind.LOCK_REFUSED, why=said(stand))
        try:
            epoch = 1 + await highest_epoch(self._plan.hosts, self._guards())
        except Refused as refused:
            return Event(Kind.LOCK_REFUSED, why=str(refused))
        owner = f"{self._ways.owner}:{self._plan.nonce[:8]}"
        return Event(Kind.LOCKING, epoch=epoch, facts=(("owner", owner),))

    async def _choose(self, _: str) -> Event:
        if rests(self.operation):
            return Event(Kind.PAUSED)
        snapshot = await self._ways.observe()
        self._note_exposure(snapshot)
        step = next_step(self._plan, self.operation, snapshot)
        if step is not None:
            return Event(Kind.CHOSEN, step)
        if self.operation.is_rolling_back and (self.operation.held or self.operation.exposed):
            return Event(Kind.NEEDS_HUMAN, why="rolled back, but agents are still held or exposed")
        return Event(Kind.NOTHING_LEFT)

    def _note_exposure(self, snapshot: ClusterSnapshot) -> None:
        """Held and exposed are facts of the cluster: looked at before each step, and journalled when they change."""
        for daemonset, _ in self.operation.held:
            if held(snapshot, daemonset) is False:
                self._record(Event(Kind.HOLD_LOST, why=f"{daemonset} is no longer held", facts=((daemonset, ""),)))
        dark = exposed(snapshot)
        if dark and not self.operation.exposed:
            self._record(Event(Kind.EXPOSED, why=f"no balancer for the agents on {', '.join(dark)}"))
        if not dark and self.operation.exposed:
            self._record(Event(Kind.COVERED))

    async def _gate(self, step: str) -> Event:
        try:
            at_hand = self._step(step)
        except CannotUndo as error:
            return Event(Kind.BLOCKED, step, str(error))
        if at_hand is None:
            return Event(Kind.NOT_NEEDED, step, "nothing to take back")
        try:
            if await self._checked(at_hand, step) is Check.DONE:
                return Event(Kind.NOT_NEEDED, step, "it is so already")
        except K0stuiError as error:
            return Event(Kind.BLOCKED, step, str(error))
        planned = self._plan.step(step)
        gates = planned.gates
        if self.operation.step(step).back:
            gates = tuple(gate for gate in gates if gate not in FORWARD_GATES)
        if self.operation.step(step).helping:
            gates = tuple(gate for gate in gates if gate in HELP_GATES)
        stand = await self._stand(gates, planned.host, self.operation.step(step).helping)
        return Event(Kind.BLOCKED, step, said(stand)) if stand else Event(Kind.GATED, step)

    async def _checked(self, at_hand: Step, step: str) -> Check:
        """NEEDED or DONE; a step that waits for the cluster may say *not yet* for a while."""
        began = self._ways.clock.monotonic()
        while True:
            try:
                return await at_hand.check(await self._world(step))
            except NOT_SO_FAR as error:
                if self._ways.clock.monotonic() - began >= at_hand.patience:
                    if at_hand.after_patience is None:
                        raise
                    return at_hand.after_patience
                self._show(f"{at_hand.title}: {error}")
                await self._ways.clock.sleep(POLL)

    async def _stand(self, gates: tuple[str, ...], host: HostName | None, helping: bool = False) -> tuple[Verdict, ...]:
        """The gates that stand in the way, after having looked for up to a minute; none: all PASS in one fresh look."""
        began = self._ways.clock.monotonic()
        while True:
            situation = await self._situation(gates, host, helping)
            self._verdicts = tuple(judge(GATES[gate], situation) for gate in gates)
            stand = blocking(self._verdicts)
            if not stand or self._ways.clock.monotonic() - began >= GATE_PATIENCE:
                return stand
            self._show(f"gates: {said(stand)}")
            await self._ways.clock.sleep(LOOK_AGAIN)

    async def _situation(self, gates: tuple[str, ...], host: HostName | None, helping: bool) -> Situation:
        locked = self.operation.state not in (OperationState.PLANNED, OperationState.APPROVED)
        asked = {"C-08", "E-05"} & set(gates)
        answers = await self._asked_guards(host) if asked else ()
        return Situation(
            await self._ways.observe(), self._plan, host, self.operation if locked else None, answers, helping,
            self._ways.own_process,
        )  # fmt: skip

    async def _asked_guards(self, host: HostName | None) -> tuple[tuple[HostName, GuardAnswer], ...]:
        """The lock as it lies on every controller and the host at hand; who does not answer is left out."""
        wanted = [it for it in self._plan.hosts if it.role.is_controller or it.name == host]
        guards, answers = self._guards(), {}

        async def ask(name: HostName, unit: str) -> None:
            with suppress(K0stuiError, KeyError):
                answers[name] = await guards[name].status(unit)

        async with asyncio.TaskGroup() as group:
            for it in wanted:
                group.create_task(ask(it.name, it.unit), name=f"lock on {it.name}")
        return tuple(sorted(answers.items()))

    async def _intent(self, step: str) -> Event:
        if rests(self.operation) and not self.operation.step(step).helping:
            return Event(Kind.PAUSED)
        at_hand = self._step(step)
        assert at_hand is not None
        try:
            facts = await at_hand.intent(await self._world(step))
        except K0stuiError as error:
            return Event(Kind.BLOCKED, step, str(error))
        return Event(Kind.INTENT, step, facts=facts)

    async def _apply(self, step: str) -> Event:
        """The act. What is not certain is UNKNOWN: it is then looked for, and never sent again blindly."""
        at_hand = self._step(step)
        assert at_hand is not None
        if (
            self._plan.step(step).kind not in ("restart-controller", "restart-worker")
            and not await self._noted_everywhere()
        ):
            return Event(Kind.REFUSED, step, "the intent could not be noted on every controller")
        try:
            return await at_hand.apply(await self._world(step))
        except PlanRefused as error:
            return Event(Kind.REFUSED, step, str(error))
        except LOST as error:
            return Event(Kind.UNKNOWN, step, str(error) or "no answer")

    async def _observe(self, step: str) -> Event:
        """Ask the host, or the API, what became of an intent. Nothing is assumed."""
        at_hand = self._step(step)
        assert at_hand is not None
        restarting = self.operation.step(step).state is StepState.RESTARTING
        limit = READY_LIMIT if restarting else at_hand.settles
        answered = silent = 0.0
        while True:
            began = self._ways.clock.monotonic()
            try:
                event = await at_hand.outcome(await self._world(step))
                silent = 0.0
                if event.kind is not Kind.UNKNOWN:
                    return event
                why, heard = event.why, True
            except (*NOT_SO_FAR, TimeoutError) as error:
                why, heard = str(error) or "no answer", False
            self._show(f"{at_hand.title}: {why}")
            await self._ways.clock.sleep(POLL)
            took = self._ways.clock.monotonic() - began
            answered, silent = answered + took * heard, silent + took * (not heard)
            if answered >= limit or silent >= SILENCE:
                return Event(Kind.FAILED, step, f"after {max(answered, silent):.0f} s: {why}")

    async def _verify(self, step: str) -> Event:
        at_hand = self._step(step)
        assert at_hand is not None
        for awaited in at_hand.awaited():
            missing = await self._came_true(awaited, step)
            if missing:
                return Event(Kind.FAILED, step, missing)
        marks = at_hand.marks(await self._world(step))
        if marks is not None:
            self._record(marks)
        return Event(Kind.VERIFIED, step)

    async def _came_true(self, awaited: Await, step: str) -> str:
        """Empty when it did, so often in a row as wanted; else what was missing at the end."""
        began, greens = self._ways.clock.monotonic(), 0
        while True:
            try:
                await awaited.met(await self._world(step))
                greens, missing = greens + 1, ""
            except StepFailed as failed:
                return str(failed)
            except NOT_SO_FAR as error:
                greens, missing = 0, str(error)
            if greens >= awaited.greens:
                return ""
            waited = self._ways.clock.monotonic() - began
            if waited >= awaited.limit:
                return f"{awaited.what}: not within {awaited.limit:.0f} s: {missing or 'not often enough'}"
            self._show(f"{awaited.what} ({waited:.0f} of {awaited.limit:.0f} s){': ' if missing else ''}{missing}")
            await self._ways.clock.sleep(awaited.pause)

    async def _prove(self, _: str) -> Event:
        """Two minutes without a break, within ten."""
        clock = self._ways.clock
        began = clock.monotonic()
        since: float | None = None
        while True:
            situation = Situation(await self._ways.observe(), self._plan, None, self.operation)
            found = proof(situation)
            self._verdicts = found.verdicts
            since = (since if since is not None else clock.monotonic()) if found.holds else None
            if since is not None and clock.monotonic() - since >= UNBROKEN:
                return self._proven()
            if clock.monotonic() - began >= WITHIN:
                return Event(
                    Kind.NOT_PROVEN, why=f"not proven within {WITHIN:.0f} s: {found.missing or 'it did not last'}"
                )
            held_for = clock.monotonic() - since if since is not None else 0.0
            self._show(f"proof: {held_for:.0f} of {UNBROKEN:.0f} s{': ' if found.missing else ''}{found.missing}")
            await clock.sleep(EVERY)

    def _proven(self) -> Event:
        if self.operation.held or self.operation.exposed:
            return Event(Kind.NOT_PROVEN, why="agents are still held or exposed")
        return Event(Kind.PROVEN)

    async def _unlock(self, _: str) -> Event:
        await self._copy()
        left = await release(self.operation, self._plan.hosts, self._guards())
        return Event(Kind.UNLOCKED, why=f"the lock is left on {', '.join(left)}" if left else "")

    async def _wait(self, _: str) -> None:
        """For a person."""
        if not self._words:
            self._show(self.operation.reason)
            await self._told.wait()

    # -- the world -------------------------------------------------------------------------------------------------

    def _step(self, step: str) -> Step | None:
        """The step at hand, or the one that takes it back."""
        planned = made(self._plan.step(step))
        return planned.undo() if self.operation.step(step).back else planned

    def _guards(self) -> dict[HostName, Guard]:
        operation = self.operation
        return {name: self._ways.guard(shell, operation) for name, shell in self._ways.shells().items()}

    async def _world(self, step: str) -> World:
        ways = self._ways
        return World(
            ways.shells(), self._guards(), ways.apis(), ways.clock, ways.observe, self._plan, self.operation, step
        )

    async def _beat(self) -> None:
        """Signs of life; and the first place where a lost epoch is noticed."""
        while True:
            await self._ways.clock.sleep(BEAT)
            if self.operation.state in (OperationState.PLANNED, OperationState.APPROVED, OperationState.LOCKING):
                continue
            guards = self._guards()
            async with asyncio.TaskGroup() as group:
                for host in self._plan.controllers:
                    if host.name in guards:
                        group.create_task(self._beat_on(guards[host.name]), name=f"beat on {host.name}")

    async def _beat_on(self, guard: Guard) -> None:
        with suppress(*LOST):
            answer = await guard.beat()
            found = answer.epoch or 0
            if found > self.operation.epoch:
                self.happen(Event(Kind.EPOCH_LOST, why=f"adopted by {answer.owner}", epoch=found))

    async def _copy(self) -> None:
        """Records that a controller does not have yet are sent to it: from them another machine can adopt."""
        if self.operation.state in (OperationState.PLANNED, OperationState.APPROVED, OperationState.LOCKING):
            return
        guards = self._guards()
        async with asyncio.TaskGroup() as group:
            for host in self._plan.controllers:
                if host.name in guards:
                    group.create_task(self._copy_to(host.name, guards[host.name]), name=f"records to {host.name}")

    async def _copy_to(self, name: HostName, guard: Guard) -> None:
        with suppress(*LOST):
            async with asyncio.timeout(NOTE_LIMIT):
                while (begin := self._noted.get(name, 0)) < len(self._journal.lines):
                    batch = _batch(self._journal.lines[begin:])
                    answer = await guard.note(b"".join(batch).decode().rstrip("\n"))
                    if answer.verdict:
                        return
                    self._noted[name] = begin + len(batch)

    async def _noted_everywhere(self) -> bool:
        """An act through the API has no host of its own: its intent must lie on every controller first (I4)."""
        await self._copy()
        return all(self._noted.get(host.name, 0) == len(self._journal.lines) for host in self._plan.controllers)


def _batch(lines: list[bytes]) -> list[bytes]:
    """As many as fit in one call, and at least one."""
    sizes = accumulate(len(line) for line in lines)
    return lines[: max(1, sum(size <= BATCH for size in sizes))]


def said(verdicts: tuple[Verdict, ...]) -> str:
    """The gates in the way, in one line."""
    return "; ".join(f"{verdict.gate} {verdict.result.value}: {verdict.evidence}" for verdict in verdicts)


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
