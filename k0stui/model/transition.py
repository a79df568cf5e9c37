"""What may follow what in an operation: one pure function, `advance(operation, event) -> (operation, effects)`.

The executor performs the effects it names, resume folds a journal through it, and the property tests and the
two-operator checker drive the very same function: a rule taken out here turns them red.

Source: design safety.md §5 (states), §6 (resume), §4.2 (stop, help, rollback), decision 15 (viewer lost).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import reduce

from k0stui.errors import JournalBroken
from k0stui.model.operation import Facts, Operation, OperationState, StepProgress, StepState


class Kind(Enum):
    """What can happen to an operation; the word in the journal."""

    APPROVED = "approved"
    LOCKING = "locking"
    LOCKED = "locked"
    LOCK_REFUSED = "lock-refused"
    CHOSEN = "chosen"
    GATED = "gated"
    BLOCKED = "blocked"
    NOT_NEEDED = "not-needed"
    INTENT = "intent"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    NOT_STARTED = "not-started"
    RESTARTING = "restarting"
    READY = "ready"
    VERIFIED = "verified"
    FAILED = "failed"
    NOTHING_LEFT = "nothing-left"
    PROVEN = "proven"
    NOT_PROVEN = "not-proven"
    UNLOCKED = "unlocked"
    PAUSE = "pause"
    PAUSED = "paused"
    GO_ON = "go-on"
    STOP = "stop-after-this-host"
    RESUMED = "resumed"
    HELP = "help"
    ROLL_BACK = "roll-back"
    HELD = "held"
    HOLD_LOST = "hold-lost"
    RELEASED = "released"
    EXPOSED = "exposed"
    COVERED = "covered"
    EPOCH_LOST = "epoch-lost"
    ADOPTED = "adopted"
    CLOSED = "closed"
    NEEDS_HUMAN = "needs-human"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; what a record of the journal carries."""

    kind: Kind
    step: str = ""
    why: str = ""
    epoch: int = 0
    facts: Facts = ()
    at: datetime | None = None


class Do(Enum):
    """What the executor must do next."""

    LOCK = "lock"
    CHOOSE = "choose"
    GATE = "gate"
    WRITE_INTENT = "write-intent"
    APPLY = "apply"
    OBSERVE = "observe"
    VERIFY = "verify"
    PROVE = "prove"
    UNLOCK = "unlock"
    WAIT = "wait"
    """Paused: for a person."""
    END = "end"


@dataclass(frozen=True, slots=True)
class Effect:
    do: Do
    step: str = ""


VIEWER_LOST = "viewer-lost"

Advance = tuple[Operation, tuple[Effect, ...]]


def advance(operation: Operation, event: Event) -> Advance:
    """What `event` makes of `operation`, and what must be done then.

    The journal has the event, synced, before any effect is performed: so `Do.APPLY`, which only INTENT gives, is
    never performed without a durable INTENT.

    Raises:
        JournalBroken: that cannot happen now; the journal, or whoever calls, is wrong.
    """
    _only(not operation.state.is_over or event.kind is Kind.ADOPTED, operation, event)
    changed, effects = _TABLE[event.kind](operation, event)
    return replace(changed, since=event.at or operation.since), effects


def rests(operation: Operation) -> bool:
    """Whether to stop at the next boundary. While exposed a lost viewer does not: stopped would be the worse state."""
    return bool(operation.pausing) and not (operation.exposed and operation.pausing == VIEWER_LOST)


def fold(start: Operation, events: Iterable[Event]) -> Operation:
    """The operation after `events`; raises as `advance`."""
    return reduce(lambda operation, event: advance(operation, event)[0], events, start)


# -- the table ---------------------------------------------------------------------------------------------------------

_UNBEGUN = (StepState.PENDING, StepState.GATED)
_CHOOSE = (Effect(Do.CHOOSE),)
_WAIT = (Effect(Do.WAIT),)
_ACTING = (OperationState.RUNNING, OperationState.ROLLING_BACK)


def _only(allowed: bool, operation: Operation, event: Event) -> None:
    if not allowed:
        what = f"{event.kind.value} {event.step}".strip()
        raise JournalBroken(f"operation {operation.id} is {operation.state.value}: {what!r} cannot happen now")


def _put(operation: Operation, event: Event, **changes: object) -> Operation:
    """`operation` with one step changed."""
    steps = tuple(
        replace(step, since=event.at or step.since, **changes) if step.id == event.step else step  # type: ignore[arg-type]
        for step in operation.steps
    )
    return replace(operation, steps=steps)


def _step(operation: Operation, event: Event, *states: StepState) -> StepProgress:
    """The event's step, which must be in one of `states`."""
    found = next((step for step in operation.steps if step.id == event.step), None)
    _only(found is not None and found.state in states, operation, event)
    assert found is not None
    return found


