"""Ask the gates: may the next step begin? Each answer rests on one fresh look; what is short of PASS stops."""

from __future__ import annotations

from dataclasses import dataclass

from k0stui.engine.course import Course
from k0stui.engine.locking import fence_late, lost_to
from k0stui.engine.questions import ask_guards, ask_hosts, ask_upgrades, whom
from k0stui.errors import CannotUndo, K0stuiError, NotObserved, NotYet, ProbeFailed, Unreachable
from k0stui.model.cluster import NOT_ASKED
from k0stui.model.event import Event, Kind
from k0stui.model.host import HostName
from k0stui.model.operation import OperationState, PlannedStep
from k0stui.plans.gates import GATES
from k0stui.plans.gates.gate import Situation, Verdict, blocking, judge
from k0stui.plans.steps.step import Check, Step
from k0stui.plans.world import GuardAnswer

GATE_PATIENCE, LOOK_AGAIN = 60.0, 10.0
"""Seconds: so long gates may still be short of PASS before that is a stop; so far apart are the looks meanwhile."""

LONGEST_LOOK = 30.0
"""Seconds: what took longer was no look, this machine stood still meanwhile; patience is not used up by that."""

REBOOT_PATIENCE = 300.0
"""Seconds for a step that was begun before: its host may have just come back from a reboot, and counts must settle."""

POLL = 2.0
"""Seconds between two looks of a step that waits for the cluster."""

FORWARD_GATES = frozenset({"R-08"})
"""Not asked on the way back: a host that was rebooted meanwhile may not go forward, but must not stay half-way."""

HELP_GATES = frozenset({"C-01", "C-02", "C-04", "C-05", "C-06", "C-08", "C-09", "R-01", "R-02", "R-05", "R-06"})
"""Asked of a host that is down already: identity, rights, room, lock, program. No margin: it cannot get worse."""

Locks = tuple[tuple[HostName, GuardAnswer], ...]

NOT_SO_FAR = (NotYet, NotObserved, Unreachable, ProbeFailed)
"""While waiting: look again."""


async def gate(course: Course, step: str) -> Event:
    """GATED, BLOCKED with the gates in the way, or NOT_NEEDED."""
    try:
        at_hand = course.step(step)
    except CannotUndo as error:
        return Event(Kind.BLOCKED, step, str(error))
    if at_hand is None:
        return Event(Kind.NOT_NEEDED, step, "nothing to take back")
    try:
        if await _checked(course, at_hand, step) is Check.DONE:
            return Event(Kind.NOT_NEEDED, step, "it is so already")
    except K0stuiError as error:
        return Event(Kind.BLOCKED, step, str(error))
    planned, progress = course.plan.step(step), course.operation.step(step)
    patience = REBOOT_PATIENCE if progress.attempt and planned.host else GATE_PATIENCE
    gates = gates_of(course, planned)
    found = await ask_gates(course, gates, planned.host, helping=progress.helping, patience=patience)
    if not found.shut:
        return Event(Kind.GATED, step)
    # One that stood still for a while finds its gates shut before its next sign of life tells it why.
    lost = (lost_to(course.operation, answer) for _, answer in found.locks)
    return next(filter(None, lost), None) or Event(Kind.BLOCKED, step, said(found.shut))


def gates_of(course: Course, planned: PlannedStep) -> tuple[str, ...]:
    """The plan's gates for this step, but for those that the way back, or a host that is down, does not ask."""
    progress = course.operation.step(planned.id)
    gates = planned.gates
    if progress.back:
        gates = tuple(gate for gate in gates if gate not in FORWARD_GATES)
    if progress.helping:
        gates = tuple(gate for gate in gates if gate in HELP_GATES)
    return gates


async def _checked(course: Course, at_hand: Step, step: str) -> Check:
    """NEEDED or DONE; a step that waits for the cluster may say *not yet* for a while."""
    began = course.clock.monotonic()
    while True:
        try:
            return await at_hand.check(course.world(step))
        except NOT_SO_FAR as error:
            if course.clock.monotonic() - began >= at_hand.patience:
                if at_hand.after_patience is None:
                    raise
                return at_hand.after_patience
            course.show(f"{at_hand.title}: {error}")
            await course.clock.sleep(POLL)


@dataclass(frozen=True, slots=True)
class Gates:
    """How those of a step stood in the last look."""

    shut: tuple[Verdict, ...]
    """Those in the way; none: all PASS in one fresh look."""
    locks: Locks
    """As they lay then."""


async def ask_gates(
    course: Course,
    gates: tuple[str, ...],
    host: HostName | None,
    *,
    helping: bool = False,
    patience: float = GATE_PATIENCE,
) -> Gates:
    """Ask the gates, for so long as any is shut, at most for the patience."""
    left = patience
    while True:
        began = course.clock.monotonic()
        locks = await _locks(course, gates, host)
        situation = await _situation(course, gates, host, helping, locks)
        course.verdicts = tuple(judge(GATES[gate], situation) for gate in gates)
        shut = blocking(course.verdicts)
        left -= min(course.clock.monotonic() - began, LONGEST_LOOK)
        if not shut or left <= 0:
            return Gates(shut, locks)
        course.show(f"gates: {said(shut)}")
        await course.clock.sleep(LOOK_AGAIN)
        left -= LOOK_AGAIN


async def _locks(course: Course, gates: tuple[str, ...], host: HostName | None) -> Locks:
    """The locks that these gates judge; one that was away when this operation was adopted is raised first."""
    if not {"C-08", "E-05"} & set(gates):
        return ()
    wanted = [it for it in course.plan.hosts if it.role.is_controller or it.name == host]
    guards = course.guards()
    answers = await ask_guards(guards, wanted)
    if _is_locked(course) and await fence_late(course.operation, answers, guards):
        answers = await ask_guards(guards, wanted)
    return answers


def _is_locked(course: Course) -> bool:
    return course.operation.state not in (OperationState.PLANNED, OperationState.APPROVED)


async def _situation(
    course: Course, gates: tuple[str, ...], host: HostName | None, helping: bool, locks: Locks
) -> Situation:
    told = await ask_hosts(course.shells(), whom(course.plan, gates, host), course.clock)
    upgrades = await ask_upgrades(course.ways.apis(), course.clock) if "C-07" in gates else NOT_ASKED
    return Situation(
        await course.look(), course.plan, host, course.operation if _is_locked(course) else None, locks, helping,
        told, upgrades, course.ways.own_process,
    )  # fmt: skip


def said(verdicts: tuple[Verdict, ...]) -> str:
    """The gates in the way, in one line."""
    return "; ".join(f"{verdict.gate} {verdict.result.value}: {verdict.evidence}" for verdict in verdicts)
