"""Rows and columns as values: what fits, what changed, what order; no terminal needed."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, count
from operator import attrgetter, ne

from rich.cells import cell_len, set_cell_size

from k0stui.present.cells import Cell, Tone, shorten_middle
from k0stui.present.table import Column, Row

KEY = attrgetter("key")


@dataclass(frozen=True, slots=True)
class Changes:
    """What makes `new` of `old`: rows replaced in their place, and everything from `tail_from` on."""

    replaced: Mapping[int, Row]
    tail_from: int
    tail: tuple[Row, ...]

    def applied(self, old: Sequence[Row]) -> tuple[Row, ...]:
        """`new`."""
        kept = [self.replaced.get(index, row) for index, row in enumerate(old[: self.tail_from])]
        return (*kept, *self.tail)


def changes(old: Sequence[Row], new: Sequence[Row]) -> Changes:
    """Where two versions of the same rows differ; rows are the same by key and place."""
    different = list(compress(count(), map(ne, old, new)))  # in C: a thousand rows are compared at each look
    same = next((at for at in different if old[at].key != new[at].key), min(len(old), len(new)))
    return Changes({at: new[at] for at in different if at < same}, same, tuple(new[same:]))


def arranged(shown: Sequence[str], rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows for somebody who is reading: those that are on screen keep their place, new ones come last."""
    if list(shown) == list(map(KEY, rows)):
        return tuple(rows)
    place = {key: index for index, key in enumerate(shown)}
    return tuple(sorted(rows, key=lambda row: place.get(row.key, len(place))))


def sorted_by(rows: Sequence[Row], column: int, *, reverse: bool) -> tuple[Row, ...]:
    """Rows by one column; equal ones stay in their order."""
    return tuple(sorted(rows, key=lambda row: _sort_key(row, column), reverse=reverse))


def _sort_key(row: Row, column: int) -> tuple[object, ...]:
    if column < len(row.sort):
        value = row.sort[column]
        if isinstance(value, int | float):
            return (0, float(value), "")
        return (2, 0.0, "") if value is None else (1, 0.0, str(value))
    text = row.cells[column].text if column < len(row.cells) else ""
    return tuple(
        (0, float(part), "") if part.isdigit() else (1, 0.0, part) for part in re.findall(r"[0-9]+|[^0-9]+", text)
    )


def matching(rows: Sequence[Row], words: str, tones: Collection[Tone] = ()) -> tuple[Row, ...]:
    """Rows that hold every word of `words`, in any cell and any case, and have one of `tones` if any are given."""
    wanted = words.casefold().split()
    if not wanted and not tones:
        return tuple(rows)
    return tuple(
        row
        for row in rows
        if (not tones or row.tone in tones)
        and (not wanted or all(word in " ".join(cell.text for cell in row.cells).casefold() for word in wanted))
    )


@dataclass(frozen=True, slots=True)
class Placed:
    """A column that is shown."""

    index: int
    x: int
    width: int


GAP = 2
"""Blanks between columns."""


def placed(columns: Sequence[Column], width: int) -> tuple[Placed, ...]:
    """The columns that fit into `width`, each with its place; what is left over goes to those that grow."""
    shown = list(range(len(columns)))
    while len(shown) > 1 and _needed(columns, shown) > width and any(columns[i].priority for i in shown):
        shown.remove(max(shown, key=lambda i: (columns[i].priority, i)))
    spare = max(0, width - _needed(columns, shown))
    growing = [i for i in shown if columns[i].grow]
    at, result = 0, []
    for i in shown:
        more = spare // len(growing) + (growing.index(i) < spare % len(growing)) if i in growing else 0
        if columns[i].most:
            more = min(more, columns[i].most - columns[i].width)
        result.append(Placed(i, at, columns[i].width + more))
        at += columns[i].width + more + GAP
    return tuple(result)


def _needed(columns: Sequence[Column], shown: Sequence[int]) -> int:
    return sum(columns[i].width for i in shown) + GAP * (len(shown) - 1)


def fitted(cell: Cell, column: Column, width: int) -> Cell:
    """The cell's text in exactly `width` columns; what is cut ends in `…`."""
    text = cell.text
    if cell_len(text) > width:
        cut = shorten_middle(text, width) if column.cut == "middle" and text.isascii() else ""
        text = cut or set_cell_size(text, max(0, width - 1)) + "…"[:width]
    blank = " " * (width - cell_len(text))
    return Cell(blank + text if column.right else text + blank, cell.tone)


def filled(text: str, width: int) -> str:
    """The text in exactly `width` columns of the terminal, however wide its characters are."""
    return set_cell_size(text, width)
