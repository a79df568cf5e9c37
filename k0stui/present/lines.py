"""Screens as lines: for terminals too small for columns, for export, for native selection, for screen readers."""

from __future__ import annotations

from collections.abc import Sequence

from k0stui.present.cells import SIGNS, Cell, Line, Tone, line, sign
from k0stui.present.controllers import COLUMNS as CONTROLLERS
from k0stui.present.controllers import controller_rows
from k0stui.present.links import summary
from k0stui.present.look import Look
from k0stui.present.matrix import matrix_lines
from k0stui.present.states import rank
from k0stui.present.table import Column, Row
from k0stui.present.workers import COLUMNS as WORKERS
from k0stui.present.workers import worker_rows


def overview_lines(look: Look, place: int = 0) -> tuple[Line, ...]:
    """The verdict, then every row that is not healthy; the healthy ones are counted."""
    told = look.told(place)
    head: Line = (Cell(f"{sign(told.tone)} {SIGNS[told.tone].word} ", told.tone), Cell(f"{told.sentence} {told.since}"))
    lines: list[Line] = [head, *((Cell(f"  {one.label}: ", Tone.DIM), Cell(one.text)) for one in told.lines), ()]
    for columns, rows in ((CONTROLLERS, controller_rows(look)), (WORKERS, worker_rows(look))):
        sick = [row for row in rows if rank(row.tone) < rank(Tone.INFO)]
        healthy = len(rows) - len(sick)
        more = f", {healthy} more without a problem" if healthy else ""
        title = columns[0].title.partition(" ")[2].lower()
        lines.append(line(f"{title}: {len(sick)} of {len(rows)} with problems{more}", tone=Tone.HEAD))
        lines += table_lines(columns, sick)
    lines.append(summary(look))
    return tuple(lines)


def table_lines(columns: Sequence[Column], rows: Sequence[Row]) -> tuple[Line, ...]:
    """Each row as `sign name: title value, title value`, which wraps anywhere and reads aloud."""
    return tuple(_row(columns, row) for row in rows)


def _row(columns: Sequence[Column], row: Row) -> Line:
    said = SIGNS[row.tone].word if row.tone in SIGNS else ""
    head = (Cell(f"{sign(row.tone)} ", row.tone), Cell(row.cells[0].text, Tone.HEAD), Cell(f" {said}: ", row.tone))
    if row.note:
        return (*head, row.note)
    pairs = [(column.title, cell) for column, cell in zip(columns[1:], row.cells[1:], strict=True) if cell.text]
    pieces = [
        Cell(f"{', ' if place else ''}{title} {cell.text}", cell.tone) for place, (title, cell) in enumerate(pairs)
    ]
    return (*head, *pieces)


def matrix_text(look: Look) -> tuple[Line, ...]:
    """The matrix as `k0stui matrix` prints it."""
    return tuple(line(text) for text in matrix_lines(look.matrix, look.now))
