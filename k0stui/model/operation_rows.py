"""What each event makes of an operation as a whole: locked, paused, taken up again, rolled back, adopted, ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from k0stui.model.event import Do, Effect, Event
from k0stui.model.operation import Operation, OperationState, StepState
from k0stui.model.rows import ACTING, CHOOSE, WAIT, Advance, only, paused_for, rests, with_boots, working


def moves_operation(
    state: OperationState, effect: Do, *before: OperationState
) -> Callable[[Operation, Event], Advance]:
    """A row that only moves the operation."""

    def row(operation: Operation, event: Event) -> Advance:
        only(operation.state in before, operation, event)
        epoch, owner = event.epoch or operation.epoch, dict(event.facts).get("owner", operation.owner)
        moved = replace(operation, state=state, epoch=epoch, owner=owner, reason=event.why)
        return moved, (Effect(effect),)

    return row


def nothing_left(operation: Operation, event: Event) -> Advance:
    only(operation.state in (OperationState.LOCKED, *ACTING), operation, event)
    only(not (operation.open_steps or operation.in_flight or operation.failed), operation, event)
    if operation.is_rolling_back:
        only(not (operation.held or operation.exposed), operation, event)
        return replace(operation, state=OperationState.ROLLED_BACK, reason=""), (Effect(Do.UNLOCK),)
    return replace(operation, state=OperationState.SOAK), (Effect(Do.PROVE),)


def proven(operation: Operation, event: Event) -> Advance:
    """DONE needs every step verified, nobody held, nobody exposed (I7)."""
    only(operation.state is OperationState.SOAK and not (operation.held or operation.exposed), operation, event)
    only(all(step.state is StepState.VERIFIED for step in operation.steps), operation, event)
    return replace(operation, state=OperationState.DONE, reason=""), (Effect(Do.UNLOCK),)


def not_proven(operation: Operation, event: Event) -> Advance:
    only(operation.state is OperationState.SOAK, operation, event)
    return paused_for(operation, event.why)


def unlocked(operation: Operation, event: Event) -> Advance:
    only(operation.state in (OperationState.DONE, OperationState.ROLLED_BACK), operation, event)
    left = (event.why,) if event.why else ()
    over = replace(operation, state=OperationState.UNLOCKED, reason=operation.state.value, leftovers=left)
    return over, (Effect(Do.END),)


def pause_asked(operation: Operation, event: Event) -> Advance:
    asked = replace(operation, pausing=event.why or "asked")
    return asked, ()


def paused(operation: Operation, event: Event) -> Advance:
    """A boundary is reached at which the pause that was asked for can begin."""
    only(operation.state in (OperationState.LOCKED, *ACTING) and not operation.in_flight, operation, event)
    only(rests(operation), operation, event)
    return paused_for(operation, operation.pausing)


def stop_asked(operation: Operation, event: Event) -> Advance:
    return replace(operation, pausing=event.why or "stop after this host", stopping=True), ()


def gone_on(operation: Operation, event: Event) -> Advance:
    """Not past a failed step: that one can only be helped or rolled back."""
    only(operation.state is OperationState.PAUSED and not operation.failed, operation, event)
    ready = replace(operation, state=working(operation), reason="", pausing="", stopping=False)
    return ready, again(ready)


def resumed(operation: Operation, event: Event) -> Advance:
    """A new process took the journal up: gated steps are gated again, intents are asked of their hosts."""
    steps = tuple(
        replace(step, state=StepState.PENDING) if step.state is StepState.GATED else step for step in operation.steps
    )
    taken = replace(with_boots(operation, event), steps=steps, stopping=False)
    if taken.state is OperationState.NEEDS_HUMAN and taken.in_flight:
        # What became of that is what a person needs to know first; it is asked, and nothing else is done.
        taken = replace(taken, state=OperationState.PAUSED)
        return taken, again(taken)
    effects: dict[OperationState, tuple[Effect, ...]] = {
        OperationState.PLANNED: (Effect(Do.WAIT),),
        OperationState.APPROVED: (Effect(Do.LOCK),),
        OperationState.LOCKING: (Effect(Do.LOCK),),
        OperationState.SOAK: (Effect(Do.PROVE),),
        OperationState.DONE: (Effect(Do.UNLOCK),),
        OperationState.ROLLED_BACK: (Effect(Do.UNLOCK),),
        OperationState.NEEDS_HUMAN: WAIT,
    }
    return taken, effects.get(taken.state) or again(taken)


def again(operation: Operation) -> tuple[Effect, ...]:
    """What to do first after a pause or a crash: look at what is in flight, act on nothing before."""
    flying = tuple(
        Effect(Do.VERIFY if step.state is StepState.READY else Do.OBSERVE, step.id) for step in operation.in_flight
    )
    return flying or (WAIT if operation.state is OperationState.PAUSED else CHOOSE)


def rolling_back(operation: Operation, event: Event) -> Advance:
    """Everything begun is to be taken back, newest first; what was never begun stays so. A host that failed is down
    already: it is helped by that, so no gate asks of it what it cannot pass."""
    only(
        operation.state in (OperationState.PAUSED, OperationState.NEEDS_HUMAN) and not operation.in_flight,
        operation,
        event,
    )
    only(not operation.is_rolling_back, operation, event)
    steps = tuple(
        replace(step, state=StepState.PENDING, back=True, why="", helping=step.state is StepState.FAILED)
        if step.attempt
        else step
        for step in operation.steps
    )
    return replace(
        operation, state=OperationState.ROLLING_BACK, steps=steps, reason="", pausing="", stopping=False
    ), CHOOSE


def held(operation: Operation, event: Event) -> Advance:
    kept = dict(operation.held)
    return replace(operation, held=(*operation.held, *(fact for fact in event.facts if fact[0] not in kept))), ()


def released(operation: Operation, event: Event) -> Advance:
    gone = {name for name, _ in event.facts}
    return replace(operation, held=tuple(fact for fact in operation.held if fact[0] not in gone)), ()


def hold_lost(operation: Operation, event: Event) -> Advance:
    lost, _ = released(operation, event)
    return exposed(lost, event)


def exposed(operation: Operation, event: Event) -> Advance:
    return replace(operation, exposed=True, exposed_since=operation.exposed_since or event.at), ()


def covered(operation: Operation, event: Event) -> Advance:
    return replace(operation, exposed=False, exposed_since=None), ()


def epoch_lost(operation: Operation, event: Event) -> Advance:
    return replace(operation, state=OperationState.HANDED_OVER, epoch=event.epoch, reason=event.why), (Effect(Do.END),)


def adopted(operation: Operation, event: Event) -> Advance:
    """Taken over with a higher epoch. Nothing goes on by itself."""
    owner = dict(event.facts).get("owner", operation.owner)
    never = (OperationState.PLANNED, OperationState.APPROVED, OperationState.UNLOCKED)
    only(operation.state not in never and event.epoch > operation.epoch, operation, event)
    steps = tuple(
        replace(step, state=StepState.PENDING) if step.state is StepState.GATED else step for step in operation.steps
    )
    taken = replace(
        with_boots(operation, event),
        epoch=event.epoch,
        owner=owner,
        state=OperationState.PAUSED,
        reason="adopted",
        pausing="",
        steps=steps,
    )
    return taken, again(taken)


def closed(operation: Operation, event: Event) -> Advance:
    only(
        operation.state in (OperationState.PAUSED, OperationState.NEEDS_HUMAN) and not operation.in_flight,
        operation,
        event,
    )
    leftovers = tuple(value for _, value in event.facts)
    return replace(operation, state=OperationState.UNLOCKED, reason="closed", leftovers=leftovers), (Effect(Do.END),)


def needs_human(operation: Operation, event: Event) -> Advance:
    return replace(operation, state=OperationState.NEEDS_HUMAN, reason=event.why), WAIT
