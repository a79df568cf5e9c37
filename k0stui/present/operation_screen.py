"""An operation on the screen: head row, steps, evidence, journal, choices; and the list of all operations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from k0stui.model.konnectivity import Matrix
from k0stui.model.operation import Operation, OperationState, Plan
from k0stui.present.cells import Cell, Line, Tone
from k0stui.present.happened import Happened, happened_line, told
from k0stui.present.matrix import column_cell
from k0stui.present.operation import once_more, progress, result_text, result_tone, summary_row
from k0stui.present.steps import step_rows
from k0stui.present.table import Column, Row

STEP_COLUMNS = (
    Column("host", "host", 14, cut="middle"),
    Column("step", "step", 30, grow=True),
    Column("took", "took", 6, right=True),
    Column("state", "state", 10),
)

HISTORY_COLUMNS = (
    Column("operation", "operation", 20),
    Column("plan", "plan", 12),
    Column("by", "by", 12, priority=1),
    Column("took", "took", 6, right=True),
    Column("result", "result", 24, grow=True),
)


def run_head(plan: Plan, operation: Operation, awaits: str = "") -> Line:
    """`RUN 5/7 nllb  k0s-prod  op …`; with no step in flight, what is awaited: `proof: 69 of 120 s`."""
    done, total = progress(operation)
    if operation.state is OperationState.RUNNING:
        state = ""
    else:
        state = f"  {awaits if operation.state is OperationState.SOAK and awaits else result_text(operation)}"
    head = Cell(f" RUN {done}/{total} ", Tone.BANNER)
    return (head, Cell(f" {plan.name}  {plan.cluster}  op {operation.id}"), Cell(state, result_tone(operation)))


def step_table(
    plan: Plan, operation: Operation, happened: Sequence[Happened], now: datetime, awaits: str = ""
) -> tuple[Row, ...]:
    """`step_rows` for the table."""
    return tuple(
        Row(
            it.step,
            (
                Cell(it.host or "cluster"),
                Cell(it.title.replace(f" on {it.host}", "") if it.host else it.title),
                Cell(it.took, Tone.DIM),
                Cell(it.state, it.tone),
            ),
            Tone.SELECTED if it.is_now and it.tone is not Tone.CRIT else it.tone,
        )
        for it in step_rows(plan, operation, happened, now, awaits)
    )


def history_row(plan: Plan, operation: Operation, happened: Sequence[Happened]) -> Row:
    """One operation for the table."""
    name, *rest = summary_row(plan, operation, happened)
    return Row(name, (Cell(name), *map(Cell, rest)), result_tone(operation))


def journal_lines(plan: Plan, happened: Sequence[Happened], zone: str = "UTC") -> tuple[Line, ...]:
    """The journal, newest first: what happens now is in sight."""
    return tuple(happened_line(it, plan, zone) for it in reversed(tuple(told(happened))))


def evidence_lines(matrix: Matrix) -> tuple[Line, ...]:
    """The matrix as columns: how many agents each server has now."""
    names = (Cell("EVIDENCE    ", Tone.HEAD), *(Cell(f"{name:<16}") for name in matrix.controllers))
    cells = [column_cell(column) for column in matrix.columns]
    counts = tuple(Cell(f"{cell.text:<16}", cell.tone) for cell in cells)
    return names, (Cell(f"links {matrix.up}/{matrix.expected}".ljust(12)), *counts)


def stop_choices(operation: Operation) -> tuple[Row, ...]:
    """What can be done with an operation now; the first row changes nothing."""
    rows = [("", "go on watching", "nothing is said to the executor")]
    waits = operation.state is OperationState.PAUSED
    if not waits and not operation.state.is_over:
        rows.append(("pause", "pause", "the host in flight is finished and verified, then it waits here"))
        rows.append(("stop after this host", "stop after this host", "the same; and the executor ends: k0stui resume"))
    if waits and not operation.failed:
        rows.append(("go on", "go on", "all gates are asked first"))
    failed = operation.failed
    rows += [(f"help={step.id}", f"again: {step.id}", f"{once_more(step)}; the name first") for step in failed]
    if (waits or operation.state is OperationState.NEEDS_HUMAN) and not operation.in_flight:
        rows.append(("roll back", "roll back", "take back what was begun, newest first; the name first"))
    return tuple(Row(key or "watch", (Cell(what, Tone.HEAD), Cell(about))) for key, what, about in rows)
