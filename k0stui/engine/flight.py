"""The step in flight: write down what will be done, act once, and look at the host until it is verified or has failed.

What is not certain is UNKNOWN: it is then looked for, and never sent again blindly.
"""

from __future__ import annotations

from k0stui.engine.copies import Copies
from k0stui.engine.course import Course
from k0stui.engine.gating import NOT_SO_FAR, POLL
from k0stui.errors import K0stuiError, PlanRefused, ProbeFailed, StepFailed, Unreachable
from k0stui.model.event import Event, Kind
from k0stui.model.operation import StepState
from k0stui.model.rows import rests
from k0stui.plans.steps.step import Await

SILENCE = 900.0
"""Seconds that a host in flight may be silent before it counts as failed; limits run only while it answers."""

READY_LIMIT = 180.0
"""Seconds from the new process to its first readiness: k0s gives each component two minutes."""

STALE = 60.0
"""Seconds from the look that opened the gates to the intent: an act rests on what is so now (safety.md §2, §9)."""

LOST = (Unreachable, ProbeFailed, TimeoutError)
"""The outcome of an act that ended so is unknown, never failed."""

GUARDED = ("restart-controller", "restart-worker")
"""Steps whose intent the guard itself records on the host; of all others it is noted on every controller first."""


async def intend(course: Course, step: str) -> Event:
    """INTENT with what is known only now; PAUSED where a person wants that."""
    operation = course.operation
    if rests(operation) and not operation.step(step).helping:
        return Event(Kind.BLOCKED, step, operation.pausing) if operation.in_flight else Event(Kind.PAUSED)
    try:
        facts = await course.act(step).intent(course.world(step))
    except K0stuiError as error:
        return Event(Kind.BLOCKED, step, str(error))
    if (age := course.evidence_age()) > STALE:
        return Event(Kind.BLOCKED, step, f"its gates were asked {age:.0f} s ago: this machine stood still, or is slow")
    return Event(Kind.INTENT, step, facts=facts)


async def apply(course: Course, copies: Copies, step: str) -> Event:
    """The act."""
    if course.plan.step(step).kind not in GUARDED and not await copies.everywhere():
        return Event(Kind.REFUSED, step, "the intent could not be noted on every controller")
    try:
        return await course.act(step).apply(course.world(step))
    except PlanRefused as error:
        return Event(Kind.REFUSED, step, str(error))
    except LOST as error:
        return Event(Kind.UNKNOWN, step, str(error) or "no answer")


async def observe(course: Course, step: str) -> Event:
    """Ask the host, or the API, what became of an intent. Nothing is assumed."""
    at_hand, clock = course.act(step), course.clock
    restarting = course.operation.step(step).state is StepState.RESTARTING
    limit = READY_LIMIT if restarting else at_hand.settles
    answered = silent = 0.0
    while True:
        began = clock.monotonic()
        try:
            event = await at_hand.outcome(course.world(step))
            silent = 0.0
            if event.kind is not Kind.UNKNOWN:
                return event
            why, heard = event.why, True
        except (*NOT_SO_FAR, TimeoutError) as error:
            why, heard = str(error) or "no answer", False
        course.show(f"{at_hand.title}: {why}")
        await course.keep_watch()
        await clock.sleep(POLL)
        took = clock.monotonic() - began
        answered, silent = answered + took * heard, silent + took * (not heard)
        if answered >= limit or silent >= SILENCE:
            return Event(Kind.FAILED, step, f"after {max(answered, silent):.0f} s: {why}")


async def verify(course: Course, step: str) -> Event:
    """VERIFIED when all that the step awaits came true, else FAILED with what was missing."""
    at_hand = course.act(step)
    for awaited in at_hand.awaited():
        missing = await _came_true(course, awaited, step)
        if missing:
            return Event(Kind.FAILED, step, missing)
    marks = at_hand.marks(course.world(step))
    if marks is not None:
        course.record(marks)
        course.marked_at = course.clock.now()
    return Event(Kind.VERIFIED, step)


async def _came_true(course: Course, awaited: Await, step: str) -> str:
    """Empty when it did, so often in a row as wanted; else what was missing at the end."""
    began, greens = course.clock.monotonic(), 0
    while True:
        try:
            await awaited.met(course.world(step))
            greens, missing = greens + 1, ""
        except StepFailed as failed:
            return str(failed)
        except NOT_SO_FAR as error:
            greens, missing = 0, str(error)
        if greens >= awaited.greens:
            return ""
        await course.keep_watch()
        waited = course.clock.monotonic() - began
        if waited >= awaited.limit:
            return f"{awaited.what}: not within {awaited.limit:.0f} s: {missing or 'not often enough'}"
        course.show(f"{awaited.what} ({waited:.0f} of {awaited.limit:.0f} s){': ' if missing else ''}{missing}")
        await course.clock.sleep(awaited.pause)
