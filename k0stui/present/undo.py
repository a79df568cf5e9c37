"""How a plan would be taken back: the steps of the way back in their order, with their exact commands and calls."""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.errors import CannotUndo
from k0stui.model.operation import Operation, Plan, PlannedStep
from k0stui.plans.order import BACK
from k0stui.plans.steps import made
from k0stui.present.cells import Cell, Line, Tone, line
from k0stui.present.plan import UNDO


def undo_story(plan: Plan, operation: Operation | None = None) -> tuple[Line, ...]:
    """Of an operation only what was begun; of a preview all of it."""
    return tuple(_told(plan, operation))


def _told(plan: Plan, operation: Operation | None) -> Iterator[Line]:
    begun = operation is not None
    yield (Cell(f"UNDO {plan.name}", Tone.HEAD), Cell("   of what was begun" if begun else "   of the whole plan"))
    yield line(Cell("  in short   ", Tone.HEAD), UNDO.get(plan.name, ""))
    yield ()
    taken = [step for step in plan.steps if operation is None or operation.step(step.id).attempt]
    rows = [row for step in sorted(taken, key=_rank) for row in _step(step)]
    yield from rows or [line("  there is nothing to take back")]
    yield ()
    how = "; q, then E and *roll back*, starts it after the name" if begun and rows else ""
    yield line(f"  each step passes the same checks, and is journalled as any other{how}")


def _rank(step: PlannedStep) -> int:
    return BACK.index(step.kind) if step.kind in BACK else -1


def _step(step: PlannedStep) -> Iterator[Line]:
    try:
        back = made(step).undo()
    except CannotUndo as error:
        yield line(Cell(f"   {step.title}: ", Tone.WARN), str(error))
        return
    if back is None:
        return
    yield line(Cell("   "), back.title)
    yield from (line(Cell("     "), Cell(text, Tone.DIM)) for text in back.preview())
