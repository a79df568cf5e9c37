"""A grid of links as a value: what stands at the heads of rows and columns, and in the cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from k0stui.present.cells import Cell, Tone


class Heading(NamedTuple):
    """What stands at the head of a row or a column."""

    key: str
    name: str
    total: Cell = Cell("")
    """What it has of what it should: `4/4  2s`."""
    tone: Tone = Tone.PLAIN
    says: str = ""
    """What the row's own side says, shown behind its name: `says 1/3`."""
    stands_for: tuple[str, ...] = ()
    """Keys of equal rows that are not shown."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows down, columns across; `cells[row][column]`."""

    corner: str
    """What the totals of the columns are: `server says`."""
    total: Cell
    rows: tuple[Heading, ...] = ()
    columns: tuple[Heading, ...] = ()
    cells: tuple[tuple[Cell, ...], ...] = ()
