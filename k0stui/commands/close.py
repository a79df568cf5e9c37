"""`k0stui close [OP]`: end an operation that will not go on, as it is; its lock is given back.

What stays behind (agents held, controllers with different configs) is written down and shown before the name is typed.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from k0stui.commands import carrying, following
from k0stui.commands.acting import guard_of
from k0stui.commands.confirming import confirmed
from k0stui.commands.opening import observing
from k0stui.commands.printing import show_lines, show_report
from k0stui.engine.journal import Journal, find
from k0stui.engine.locking import release
from k0stui.engine.observe import Watch
from k0stui.errors import UsageError
from k0stui.model.event import Event, Kind
from k0stui.model.operation import Operation, OperationState, Plan, StepState

CLOSED, NOT_CLOSED = 0, 1


def run(arguments: argparse.Namespace) -> int:
    return asyncio.run(_close(arguments, find(carrying.home(), arguments.operation or "")))


async def _close(arguments: argparse.Namespace, directory: Path) -> int:
    if await following.is_carried(directory):
        raise UsageError(f"{directory.name} is being carried out; stop it first.")
    journal, plan = Journal.reopen(directory), carrying.plan_in(directory)
    try:
        journal.claim()
        operation = journal.operation
        if operation.state.is_over:
            return await _freed(arguments, operation, plan, carrying.name_to_type(directory, plan))
        if operation.in_flight:
            raise UsageError(f"what became of {operation.in_flight[0].id} is not known: resume it first, or adopt it.")
        left = leftovers(operation, plan)
        show_report(
            [f"{operation.id}: left behind: {one}" for one in left] or [f"{operation.id}: nothing is left behind"]
        )
        wanted = carrying.name_to_type(directory, plan)
        if not await confirmed(arguments.confirm, wanted, f"close {operation.id}"):
            return NOT_CLOSED
        async with observing(arguments) as watch:
            await watch.look()
            still = await closed(watch, journal, plan, left)
    finally:
        journal.close()
    show_lines([f"{operation.id} is closed" + (f"; its lock is left on {', '.join(still)}" if still else "")])
    return NOT_CLOSED if still else CLOSED


async def _freed(arguments: argparse.Namespace, operation: Operation, plan: Plan, wanted: str) -> int:
    """Of one that is over only a lock can be left, on a host that was away then: it is given back now."""
    show_report([f"{operation.id} is over; its lock is given back where it was left."])
    if not await confirmed(arguments.confirm, wanted, f"free the lock of {operation.id}"):
        return NOT_CLOSED
    async with observing(arguments) as watch:
        await watch.look()
        still = await _released(watch, operation, plan)
    show_lines([f"its lock is left on {', '.join(still)}" if still else f"{operation.id} holds no lock on any host"])
    return NOT_CLOSED if still else CLOSED


async def closed(watch: Watch, journal: Journal, plan: Plan, left: tuple[str, ...]) -> tuple[str, ...]:
    """End it: journal first, then the lock is given back. The hosts on which that could not be done."""
    before = journal.operation
    for event in way_to_the_end(before, left):
        journal.append(event, watch.clock.now(), watch.clock.monotonic())
    never = (OperationState.PLANNED, OperationState.APPROVED)
    return () if before.state in never else await _released(watch, before, plan)


async def _released(watch: Watch, operation: Operation, plan: Plan) -> tuple[str, ...]:
    guards = {name: guard_of(shell, operation) for name, shell in watch.shells().items()}
    return await release(operation, plan.hosts, guards)


def leftovers(operation: Operation, plan: Plan) -> tuple[str, ...]:
    """What is neither as before nor as planned."""
    found = [f"{name} is held (OnDelete): no pod of it moves by itself" for name, _ in operation.held]
    if operation.exposed:
        found.append("agents are exposed: they dial a balancer that is not there; restart-workers ends that")
    found += [f"{step.id} failed: {step.why}" for step in operation.failed]
    configs = [step for step in operation.steps if plan.step(step.id).kind == "restart-controller" and plan.diffs]
    new = [step for step in configs if step.state is StepState.VERIFIED and not step.back]
    if 0 < len(new) < len(configs):
        found.append(f"controllers differ: only {', '.join(str(step.host) for step in new)} run the new config")
    return tuple(found)


def way_to_the_end(operation: Operation, left: tuple[str, ...]) -> tuple[Event, ...]:
    """The events that lead from where it stands to its end; the table takes no shorter way."""
    closed = Event(Kind.CLOSED, why="closed", facts=tuple((str(number), one) for number, one in enumerate(left)))
    match operation.state:
        case OperationState.PLANNED:
            return (Event(Kind.APPROVED), Event(Kind.LOCK_REFUSED, why="closed"))
        case OperationState.APPROVED | OperationState.LOCKING:
            return (Event(Kind.LOCK_REFUSED, why="closed"),)
        case OperationState.PAUSED | OperationState.NEEDS_HUMAN:
            return (closed,)
        case OperationState.SOAK:
            return (Event(Kind.NOT_PROVEN, why="closed"), closed)
        case OperationState.DONE | OperationState.ROLLED_BACK:
            return (Event(Kind.UNLOCKED),)
        case _:
            return (Event(Kind.PAUSE, why="closing"), Event(Kind.PAUSED), closed)
