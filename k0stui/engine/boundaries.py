"""Between two steps: take the lock, choose what comes next, prove the whole, give the lock back."""

from __future__ import annotations

from datetime import timedelta

from k0stui.engine.course import Course
from k0stui.engine.gating import ask_gates, said
from k0stui.engine.locking import Refused, acquire, highest_epoch, release
from k0stui.errors import K0stuiError
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.event import Event, Kind
from k0stui.model.operation import OperationState
from k0stui.model.rows import rests
from k0stui.plans.exposure import exposed, held, imminent, unsure
from k0stui.plans.gates.gate import Situation
from k0stui.plans.order import next_step
from k0stui.plans.proof import EVERY, UNBROKEN, WITHIN, proof

LAPSE = timedelta(minutes=30)
"""An approval that was not used by then is void (safety.md §2)."""


async def lock(course: Course) -> Event:
    """LOCKING with its epoch, then LOCKED on every host; LOCK_REFUSED leaves nothing behind."""
    operation, plan = course.operation, course.plan
    if operation.state is OperationState.APPROVED:
        return await _begin_locking(course)
    guards = course.guards()
    try:
        await acquire(operation, plan.hosts, guards)
        for host in plan.controllers:
            answer = await guards[host.name].stage("plan", plan.canonical())
            if answer.verdict:
                raise Refused(f"{host.name}: the plan could not be kept there: {answer.why}")
    except (Refused, K0stuiError) as refused:
        left = await release(operation, plan.hosts, guards)
        still = f"; the lock is left on {', '.join(left)}" if left else ""
        return Event(Kind.LOCK_REFUSED, why=f"{refused}{still}")
    return Event(Kind.LOCKED, epoch=operation.epoch)


async def _begin_locking(course: Course) -> Event:
    plan = course.plan
    if course.clock.now() - plan.made_at > LAPSE:
        return Event(Kind.LOCK_REFUSED, why="the plan is older than 30 minutes; make and approve a new one")
    found = await ask_gates(course, plan.gates, None)
    if found.shut:
        return Event(Kind.LOCK_REFUSED, why=said(found.shut))
    try:
        epoch = 1 + await highest_epoch(plan.hosts, course.guards())
    except Refused as refused:
        return Event(Kind.LOCK_REFUSED, why=str(refused))
    owner = f"{course.ways.owner}:{plan.nonce[:8]}"
    return Event(Kind.LOCKING, epoch=epoch, facts=(("owner", owner),))


async def choose(course: Course) -> Event:
    """CHOSEN, by what is true now; PAUSED where a person wants that; NOTHING_LEFT."""
    if rests(course.operation):
        return Event(Kind.PAUSED)
    snapshot = await course.ways.observe()
    note_exposure(course, snapshot)
    step = next_step(course.plan, course.operation, snapshot)
    if step is not None:
        return Event(Kind.CHOSEN, step)
    operation = course.operation
    if operation.is_rolling_back and (operation.held or operation.exposed):
        return Event(Kind.NEEDS_HUMAN, why="rolled back, but agents are still held or exposed")
    return Event(Kind.NOTHING_LEFT)


def note_exposure(course: Course, snapshot: ClusterSnapshot) -> None:
    """Held and exposed are facts of the cluster: looked at before each step, and journalled when they change. What is
    not known ends no exposure."""
    for daemonset, _ in course.operation.held:
        if held(snapshot, daemonset, course.marked_at) is False:
            course.record(Event(Kind.HOLD_LOST, why=f"{daemonset} is no longer held", facts=((daemonset, ""),)))
    dark = exposed(snapshot)
    if dark and not course.operation.exposed:
        course.record(Event(Kind.EXPOSED, why=f"no balancer for the agents on {', '.join(dark)}"))
    if course.operation.exposed and not (dark or unsure(snapshot) or imminent(snapshot)):
        course.record(Event(Kind.COVERED))


async def prove(course: Course) -> Event:
    """PROVEN: two minutes without a break, within ten."""
    clock = course.clock
    began = clock.monotonic()
    since: float | None = None
    while True:
        found = proof(Situation(await course.ways.observe(), course.plan, None, course.operation))
        course.verdicts = found.verdicts
        since = (since if since is not None else clock.monotonic()) if found.holds else None
        if since is not None and clock.monotonic() - since >= UNBROKEN:
            return _proven(course)
        if clock.monotonic() - began >= WITHIN:
            missing = found.missing or "it did not last"
            return Event(Kind.NOT_PROVEN, why=f"not proven within {WITHIN:.0f} s: {missing}")
        held_for = clock.monotonic() - since if since is not None else 0.0
        course.show(f"proof: {held_for:.0f} of {UNBROKEN:.0f} s{': ' if found.missing else ''}{found.missing}")
        await clock.sleep(EVERY)


def _proven(course: Course) -> Event:
    if course.operation.held or course.operation.exposed:
        return Event(Kind.NOT_PROVEN, why="agents are still held or exposed")
    return Event(Kind.PROVEN)


async def unlock(course: Course) -> Event:
    left = await release(course.operation, course.plan.hosts, course.guards())
    return Event(Kind.UNLOCKED, why=f"the lock is left on {', '.join(left)}" if left else "")
