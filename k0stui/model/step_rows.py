"""What each event makes of one step: from the choice of it through gates, intent and act to verified or failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from k0stui.model.event import Do, Effect, Event
from k0stui.model.operation import Operation, OperationState, StepState
from k0stui.model.rows import (
    ACTING,
    FLYING,
    UNBEGUN,
    Advance,
    is_free,
    only,
    paused_for,
    put,
    rests,
    settle,
    step_in,
    with_boots,
    working,
)


def chosen(operation: Operation, event: Event) -> Advance:
    """One step at a time: nothing is chosen while anything is in flight or has failed."""
    only(operation.state in (OperationState.LOCKED, *ACTING) and not operation.in_flight, operation, event)
    step = step_in(operation, event, *UNBEGUN)
    only(step in operation.open_steps and not operation.failed, operation, event)
    changed = put(operation, event, state=StepState.PENDING, why="gates")
    return replace(changed, state=working(operation)), (Effect(Do.GATE, event.step),)


def gated(operation: Operation, event: Event) -> Advance:
    step = step_in(operation, event, StepState.PENDING)
    only(operation.state in ACTING and is_free(operation, step), operation, event)
    return put(operation, event, state=StepState.GATED, why=""), (Effect(Do.WRITE_INTENT, event.step),)


def blocked(operation: Operation, event: Event) -> Advance:
    only(operation.state in ACTING, operation, event)
    step_in(operation, event, *UNBEGUN)
    return paused_for(put(operation, event, state=StepState.PENDING, why=event.why), event.why)


def not_needed(operation: Operation, event: Event) -> Advance:
    """What was never begun counts as verified. What was begun before, and may have failed, has yet to be: it is so, but
    whether what it waited for has come is asked again."""
    only(operation.state in ACTING, operation, event)
    step = step_in(operation, event, *UNBEGUN)
    if step.attempt and not step.back:
        only(is_free(operation, step), operation, event)
        return put(operation, event, state=StepState.READY, why=event.why), (Effect(Do.VERIFY, event.step),)
    return settle(put(operation, event, state=StepState.VERIFIED, why=event.why or "nothing to do"))


def intent(operation: Operation, event: Event) -> Advance:
    step = step_in(operation, event, StepState.GATED)
    only(operation.state in ACTING and is_free(operation, step), operation, event)
    changed = put(operation, event, state=StepState.INTENT, attempt=step.attempt + 1, facts=event.facts, why="")
    return changed, (Effect(Do.APPLY, event.step),)


def accepted(operation: Operation, event: Event) -> Advance:
    """Its restart is under way: the next one of its batch is begun before it is observed."""
    step = step_in(operation, event, StepState.INTENT)
    changed = put(operation, event, state=StepState.ACCEPTED, why=event.why)
    mates = [it for it in operation.open_steps if step.batch and it.batch == step.batch]
    waits = operation.state is OperationState.PAUSED or rests(operation) or operation.failed
    next_one = (Effect(Do.GATE, mates[0].id),) if mates and not waits else ()
    return changed, (*next_one, Effect(Do.OBSERVE, event.step))


def refused(operation: Operation, event: Event) -> Advance:
    """The guard, or the API, said no: for certain nothing was done."""
    step_in(operation, event, StepState.INTENT)
    return paused_for(put(operation, event, state=StepState.PENDING, why=event.why), event.why)


def not_started(operation: Operation, event: Event) -> Advance:
    """The host says so, and the request can be carried out no more: gates again."""
    step_in(operation, event, StepState.INTENT, StepState.ACCEPTED)
    return settle(with_boots(put(operation, event, state=StepState.PENDING, why=event.why), event))


def moves_step(state: StepState, effect: Do, *before: StepState) -> Callable[[Operation, Event], Advance]:
    """A row that only moves the step."""

    def row(operation: Operation, event: Event) -> Advance:
        step_in(operation, event, *before)
        return put(operation, event, state=state, why=event.why), (Effect(effect, event.step),)

    return row


def unknown(operation: Operation, event: Event) -> Advance:
    step_in(operation, event, *FLYING)
    return put(operation, event, why=event.why), (Effect(Do.OBSERVE, event.step),)


def verified(operation: Operation, event: Event) -> Advance:
    step_in(operation, event, StepState.READY)
    return settle(put(operation, event, state=StepState.VERIFIED, why="", helping=False))


def failed(operation: Operation, event: Event) -> Advance:
    step_in(operation, event, *FLYING)
    return paused_for(put(operation, event, state=StepState.FAILED, why=event.why), f"{event.step} failed: {event.why}")


def helped(operation: Operation, event: Event) -> Advance:
    """Restart a failed host once more; it is down already, so nothing is lost by it."""
    only(operation.state is OperationState.PAUSED and not operation.in_flight, operation, event)
    step_in(operation, event, StepState.FAILED)
    changed = put(operation, event, state=StepState.PENDING, why="", helping=True)
    return replace(changed, state=working(operation), pausing="helped", reason=""), (Effect(Do.GATE, event.step),)
