"""The matrix in words and cells: agents down, controllers across, the servers' own counts on top."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from k0stui.model.konnectivity import Certainty, Column, Link, LinkState, Matrix, Row
from k0stui.present.cells import SIGNS, Cell, Tone, age

TONES = {
    LinkState.UP: Tone.OK,
    LinkState.LOST: Tone.CRIT,
    LinkState.NEVER: Tone.NEVER,
    LinkState.UNKNOWN: Tone.UNKNOWN,
    LinkState.STALE: Tone.STALE,
    LinkState.DIFFERS: Tone.DIFFER,
}
"""One tone per state of a link."""

WORDS = {
    LinkState.UP: "up",
    LinkState.LOST: "lost",
    LinkState.NEVER: "never",
    LinkState.UNKNOWN: "unknown",
    LinkState.STALE: "stale",
    LinkState.DIFFERS: "differ",
}


def sides(link: Link) -> str:
    """Which side was heard: nothing for both, `s` for the server's only, `a` for the agent's only."""
    if link.server_side is None and link.agent_side is not None:
        return "a"
    if link.agent_side is None and link.server_side is not None and link.certainty is not Certainty.CERTAIN:
        return "s"
    return ""


def link_cell(link: Link, now: datetime) -> Cell:
    """One cell as state and age: `up 2s`, `never`, `unknown`."""
    word = WORDS[link.state]
    aged = f" {age((now - link.at).total_seconds())}" if link.at and link.state is LinkState.UP else ""
    return Cell(f"{word}{aged}{' ' + side if (side := sides(link)) else ''}", TONES[link.state])


def column_cell(column: Column) -> Cell:
    """What one server says: `4/4`; `?/4` where it was not heard."""
    if column.agents is None:
        return Cell(f"?/{column.expected}", Tone.UNKNOWN)
    tone = Tone.OK if column.agents >= column.expected else Tone.CRIT if column.agents == 0 else Tone.WARN
    return Cell(f"{column.agents}/{column.expected}", tone)


def row_cell(row: Row, controllers: int) -> Cell:
    """What one agent says of itself, which may be falsely green."""
    if row.open is None:
        return Cell(f"-/{controllers}", Tone.UNKNOWN)
    known = f" knows {row.known}" if row.known is not None and row.known != controllers else ""
    tone = Tone.DIFFER if row.ghosts else Tone.OK if row.open >= controllers else Tone.WARN
    return Cell(f"{row.open}/{controllers}{known}", tone)


def matrix_lines(matrix: Matrix, now: datetime) -> Iterator[str]:
    """The whole matrix as aligned text."""
    yield f"links {matrix.up}/{matrix.expected}" + ("" if matrix.is_complete else "  (not every server was heard)")
    head = ["", *matrix.controllers, "agent says"]
    rows = [head, ["server says", *(column_cell(column).text for column in matrix.columns), ""]]
    for row in matrix.rows:
        cells = [_text(link_cell(matrix.link(row.agent, name), now)) for name in matrix.controllers]
        rows.append([row.agent, *cells, row_cell(row, len(matrix.controllers)).text])
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    for row_text in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row_text, widths, strict=True)).rstrip()
    yield from matrix.notes


def _text(cell: Cell) -> str:
    return f"{SIGNS[cell.tone].ascii} {cell.text}"
