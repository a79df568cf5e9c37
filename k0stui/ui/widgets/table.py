"""A table of rows that live: the cursor stays on its row, rows stay where they are while somebody reads them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from time import monotonic

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.message import Message

from k0stui.present.cells import Cell, Line, Tone, plain, shorten_names, sign
from k0stui.present.table import Column, Row
from k0stui.ui.commands import bindings
from k0stui.ui.widgets.line_view import LineView
from k0stui.ui.widgets.rows import Placed, arranged, changes, fitted, matching, placed, sorted_by

SETTLED = 5.0
"""Seconds without a key after which rows may move."""

PROBLEMS = frozenset({Tone.CRIT, Tone.WARN, Tone.UNKNOWN, Tone.STALE, Tone.DIFFER, Tone.DENIED})


class Table(LineView, can_focus=True):
    """Columns by priority, sort, filter, a cursor on a key. The first line is the head; a last one says what a filter
    leaves out: a table that hides rows never looks whole."""

    BINDINGS = bindings("table")
    fixed_lines = 1
    is_marked_always = True
    """The row under the cursor keeps its mark without the focus: another part of the screen tells of it."""

    @dataclass
    class Moved(Message):
        """The cursor is on another row; "" when there is none."""

        table: Table
        key: str

    @dataclass
    class Chosen(Message):
        """Enter on a row."""

        table: Table
        key: str

    def __init__(self, columns: Sequence[Column], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._given: tuple[Row, ...] = ()
        self._rows: tuple[Row, ...] = ()
        self._places: dict[str, int] = {}
        self._cursor = ""
        self._words = ""
        self._tones: Collection[Tone] = ()
        self._left_out = 0
        """Rows that a filter hides."""
        self._sorted: int | None = None
        self._reversed = False
        self._layout: tuple[Placed, ...] = ()
        self._last_key = float("-inf")
        self._names = -1
        self._short: dict[str, str] = {}

    # -- data down

    def show(self, rows: Sequence[Row], columns: Sequence[Column] | None = None) -> None:
        """Show these rows, in their order unless the user sorts; draws only those that differ."""
        if columns is not None and tuple(columns) != self._columns:
            self._columns = tuple(columns)
            self._place()
        self._given = tuple(rows)
        self._shorten()
        self._arrange(settled=monotonic() - self._last_key > SETTLED)

    def narrow(self, words: str = "", tones: Collection[Tone] = ()) -> None:
        """Show only rows with these words and tones; none given shows all."""
        self._words, self._tones = words, tones
        self._arrange(settled=True)

    @property
    def cursor(self) -> str:
        """Key of the row under the cursor, "" when there is no row."""
        return self._cursor

    @property
    def shown_rows(self) -> tuple[Row, ...]:
        """What is shown now, in its order."""
        return self._rows

    def put_cursor_on(self, key: str) -> None:
        """Move the cursor to a row; to the first one when it is not there."""
        index = self._index(key)
        self._go_to(max(index, 0))

    def find(self, words: str, by: int) -> bool:
        """Move the cursor to the next row (`by` 1) or the one before (-1) with these words, round the end; false where
        there is none."""
        keys = {row.key for row in matching(self._rows, words)} if words.strip() else set()
        at, count = self._index(self._cursor), len(self._rows)
        order = ((at + by * step) % count for step in range(1, count + 1))
        found = next((index for index in order if self._rows[index].key in keys), None)
        if found is not None:
            self._go_to(found)
        return found is not None

    def copied_row(self) -> str:
        """The row under the cursor as text: cells apart by tabs, nothing cut or filled."""
        index = self._index(self._cursor)
        return "\t".join(cell.text for cell in self._rows[index].cells) if index >= 0 else ""

    def _arrange(self, *, settled: bool) -> None:
        rows: Sequence[Row] = matching(self._given, self._words, self._tones)
        if self._sorted is not None:
            rows = sorted_by(rows, self._sorted, reverse=self._reversed)
        self._take(tuple(rows) if settled else arranged(list(self._places), rows))

    def _take(self, rows: tuple[Row, ...]) -> None:
        if (left_out := len(self._given) - len(rows)) != self._left_out:
            self._left_out = left_out
            self.redraw_all()
        old, at = self._rows, self._index(self._cursor)
        difference = changes(old, rows)
        self._rows = rows
        if difference.tail_from < max(len(old), len(rows)):
            self._places = {row.key: index for index, row in enumerate(rows)}
        if len(rows) != len(old):
            self.redraw_all()
        else:
            tail = range(difference.tail_from, len(rows)) if difference.tail else ()
            self.redraw_lines(1 + index for index in (*difference.replaced, *tail))
        self._keep_cursor(old, at)

    def _keep_cursor(self, old: Sequence[Row], at: int) -> None:
        """The cursor stays on its key, and its row on its line of the screen; a row that is gone leaves it in place."""
        now = self._index(self._cursor)
        if now < 0:
            self._set_cursor(self._rows[min(max(at, 0), len(self._rows) - 1)].key if self._rows else "")
        elif at >= 0 and now != at:
            self.redraw_lines([1 + at])
            self.scroll_line_to(self.scroll_offset.y + now - at)

    # -- keys

    def on_key(self, event: events.Key) -> None:
        self._last_key = monotonic()

    def action_move(self, by: int) -> None:
        self._go_to(self._index(self._cursor) + by)

    def action_page(self, by: int) -> None:
        self._go_to(self._index(self._cursor) + by * max(1, self.size.height - 2))

    def action_choose(self) -> None:
        if self._cursor:
            self.post_message(self.Chosen(self, self._cursor))

    def action_sort(self) -> None:
        """By the next column in sight; after the last one back to the order given."""
        order: list[int | None] = [place.index for place in self._layout]
        after = [*order[order.index(self._sorted) + 1 :], None] if self._sorted in order else [*order, None]
        self._sorted, self._reversed = after[0], False
        self._sort_now()

    def action_reverse(self) -> None:
        self._reversed = not self._reversed
        if self._sorted is None and self._layout:
            self._sorted = self._layout[0].index
        self._sort_now()

    def action_problems(self) -> None:
        self.narrow(self._words, () if self._tones else PROBLEMS)

    def _sort_now(self) -> None:
        self._arrange(settled=True)
        self.redraw_lines([0])

    def _go_to(self, index: int) -> None:
        if not self._rows:
            return
        index = min(max(index, 0), len(self._rows) - 1)
        self._set_cursor(self._rows[index].key)
        self.bring_into_sight(index)
        self.put_cursor(0, 1 + index)

    def _set_cursor(self, key: str) -> None:
        if key == self._cursor:
            return
        left, self._cursor = self._index(self._cursor), key
        self.redraw_lines(1 + index for index in (left, self._index(key)) if index >= 0)
        self.post_message(self.Moved(self, key))

    def on_focus(self) -> None:
        self._go_to(max(0, self._index(self._cursor)))
        self.redraw_lines([1 + self._index(self._cursor)])

    def on_blur(self) -> None:
        self.redraw_lines([1 + self._index(self._cursor)])

    def _index(self, key: str) -> int:
        return self._places.get(key, -1)

    # -- drawing

    def on_resize(self) -> None:
        self._place()

    def _place(self) -> None:
        self._layout = placed(self._columns, self.size.width - 2)  # the sign and a blank
        self._shorten()
        self.redraw_all()

    def line_count(self) -> int:
        return len(self._rows) + 1 + bool(self._left_out)

    def is_marked(self, y: int) -> bool:
        return self.has_focus and 0 < y <= len(self._rows) and self._rows[y - 1].key == self._cursor

    def line_at(self, y: int) -> Line:
        if y > len(self._rows):
            return (self._cut(self._note(), 0),)
        return self._head() if y == 0 else self._row_line(self._rows[y - 1])

    def _note(self) -> Cell:
        by = " and ".join((*((f"/{self._words}",) if self._words else ()), *(("!",) if self._tones else ())))
        how = "/ and Enter shows all" if self._words else "! shows all"
        return Cell(f"  {self._left_out} of {len(self._given)} hidden by {by}; {how}", Tone.WARN)

    def _head(self) -> Line:
        arrow = "v" if self._reversed else "^"
        line = [Cell("  ")]
        for place in self._layout:
            column = self._columns[place.index]
            title = column.title + (arrow if place.index == self._sorted else "")
            line += [Cell(fitted(Cell(title), column, place.width).text, Tone.HEAD), Cell("  ")]
        return tuple(line[:-1])

    def _row_line(self, row: Row) -> Line:
        line = [Cell(sign(row.tone), row.tone), Cell(" ")]
        for number, place in enumerate(self._layout):
            if number:
                mark = number == 1 and row.key == self._cursor and (self.has_focus or self.is_marked_always)
                line.append(Cell(" " + sign(Tone.SELECTED) if mark else "  "))
            if number and row.note:
                return (*line, self._cut(row.note, sum(cell_len(cell.text) for cell in line)))
            line += bare(fitted(self._named(row, place), self._columns[place.index], place.width))
        return tuple(line)

    def _cut(self, note: Cell, used: int) -> Cell:
        """What is said in place of the cells, in the room that is left."""
        room = max(1, self.size.width - used)
        return note if cell_len(note.text) <= room else Cell(set_cell_size(note.text, room - 1) + "…", note.tone)

    def _named(self, row: Row, place: Placed) -> Cell:
        """The cell; of a column of names, cut such that no two look equal."""
        cell = row.cells[place.index]
        return Cell(self._short.get(cell.text, cell.text), cell.tone) if place.index == self._names else cell

    def _shorten(self) -> None:
        """Names that do not fit, all cut together; each time rows come, as another name may look like one of them."""
        self._names = next((at for at, column in enumerate(self._columns) if column.cut == "middle"), -1)
        width = next((place.width for place in self._layout if place.index == self._names), 0)
        names = tuple(row.cells[self._names].text for row in self._given) if width else ()
        short = dict(zip(names, shorten_names(names, width), strict=True)) if _too_wide(names, width) else {}
        if short != self._short:
            self._short = short
            self.redraw_all()

    def as_text(self) -> str:
        """The table as it stands, without blanks at the ends: for `:lofi` and for tests."""
        return "\n".join(plain(self.line_at(y)).rstrip() for y in range(self.line_count()))


def bare(cell: Cell) -> tuple[Cell, ...]:
    """A filled cell in pieces, so that the blanks do not have its look: no bar of reverse video, no underlined gap."""
    text = cell.text.strip(" ")
    before = len(cell.text) - len(cell.text.lstrip(" ")) if text else 0
    after = len(cell.text) - before - len(text)
    return tuple(piece for piece in (Cell(" " * before), Cell(text, cell.tone), Cell(" " * after)) if piece.text)


def _too_wide(names: Sequence[str], width: int) -> bool:
    return any(len(name) > width for name in names)