def _working(operation: Operation) -> OperationState:
    return OperationState.ROLLING_BACK if operation.is_rolling_back else OperationState.RUNNING


def _settle(operation: Operation) -> Advance:
    """After a step: go on, unless it pauses already, as after an adoption, or a pause was asked for."""
    if operation.state is OperationState.PAUSED:
        return operation, _WAIT
    if rests(operation):
        return _pause(operation, operation.pausing)
    return replace(operation, state=_working(operation)), _CHOOSE


def _pause(operation: Operation, why: str) -> Advance:
    return replace(operation, state=OperationState.PAUSED, reason=why, pausing=""), _WAIT


def _to(state: OperationState, effect: Do, *before: OperationState) -> Callable[[Operation, Event], Advance]:
    """A row that only moves the operation."""

    def row(operation: Operation, event: Event) -> Advance:
        _only(operation.state in before, operation, event)
        epoch, owner = event.epoch or operation.epoch, dict(event.facts).get("owner", operation.owner)
        moved = replace(operation, state=state, epoch=epoch, owner=owner, reason=event.why)
        return moved, (Effect(effect),)

    return row


def _chosen(operation: Operation, event: Event) -> Advance:
    """One step at a time: nothing is chosen while anything is in flight or has failed."""
    _only(operation.state in (OperationState.LOCKED, *_ACTING) and not operation.in_flight, operation, event)
    step = _step(operation, event, *_UNBEGUN)
    _only(step in operation.open_steps and not operation.failed, operation, event)
    changed = _put(operation, event, state=StepState.PENDING, why="gates")
    return replace(changed, state=_working(operation)), (Effect(Do.GATE, event.step),)


def _gated(operation: Operation, event: Event) -> Advance:
    _only(operation.state in _ACTING and not operation.in_flight, operation, event)
    _step(operation, event, StepState.PENDING)
    return _put(operation, event, state=StepState.GATED, why=""), (Effect(Do.WRITE_INTENT, event.step),)


def _blocked(operation: Operation, event: Event) -> Advance:
    _only(operation.state in _ACTING, operation, event)
    _step(operation, event, *_UNBEGUN)
    return _pause(_put(operation, event, state=StepState.PENDING, why=event.why), event.why)


def _not_needed(operation: Operation, event: Event) -> Advance:
    _only(operation.state in _ACTING, operation, event)
    _step(operation, event, *_UNBEGUN)
    return _settle(_put(operation, event, state=StepState.VERIFIED, why=event.why or "nothing to do"))


def _intent(operation: Operation, event: Event) -> Advance:
    step = _step(operation, event, StepState.GATED)
    _only(operation.state in _ACTING and not operation.in_flight, operation, event)
    changed = _put(operation, event, state=StepState.INTENT, attempt=step.attempt + 1, facts=event.facts, why="")
    return changed, (Effect(Do.APPLY, event.step),)


def _refused(operation: Operation, event: Event) -> Advance:
    """The guard, or the API, said no: for certain nothing was done."""
    _step(operation, event, StepState.INTENT)
    return _pause(_put(operation, event, state=StepState.PENDING, why=event.why), event.why)


def _not_started(operation: Operation, event: Event) -> Advance:
    """The host says so, and the request is too old to be carried out: gates again."""
    _step(operation, event, StepState.INTENT, StepState.ACCEPTED)
    return _settle(_put(operation, event, state=StepState.PENDING, why=event.why))


def _moves(state: StepState, effect: Do, *before: StepState) -> Callable[[Operation, Event], Advance]:
    """A row that only moves the step."""

    def row(operation: Operation, event: Event) -> Advance:
        _step(operation, event, *before)
        return _put(operation, event, state=state, why=event.why), (Effect(effect, event.step),)

    return row


def _unknown(operation: Operation, event: Event) -> Advance:
    _step(operation, event, StepState.INTENT, StepState.ACCEPTED, StepState.RESTARTING, StepState.READY)
    return _put(operation, event, why=event.why), (Effect(Do.OBSERVE, event.step),)


def _verified(operation: Operation, event: Event) -> Advance:
    _step(operation, event, StepState.READY)
    return _settle(_put(operation, event, state=StepState.VERIFIED, why="", helping=False))


def _failed(operation: Operation, event: Event) -> Advance:
    _step(operation, event, StepState.INTENT, StepState.ACCEPTED, StepState.RESTARTING, StepState.READY)
    return _pause(_put(operation, event, state=StepState.FAILED, why=event.why), f"{event.step} failed: {event.why}")


