"""The matrix: the cursor stays on its cell, also turned, grouped and paged."""

from __future__ import annotations

from k0stui.present.cells import Cell, Tone
from k0stui.present.grid import Grid, Heading
from k0stui.ui.widgets.matrix_grid import MatrixGrid
from tests.ui.widgets.app import OneWidget, redrawn


def grid(agents: int = 4, controllers: int = 3, odd: str = "") -> Grid:
    """Agents that have the first controller only; the cell `odd` ("w1c2") is lost."""
    columns = tuple(Heading(f"c{n}", f"k0s-master-{n}", Cell("4/4" if n == 0 else "0/4")) for n in range(controllers))
    rows = tuple(Heading(f"w{n}", f"k0s-worker-{n}", Cell("1/3"), Tone.WARN, "says 1/3") for n in range(agents))
    cells = tuple(tuple(_cell(n, m, odd) for m in range(controllers)) for n in range(agents))
    return Grid("server says", Cell("4/12"), rows, columns, cells)


def _cell(row: int, column: int, odd: str) -> Cell:
    if f"w{row}c{column}" == odd:
        return Cell("x lost", Tone.CRIT)
    return Cell("+ 5s", Tone.OK) if column == 0 else Cell(". never", Tone.NEVER)


async def test_first_picture() -> None:
    """Names, totals and cells stand where the design has them, with the cursor's marks around its cell."""
    app = OneWidget(matrix := MatrixGrid(), ascii_only=True)
    async with app.run_test(size=(80, 10)) as pilot:
        matrix.show(grid())
        await pilot.pause()
        lines = app.text.splitlines()
        assert lines[0].split() == ["k0s-master-0", "k0s-master-1", "k0s-master-2"]
        assert lines[1].split() == ["server", "says", "4/4", "0/4", "0/4", "4/12"]
        assert lines[2] == "! k0s-worker-0 says 1/3  >+ 5s<         . never       . never      1/3"


async def test_cursor_stays_on_its_cell() -> None:
    """New agents, new controllers and turning leave the cursor on the same pair."""
    app = OneWidget(matrix := MatrixGrid())
    async with app.run_test(size=(80, 20)) as pilot:
        matrix.show(grid())
        await pilot.press("j", "l")
        assert matrix.cursor == ("w1", "c1")
        more = grid(6, 3)
        matrix.show(Grid(more.corner, more.total, more.rows[::-1], more.columns, more.cells[::-1]))
        assert matrix.cursor == ("w1", "c1")
        await pilot.press("t")
        assert matrix.cursor == ("w1", "c1")
        assert matrix.as_text().splitlines()[2].split()[0] == "k0s-master-0"
        await pilot.press("j", "enter")
        assert (app.heard[-1].row, app.heard[-1].column) == ("w1", "c2")  # type: ignore[attr-defined]


async def test_a_pair_that_vanishes() -> None:
    """When its agent is gone the cursor takes the next one; an empty grid has no cursor and takes every key."""
    app = OneWidget(matrix := MatrixGrid())
    async with app.run_test(size=(80, 20)) as pilot:
        matrix.show(grid())
        await pilot.press("G", "$")
        matrix.show(grid(2))
        assert matrix.cursor == ("w1", "c2")
        matrix.show(grid(0, 0))
        await pilot.press("j", "l", "t", "d", "enter", "G")
        matrix.show(grid())
        assert matrix.cursor[0].startswith("w")


async def test_pages() -> None:
    """Seven controllers are paged; moving past the edge turns the page, and the head says which part is shown."""
    app = OneWidget(matrix := MatrixGrid())
    async with app.run_test(size=(80, 10)) as pilot:
        matrix.show(grid(3, 7))
        await pilot.pause()
        assert "1-4 of 7" in app.text
        await pilot.press("$")
        await pilot.pause()
        assert "5-7 of 7" in app.text
        assert "ter-6" in app.text
        await pilot.press("0")
        assert matrix.cursor == ("w0", "c0")


async def test_equal_rows_are_shown_once() -> None:
    """From twelve agents on equal ones are one line that says for how many; `d` shows them all, and folds again."""
    app = OneWidget(matrix := MatrixGrid())
    async with app.run_test(size=(100, 40)) as pilot:
        matrix.show(grid(20, odd="w7c0"))
        await pilot.pause()
        assert matrix.line_count() == 2 + 2
        assert "...18 more" in app.text
        await pilot.press("d")
        assert matrix.line_count() == 2 + 20
        matrix.put_cursor_on("w9", "c1")
        await pilot.press("d")
        assert matrix.line_count() == 2 + 2
        assert matrix.cursor == ("w0", "c1")


async def test_only_changed_rows_are_drawn() -> None:
    """One link that is lost draws its row and the head, not the grid."""
    app = OneWidget(matrix := MatrixGrid())
    async with app.run_test(size=(80, 20)) as pilot:
        matrix.show(grid())
        await pilot.pause()
        with redrawn(matrix) as regions:
            matrix.show(grid(odd="w2c1"))
            assert sorted(region.y for region in regions) == [0, 1, 4]


async def test_long_names_stay_different() -> None:
    """Two controllers whose names differ only in the middle never get the same head."""
    app = OneWidget(matrix := MatrixGrid())
    names = ("cluster-a-controller-1-europe", "cluster-a-controller-2-europe")
    columns = tuple(Heading(name, name) for name in names)
    rows = (Heading("w", "w"),)
    async with app.run_test(size=(60, 5)):
        matrix.show(Grid("", Cell(""), rows, columns, ((Cell("+"), Cell("+")),)))
        first, second = matrix.as_text().splitlines()[0].split()
        assert first != second
