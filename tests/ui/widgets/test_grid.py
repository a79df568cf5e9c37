"""A grid as a value: turning and grouping lose nothing."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from k0stui.present.cells import Cell, Tone
from k0stui.present.grid import Grid, Heading
from k0stui.ui.widgets.grid import GROUP_FROM, grouped, page_with, turned, worst


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    down, across = draw(st.integers(0, 30)), draw(st.integers(0, 7))
    cell = st.sampled_from([Cell("+", Tone.OK), Cell(".", Tone.NEVER)])
    rows = tuple(Heading(f"w{n}", f"w{n}", tone=draw(st.sampled_from([Tone.OK, Tone.WARN]))) for n in range(down))
    columns = tuple(Heading(f"c{n}", f"c{n}") for n in range(across))
    cells = tuple(tuple(draw(cell) for _ in columns) for _ in rows)
    return Grid("server says", Cell("x"), rows, columns, cells)


@given(grids())
def test_turned_twice(grid: Grid) -> None:
    """Turned twice it is as before, but that totals of agents are links; a cell is found under its exchanged keys."""
    once = turned(grid)
    assert all(once.cells[c][r] == grid.cells[r][c] for r in range(len(grid.rows)) for c in range(len(grid.columns)))
    assert not grid.rows or not grid.columns or turned(once) == replace(grid, corner="links up")


@given(grids())
def test_no_row_is_lost(grid: Grid) -> None:
    """Each row is shown or stands for exactly one shown row that looks the same."""
    folded = grouped(grid)
    shown = [key for row in folded.rows for key in (row.key, *row.stands_for)]
    assert sorted(shown) == sorted(row.key for row in grid.rows)
    index = {row.key: number for number, row in enumerate(grid.rows)}
    for row, cells in zip(folded.rows, folded.cells, strict=True):
        assert all(grid.cells[index[key]] == cells for key in (row.key, *row.stands_for))


def test_small_grids_stay_whole() -> None:
    """Below the limit every row is shown, and an unfolded group is."""
    rows = tuple(Heading(f"w{n}", f"w{n}") for n in range(GROUP_FROM))
    cells = tuple((Cell("+"),) for _ in rows)
    grid = Grid("", Cell(""), rows, (Heading("c", "c"),), cells)
    small = Grid("", Cell(""), rows[:-1], grid.columns, cells[:-1])
    assert len(grouped(small).rows) == GROUP_FROM - 1
    assert len(grouped(grid).rows) == 1
    assert len(grouped(grid, frozenset({"w0"})).rows) == GROUP_FROM


@given(st.integers(1, 12), st.integers(-3, 12), st.data())
def test_pages(count: int, fits: int, data: st.DataObject) -> None:
    """A column is on the page that shows it, and pages neither overlap nor leave one out."""
    column = data.draw(st.integers(0, count - 1))
    page = page_with(column, count, fits)
    assert page.first <= column < page.last <= count
    assert sorted(
        {c for n in range(count) for c in range(page_with(n, count, fits).first, page_with(n, count, fits).last)}
    ) == list(range(count))


def test_worst() -> None:
    """A summary is as bad as its worst part; of nothing nothing is known."""
    assert worst([Tone.OK, Tone.WARN, Tone.UNKNOWN]) is Tone.WARN
    assert worst([Tone.OK, Tone.UNKNOWN]) is Tone.UNKNOWN
    assert worst([Tone.OK, Tone.OK]) is Tone.OK
    assert worst([]) is Tone.UNKNOWN