def _nothing_left(operation: Operation, event: Event) -> Advance:
    _only(operation.state in (OperationState.LOCKED, *_ACTING), operation, event)
    _only(not (operation.open_steps or operation.in_flight or operation.failed), operation, event)
    if operation.is_rolling_back:
        _only(not (operation.held or operation.exposed), operation, event)
        return replace(operation, state=OperationState.ROLLED_BACK, reason=""), (Effect(Do.UNLOCK),)
    return replace(operation, state=OperationState.SOAK), (Effect(Do.PROVE),)


def _proven(operation: Operation, event: Event) -> Advance:
    """DONE needs every step verified, nobody held, nobody exposed (I7)."""
    _only(operation.state is OperationState.SOAK and not (operation.held or operation.exposed), operation, event)
    _only(all(step.state is StepState.VERIFIED for step in operation.steps), operation, event)
    return replace(operation, state=OperationState.DONE, reason=""), (Effect(Do.UNLOCK),)


def _not_proven(operation: Operation, event: Event) -> Advance:
    _only(operation.state is OperationState.SOAK, operation, event)
    return _pause(operation, event.why)


def _unlocked(operation: Operation, event: Event) -> Advance:
    _only(operation.state in (OperationState.DONE, OperationState.ROLLED_BACK), operation, event)
    return replace(operation, state=OperationState.UNLOCKED, reason=operation.state.value), (Effect(Do.END),)


def _ask_pause(operation: Operation, event: Event) -> Advance:
    asked = replace(operation, pausing=event.why or "asked")
    return asked, ()


def _paused(operation: Operation, event: Event) -> Advance:
    """A boundary is reached at which the pause that was asked for can begin."""
    _only(operation.state in (OperationState.LOCKED, *_ACTING) and not operation.in_flight, operation, event)
    _only(rests(operation), operation, event)
    return _pause(operation, operation.pausing)


def _stop(operation: Operation, event: Event) -> Advance:
    return replace(operation, pausing=event.why or "stop after this host", stopping=True), ()


def _go_on(operation: Operation, event: Event) -> Advance:
    """Not past a failed step: that one can only be helped or rolled back."""
    _only(operation.state is OperationState.PAUSED and not operation.failed, operation, event)
    ready = replace(operation, state=_working(operation), reason="", pausing="", stopping=False)
    return ready, _again(ready)


def _resumed(operation: Operation, event: Event) -> Advance:
    """A new process took the journal up: gated steps are gated again, intents are asked of their hosts."""
    steps = tuple(
        replace(step, state=StepState.PENDING) if step.state is StepState.GATED else step for step in operation.steps
    )
    taken = replace(operation, steps=steps, stopping=False)
    effects: dict[OperationState, tuple[Effect, ...]] = {
        OperationState.PLANNED: (Effect(Do.WAIT),),
        OperationState.APPROVED: (Effect(Do.LOCK),),
        OperationState.LOCKING: (Effect(Do.LOCK),),
        OperationState.SOAK: (Effect(Do.PROVE),),
        OperationState.DONE: (Effect(Do.UNLOCK),),
        OperationState.ROLLED_BACK: (Effect(Do.UNLOCK),),
        OperationState.NEEDS_HUMAN: _WAIT,
    }
    return taken, effects.get(taken.state) or _again(taken)


def _again(operation: Operation) -> tuple[Effect, ...]:
    """What to do first after a pause or a crash: look at what is in flight, act on nothing before."""
    flying = tuple(
        Effect(Do.VERIFY if step.state is StepState.READY else Do.OBSERVE, step.id) for step in operation.in_flight
    )
    return flying or (_WAIT if operation.state is OperationState.PAUSED else _CHOOSE)


def _help(operation: Operation, event: Event) -> Advance:
    """Restart a failed host once more; it is down already, so nothing is lost by it."""
    _only(operation.state is OperationState.PAUSED and not operation.in_flight, operation, event)
    _step(operation, event, StepState.FAILED)
    changed = _put(operation, event, state=StepState.PENDING, why="", helping=True)
    return replace(changed, state=_working(operation), pausing="helped", reason=""), (Effect(Do.GATE, event.step),)


def _roll_back(operation: Operation, event: Event) -> Advance:
    """Everything begun is to be taken back, newest first; what was never begun stays so."""
    _only(
        operation.state in (OperationState.PAUSED, OperationState.NEEDS_HUMAN) and not operation.in_flight,
        operation,
        event,
    )
    _only(not operation.is_rolling_back, operation, event)
    steps = tuple(
        replace(step, state=StepState.PENDING, back=True, why="") if step.attempt else step for step in operation.steps
    )
    return replace(
        operation, state=OperationState.ROLLING_BACK, steps=steps, reason="", pausing="", stopping=False
    ), _CHOOSE


