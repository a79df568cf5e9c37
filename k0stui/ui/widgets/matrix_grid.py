"""Who is connected to whom: a grid with a cursor cell, turned and paged when it is wide, equal rows shown once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len
from textual.message import Message

from k0stui.present.cells import Cell, Line, Tone, plain, shorten_middle, shorten_names, sign
from k0stui.present.grid import Grid, Heading
from k0stui.ui.commands import bindings
from k0stui.ui.widgets.grid import Page, grouped, page_with, turned
from k0stui.ui.widgets.line_view import LineView
from k0stui.ui.widgets.rows import filled

CELL_WIDTH = 14
"""Columns for one cell, a blank before it included: a sign, a word, an age."""

CELL_LEAST = 11
"""Columns that a cell needs at least: `>? unknown<`."""

LABEL_MAX = 40


class MatrixGrid(LineView, can_focus=True):
    """Two head lines (names, totals), then a line a row."""

    BINDINGS = bindings("grid")
    fixed_lines = 2

    @dataclass
    class Moved(Message):
        """The cursor is on another cell. `row` and `column` are keys as given, also when the grid is turned."""

        grid: MatrixGrid
        row: str
        column: str

    @dataclass
    class Chosen(Message):
        """Enter on a cell."""

        grid: MatrixGrid
        row: str
        column: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._given = Grid("", Cell(""))
        self._grid = self._given
        self._cursor = ("", "")
        self._turned = False
        self._unfolded: frozenset[str] = frozenset()
        self._page = Page(0, 0, 0)
        self._names: tuple[str, ...] = ()
        self._cell_width = CELL_WIDTH

    # -- data down

    def show(self, grid: Grid) -> None:
        """Show this; the cursor stays on its cell, and only lines that differ are drawn."""
        if grid != self._given:
            self._given = grid
            self._arrange()

    @property
    def cursor(self) -> tuple[str, str]:
        """Row key and column key under the cursor, as given."""
        return (self._cursor[1], self._cursor[0]) if self._turned else self._cursor

    def copied_cell(self) -> str:
        """Row, column and cell under the cursor as text, apart by tabs."""
        rows, columns = self._keys()
        if self._cursor[0] not in rows or self._cursor[1] not in columns:
            return ""
        row, column = self._place()
        return "\t".join((*self.cursor, self._grid.cells[row][column].text.strip()))

    def put_cursor_on(self, row: str, column: str) -> None:
        """Move the cursor to a cell; nothing happens when there is none."""
        at = (column, row) if self._turned else (row, column)
        rows, columns = self._keys()
        if at[0] in rows and at[1] in columns:
            self._go_to(rows.index(at[0]), columns.index(at[1]))

    def _arrange(self) -> None:
        before, where = self._grid, self._place()
        self._grid = grouped(turned(self._given) if self._turned else self._given, self._unfolded)
        rows, columns = self._keys()
        if (self._cursor[0] not in rows or self._cursor[1] not in columns) and rows and columns:
            self._cursor = (self._row_of(self._cursor[0], min(where[0], len(rows) - 1)), self._column(where[1]))
            self.post_message(self.Moved(self, *self.cursor))
        self._turn_page()
        if before.columns != self._grid.columns or len(before.rows) != len(self._grid.rows):
            self.redraw_all()
        else:
            self.redraw_lines([0, 1, *(y + 2 for y in range(len(rows)) if self._line_differs(before, y))])

    def _line_differs(self, before: Grid, y: int) -> bool:
        return before.rows[y] != self._grid.rows[y] or before.cells[y] != self._grid.cells[y]

    def _row_of(self, key: str, otherwise: int) -> str:
        """The row that stands for `key`, or the one at the place where the cursor was."""
        found = next((row.key for row in self._grid.rows if key in (row.key, *row.stands_for)), None)
        return found or self._grid.rows[otherwise].key

    def _column(self, index: int) -> str:
        columns = self._keys()[1]
        return self._cursor[1] if self._cursor[1] in columns else columns[min(index, len(columns) - 1)]

    def _keys(self) -> tuple[list[str], list[str]]:
        return [row.key for row in self._grid.rows], [column.key for column in self._grid.columns]

    def _place(self) -> tuple[int, int]:
        rows, columns = self._keys()
        row, column = self._cursor
        return (rows.index(row) if row in rows else 0, columns.index(column) if column in columns else 0)

    # -- keys

    def action_step(self, down: int, right: int) -> None:
        row, column = self._place()
        self._go_to(row + down, column + right)

    def action_page(self, by: int) -> None:
        self.action_step(by * max(1, self.size.height - 3), 0)

    def action_choose(self) -> None:
        if all(self._cursor):
            self.post_message(self.Chosen(self, *self.cursor))

    def action_turn(self) -> None:
        self._turned = not self._turned
        self._cursor = (self._cursor[1], self._cursor[0])
        self._arrange()
        self.redraw_all()
        self._go_to(*self._place())

    def action_unfold(self) -> None:
        """Show all rows of the group under the cursor, or fold them again."""
        key = self._cursor[0]
        if any(row.key == key and row.stands_for for row in self._grid.rows):
            self._unfolded |= {key}
        else:
            self._unfolded = frozenset()
        self._arrange()

    def _go_to(self, row: int, column: int) -> None:
        rows, columns = self._keys()
        if not rows or not columns:
            return
        left = self._place()[0]
        row, column = min(max(row, 0), len(rows) - 1), min(max(column, 0), len(columns) - 1)
        if (rows[row], columns[column]) != self._cursor:
            self._cursor = (rows[row], columns[column])
            self.post_message(self.Moved(self, *self.cursor))
        if self._turn_page():
            self.redraw_all()
        self.redraw_lines([left + 2, row + 2])
        self.bring_into_sight(row)
        self.put_cursor(self._label_width() + (column - self._page.first) * self._cell_width, row + 2)

    def _turn_page(self) -> bool:
        """Bring the cursor's column into sight; true when other columns are shown now."""
        before = (self._page, self._names, self._cell_width)
        totals = max(len(total.text) for total in (self._grid.total, *(row.total for row in self._grid.rows)))
        room = self.size.width - self._label_width() - totals
        self._cell_width = max(CELL_LEAST, min(CELL_WIDTH, room // max(1, len(self._grid.columns))))
        fits = room // self._cell_width
        self._page = page_with(self._place()[1], len(self._grid.columns), fits)
        names = tuple(column.name for column in self._grid.columns)
        self._names = shorten_names(names, self._cell_width - 1)
        return before != (self._page, self._names, self._cell_width)

    # -- drawing

    def on_resize(self) -> None:
        self._turn_page()
        self.redraw_all()

    def on_focus(self) -> None:
        self._go_to(*self._place())

    def on_blur(self) -> None:
        self.redraw_lines([self._place()[0] + 2])

    def line_count(self) -> int:
        return len(self._grid.rows) + self.fixed_lines

    def line_at(self, y: int) -> Line:
        match y:
            case 0:
                return self._names_line()
            case 1:
                return self._totals_line()
            case _:
                return self._row_line(self._grid.rows[y - 2], self._grid.cells[y - 2])

    def _label_width(self) -> int:
        widest = max((2 + len(_label(row)) for row in self._grid.rows), default=0)
        return min(max(widest, 2 + len(self._grid.corner)), LABEL_MAX, max(12, self.size.width // 2)) + 2

    def _names_line(self) -> Line:
        names = [
            Cell(filled(name, self._cell_width), Tone.HEAD) for name in self._names[self._page.first : self._page.last]
        ]
        page = self._page
        note = "" if page.is_whole else f"{page.first + 1}-{page.last} of {page.count}"
        return (Cell(f"  {note}".ljust(self._label_width()), Tone.DIM), *names)

    def _totals_line(self) -> Line:
        shown = self._grid.columns[self._page.first : self._page.last]
        totals = [piece for column in shown for piece in _padded(column.total, self._cell_width)]
        corner = Cell(f"  {self._grid.corner}".ljust(self._label_width()), Tone.DIM)
        return (corner, *totals, self._grid.total)

    def _row_line(self, row: Heading, cells: tuple[Cell, ...]) -> Line:
        width = self._label_width() - 2
        label = Cell(filled(shorten_middle(_label(row), width - 1), width))
        pieces: list[Cell] = [Cell(sign(row.tone), row.tone), Cell(" "), label]
        for index in range(self._page.first, self._page.last):
            under = (row.key, self._grid.columns[index].key) == self._cursor
            pieces += _cell(cells[index], self._cell_width - 2, under=under, focused=self.has_focus)
        return (*pieces, row.total)

    def as_text(self) -> str:
        """The grid as it stands: for `:lofi` and for tests."""
        return "\n".join(plain(self.line_at(y)).rstrip() for y in range(self.line_count()))


def _label(row: Heading) -> str:
    more = f"  ...{len(row.stands_for)} more" if row.stands_for else ""
    return row.name + (f" {row.says}" if row.says else "") + more


def _cell(cell: Cell, width: int, *, under: bool, focused: bool) -> list[Cell]:
    """A cell between the marks of the cursor: `>. never<`."""
    marks: tuple[Literal[">", " "], Literal["<", " "]] = (">", "<") if under else (" ", " ")
    text = cell.text if cell_len(cell.text) <= width else filled(cell.text, width)
    tone = Tone.SELECTED if under and focused else cell.tone
    rest = " " * (width - cell_len(text))
    return [Cell(marks[0]), Cell(text, tone), Cell(marks[1] + rest)]


def _padded(cell: Cell, width: int) -> tuple[Cell, ...]:
    """The cell between blanks that do not have its look: two of them in reverse video would run together."""
    text = cell.text if cell_len(cell.text) < width else filled(cell.text, width - 1)
    return (Cell(" "), Cell(text, cell.tone), Cell(" " * (width - 1 - cell_len(text))))
