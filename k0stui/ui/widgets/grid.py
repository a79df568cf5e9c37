"""A grid of links as a value: turned, grouped, cut into pages; no terminal needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from k0stui.present.cells import Tone
from k0stui.present.grid import Grid

GROUP_FROM = 12
"""Rows from which equal ones are shown once (screens.md section 2.3)."""

WORST = (Tone.CRIT, Tone.DIFFER, Tone.WARN, Tone.UNKNOWN, Tone.DENIED, Tone.STALE, Tone.NEVER, Tone.INFO)


def turned(grid: Grid) -> Grid:
    """The same with rows and columns exchanged."""
    cells = tuple(zip(*grid.cells, strict=True)) if grid.cells else tuple(() for _ in grid.columns)
    return replace(grid, corner="links up", rows=grid.columns, columns=grid.rows, cells=cells)


def grouped(grid: Grid, unfolded: frozenset[str] = frozenset(), at_least: int = GROUP_FROM) -> Grid:
    """Rows that look alike shown once, from `at_least` rows on; groups whose first key is in `unfolded` stay whole.

    The order of the first rows stays, and no row is lost: each is shown or stands in one `stands_for`.
    """
    if len(grid.rows) < at_least:
        return grid
    groups: dict[object, list[int]] = {}
    for index, (heading, cells) in enumerate(zip(grid.rows, grid.cells, strict=True)):
        groups.setdefault((heading.tone, heading.says, heading.total, cells), []).append(index)
    rows, cells_kept = [], []
    for members in groups.values():
        whole = len(members) < 3 or grid.rows[members[0]].key in unfolded
        for index in members if whole else members[:1]:
            hidden = () if whole else tuple(grid.rows[member].key for member in members[1:])
            rows.append(grid.rows[index]._replace(stands_for=hidden))
            cells_kept.append(grid.cells[index])
    return replace(grid, rows=tuple(rows), cells=tuple(cells_kept))


@dataclass(frozen=True, slots=True)
class Page:
    """Which columns are in sight."""

    first: int
    last: int
    """Exclusive."""
    count: int

    @property
    def is_whole(self) -> bool:
        return self.first == 0 and self.last == self.count


def page_with(column: int, count: int, fits: int) -> Page:
    """The page that `column` is on, when `fits` columns fit; pages do not overlap, so a column has one place."""
    fits = max(1, fits)
    first = (column // fits) * fits
    return Page(first, min(count, first + fits), count)


def worst(tones: Sequence[Tone]) -> Tone:
    """The tone that a summary of these takes; OK only when all are."""
    return min(tones, key=lambda tone: WORST.index(tone) if tone in WORST else len(WORST), default=Tone.UNKNOWN)