def _held(operation: Operation, event: Event) -> Advance:
    kept = dict(operation.held)
    return replace(operation, held=(*operation.held, *(fact for fact in event.facts if fact[0] not in kept))), ()


def _released(operation: Operation, event: Event) -> Advance:
    gone = {name for name, _ in event.facts}
    return replace(operation, held=tuple(fact for fact in operation.held if fact[0] not in gone)), ()


def _hold_lost(operation: Operation, event: Event) -> Advance:
    lost, _ = _released(operation, event)
    return _exposed(lost, event)


def _exposed(operation: Operation, event: Event) -> Advance:
    return replace(operation, exposed=True, exposed_since=operation.exposed_since or event.at), ()


def _covered(operation: Operation, event: Event) -> Advance:
    return replace(operation, exposed=False, exposed_since=None), ()


def _epoch_lost(operation: Operation, event: Event) -> Advance:
    return replace(operation, state=OperationState.HANDED_OVER, epoch=event.epoch, reason=event.why), (Effect(Do.END),)


def _adopted(operation: Operation, event: Event) -> Advance:
    """Taken over with a higher epoch. Nothing goes on by itself."""
    owner = dict(event.facts).get("owner", operation.owner)
    never = (OperationState.PLANNED, OperationState.APPROVED, OperationState.UNLOCKED)
    _only(operation.state not in never and event.epoch > operation.epoch, operation, event)
    steps = tuple(
        replace(step, state=StepState.PENDING) if step.state is StepState.GATED else step for step in operation.steps
    )
    taken = replace(
        operation,
        epoch=event.epoch,
        owner=owner,
        state=OperationState.PAUSED,
        reason="adopted",
        pausing="",
        steps=steps,
    )
    return taken, _again(taken)


def _closed(operation: Operation, event: Event) -> Advance:
    _only(
        operation.state in (OperationState.PAUSED, OperationState.NEEDS_HUMAN) and not operation.in_flight,
        operation,
        event,
    )
    leftovers = tuple(value for _, value in event.facts)
    return replace(operation, state=OperationState.UNLOCKED, reason="closed", leftovers=leftovers), (Effect(Do.END),)


def _needs_human(operation: Operation, event: Event) -> Advance:
    return replace(operation, state=OperationState.NEEDS_HUMAN, reason=event.why), _WAIT


_FLYING = (StepState.INTENT, StepState.ACCEPTED, StepState.RESTARTING, StepState.READY)

_TABLE: dict[Kind, Callable[[Operation, Event], Advance]] = {
    Kind.APPROVED: _to(OperationState.APPROVED, Do.LOCK, OperationState.PLANNED),
    Kind.LOCKING: _to(OperationState.LOCKING, Do.LOCK, OperationState.APPROVED, OperationState.LOCKING),
    Kind.LOCKED: _to(OperationState.LOCKED, Do.CHOOSE, OperationState.LOCKING),
    Kind.LOCK_REFUSED: _to(OperationState.UNLOCKED, Do.END, OperationState.APPROVED, OperationState.LOCKING),
    Kind.CHOSEN: _chosen,
    Kind.GATED: _gated,
    Kind.BLOCKED: _blocked,
    Kind.NOT_NEEDED: _not_needed,
    Kind.INTENT: _intent,
    Kind.ACCEPTED: _moves(StepState.ACCEPTED, Do.OBSERVE, StepState.INTENT),
    Kind.REFUSED: _refused,
    Kind.UNKNOWN: _unknown,
    Kind.NOT_STARTED: _not_started,
    Kind.RESTARTING: _moves(StepState.RESTARTING, Do.OBSERVE, StepState.INTENT, StepState.ACCEPTED),
    Kind.READY: _moves(StepState.READY, Do.VERIFY, *_FLYING),
    Kind.VERIFIED: _verified,
    Kind.FAILED: _failed,
    Kind.NOTHING_LEFT: _nothing_left,
    Kind.PROVEN: _proven,
    Kind.NOT_PROVEN: _not_proven,
    Kind.UNLOCKED: _unlocked,
    Kind.PAUSE: _ask_pause,
    Kind.PAUSED: _paused,
    Kind.GO_ON: _go_on,
    Kind.STOP: _stop,
    Kind.RESUMED: _resumed,
    Kind.HELP: _help,
    Kind.ROLL_BACK: _roll_back,
    Kind.HELD: _held,
    Kind.HOLD_LOST: _hold_lost,
    Kind.RELEASED: _released,
    Kind.EXPOSED: _exposed,
    Kind.COVERED: _covered,
    Kind.EPOCH_LOST: _epoch_lost,
    Kind.ADOPTED: _adopted,
    Kind.CLOSED: _closed,
    Kind.NEEDS_HUMAN: _needs_human,
}
"""Every kind has its row; a kind without one is a KeyError in the first test."""
