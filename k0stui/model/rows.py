"""What the rows of the transition table share: what may not happen now, and how an operation settles after a step."""

from __future__ import annotations

from dataclasses import replace

from k0stui.errors import JournalBroken
from k0stui.model.event import Do, Effect, Event
from k0stui.model.operation import Operation, OperationState, StepProgress, StepState

Advance = tuple[Operation, tuple[Effect, ...]]
"""The operation after an event, and what must be done then."""

VIEWER_LOST = "viewer-lost"

UNBEGUN = (StepState.PENDING, StepState.GATED)
FLYING = (StepState.INTENT, StepState.ACCEPTED, StepState.RESTARTING, StepState.READY)
ACTING = (OperationState.RUNNING, OperationState.ROLLING_BACK)
CHOOSE = (Effect(Do.CHOOSE),)
WAIT = (Effect(Do.WAIT),)


def rests(operation: Operation) -> bool:
    """Whether to stop at the next boundary. While exposed a lost viewer does not: stopped would be the worse state."""
    return bool(operation.pausing) and not (operation.exposed and operation.pausing == VIEWER_LOST)


def only(allowed: bool, operation: Operation, event: Event) -> None:
    if not allowed:
        what = f"{event.kind.value} {event.step}".strip()
        raise JournalBroken(f"operation {operation.id} is {operation.state.value}: {what!r} cannot happen now")


def put(operation: Operation, event: Event, **changes: object) -> Operation:
    """`operation` with one step changed."""
    steps = tuple(
        replace(step, since=event.at or step.since, **changes) if step.id == event.step else step  # type: ignore[arg-type]
        for step in operation.steps
    )
    return replace(operation, steps=steps)


BOOT = "boot of "
"""How the name of a fact begins that tells a host's boot id."""


def with_boots(operation: Operation, event: Event) -> Operation:
    """The boot ids that the event tells take the place of older ones."""
    told = {name.removeprefix(BOOT): value for name, value in event.facts if name.startswith(BOOT)}
    return replace(operation, boots=tuple({**dict(operation.boots), **told}.items()))


def step_in(operation: Operation, event: Event, *states: StepState) -> StepProgress:
    """The event's step, which must be in one of `states`."""
    found = next((step for step in operation.steps if step.id == event.step), None)
    only(found is not None and found.state in states, operation, event)
    assert found is not None
    return found


def is_free(operation: Operation, step: StepProgress) -> bool:
    """Whether this step may be begun: nothing is in flight, but for others of its batch."""
    return all(flying.batch == step.batch != "" for flying in operation.in_flight)


def working(operation: Operation) -> OperationState:
    return OperationState.ROLLING_BACK if operation.is_rolling_back else OperationState.RUNNING


def settle(operation: Operation) -> Advance:
    """After a step: go on, unless it pauses already, as after an adoption, or a pause was asked for.

    Where others of its batch are in flight still, the last of them settles it.
    """
    if operation.in_flight:
        return operation, ()
    if operation.state is OperationState.PAUSED:
        return operation, WAIT
    if rests(operation):
        return paused_for(operation, operation.pausing)
    return replace(operation, state=working(operation)), CHOOSE


def paused_for(operation: Operation, why: str) -> Advance:
    return replace(operation, state=OperationState.PAUSED, reason=why, pausing=""), WAIT
