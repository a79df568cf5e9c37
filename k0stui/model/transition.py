"""What may follow what in an operation: one pure function, `advance(operation, event) -> (operation, effects)`.

The executor performs the effects it names, resume folds a journal through it, and the property tests and the
two-operator checker drive the very same function: a rule taken out here turns them red.

Source: design safety.md §5 (states), §6 (resume), §4.2 (stop, help, rollback), decision 15 (viewer lost).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import reduce

from k0stui.model import operation_rows, step_rows
from k0stui.model.event import Do, Event, Kind
from k0stui.model.operation import Operation, OperationState, StepState
from k0stui.model.rows import FLYING, Advance, only


def advance(operation: Operation, event: Event) -> Advance:
    """What `event` makes of `operation`, and what must be done then.

    The journal has the event, synced, before any effect is performed: so `Do.APPLY`, which only INTENT gives, is
    never performed without a durable INTENT.

    Raises:
        JournalBroken: that cannot happen now; the journal, or whoever calls, is wrong.
    """
    only(not operation.state.is_over or event.kind is Kind.ADOPTED, operation, event)
    changed, effects = TABLE[event.kind](operation, event)
    return replace(changed, since=event.at or operation.since), effects


def fold(start: Operation, events: Iterable[Event]) -> Operation:
    """The operation after `events`; raises as `advance`."""
    return reduce(lambda operation, event: advance(operation, event)[0], events, start)


TABLE: dict[Kind, Callable[[Operation, Event], Advance]] = {
    Kind.APPROVED: operation_rows.moves_operation(OperationState.APPROVED, Do.LOCK, OperationState.PLANNED),
    Kind.LOCKING: operation_rows.moves_operation(
        OperationState.LOCKING, Do.LOCK, OperationState.APPROVED, OperationState.LOCKING
    ),
    Kind.LOCKED: operation_rows.moves_operation(OperationState.LOCKED, Do.CHOOSE, OperationState.LOCKING),
    Kind.LOCK_REFUSED: operation_rows.moves_operation(
        OperationState.UNLOCKED, Do.END, OperationState.APPROVED, OperationState.LOCKING
    ),
    Kind.CHOSEN: step_rows.chosen,
    Kind.GATED: step_rows.gated,
    Kind.BLOCKED: step_rows.blocked,
    Kind.NOT_NEEDED: step_rows.not_needed,
    Kind.INTENT: step_rows.intent,
    Kind.ACCEPTED: step_rows.accepted,
    Kind.REFUSED: step_rows.refused,
    Kind.UNKNOWN: step_rows.unknown,
    Kind.NOT_STARTED: step_rows.not_started,
    Kind.RESTARTING: step_rows.moves_step(StepState.RESTARTING, Do.OBSERVE, StepState.INTENT, StepState.ACCEPTED),
    Kind.READY: step_rows.moves_step(StepState.READY, Do.VERIFY, *FLYING),
    Kind.VERIFIED: step_rows.verified,
    Kind.FAILED: step_rows.failed,
    Kind.NOTHING_LEFT: operation_rows.nothing_left,
    Kind.PROVEN: operation_rows.proven,
    Kind.NOT_PROVEN: operation_rows.not_proven,
    Kind.UNLOCKED: operation_rows.unlocked,
    Kind.PAUSE: operation_rows.pause_asked,
    Kind.PAUSED: operation_rows.paused,
    Kind.GO_ON: operation_rows.gone_on,
    Kind.STOP: operation_rows.stop_asked,
    Kind.RESUMED: operation_rows.resumed,
    Kind.HELP: step_rows.helped,
    Kind.ROLL_BACK: operation_rows.rolling_back,
    Kind.HELD: operation_rows.held,
    Kind.HOLD_LOST: operation_rows.hold_lost,
    Kind.RELEASED: operation_rows.released,
    Kind.EXPOSED: operation_rows.exposed,
    Kind.COVERED: operation_rows.covered,
    Kind.EPOCH_LOST: operation_rows.epoch_lost,
    Kind.ADOPTED: operation_rows.adopted,
    Kind.CLOSED: operation_rows.closed,
    Kind.NEEDS_HUMAN: operation_rows.needs_human,
}
"""Every kind has its row; a kind without one is a KeyError in the first test."""
