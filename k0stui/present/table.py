"""A table as a value: its columns and rows, as every screen makes them and the table widget shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from k0stui.present.cells import Cell, Tone


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    key: str
    title: str
    width: int
    """Columns of the terminal; content is cut to it."""
    priority: int = 0
    """0 is always shown; else the highest number goes first when it gets narrow."""
    grow: bool = False
    """Takes what is left over, up to `most` where that is set."""
    most: int = 0
    right: bool = False
    cut: str = "end"
    """`middle` for names of hosts, which differ at their ends."""


class Row(NamedTuple):
    """One row; `cells` in the order of the columns. A named tuple: compared in C."""

    key: str
    cells: tuple[Cell, ...]
    tone: Tone = Tone.PLAIN
    """Told by the sign in front."""
    sort: tuple[object, ...] = ()
    """Numbers, strings or None (comes last) to sort by instead of the text, one per column; empty: the text."""
    note: Cell | None = None
    """Said in place of all cells but the first: why a host does not answer."""


def sized(columns: Sequence[Column], rows: Sequence[Row]) -> tuple[Column, ...]:
    """Columns as wide as what stands in them; one that grows gives way first, down to its own width."""
    return tuple(_sized(column, at, rows) for at, column in enumerate(columns))


def _sized(column: Column, at: int, rows: Sequence[Row]) -> Column:
    needed = max([len(column.title), *(len(row.cells[at].text) for row in rows)])
    if column.grow:
        return replace(column, most=max(column.width, needed))
    return replace(column, width=needed)
