"""The rows of a log view: only those in sight are made, and only those that changed are drawn.

It does not scroll as other lists do: history grows at the top while it is read, so the place is kept by the key of the
row under the cursor. The pane's timer calls `work`; nothing comes as a message per line.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from textual.message import Message

from k0stui.logs.rows import LogRow
from k0stui.logs.view import View
from k0stui.model.log import Level
from k0stui.present.cells import Cell, Line, Tone, plain
from k0stui.present.logs import Shape, row_line, row_lines
from k0stui.ui.commands import bindings
from k0stui.ui.widgets.line_view import LineView

TURN = 0.012
"""Seconds of searching in one turn; a key waits no longer for it than that and one slice of 8 ms."""


class LogView(LineView, can_focus=True):
    """Follows the newest rows until the cursor is moved up."""

    BINDINGS = bindings("log")

    @dataclass
    class Moved(Message):
        """Another row is under the cursor, or following began or ended."""

    @dataclass
    class Chosen(Message):
        """Enter on a row."""

        row: LogRow

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.follows = True
        self.shape = Shape(80)
        self.empty: tuple[Line, ...] = ()
        """What stands there while there is no row."""
        self.marked: set[int] = set()
        """Keys of bookmarked rows."""
        self.range_from: int | None = None
        """Key of the row where a range begins that ends at the cursor; None: the row under the cursor alone."""
        self._view: View | None = None
        self._shown: tuple[Line, ...] = ()
        self._rows: tuple[LogRow, ...] = ()
        self._top = 0
        self._cursor = 0
        self._key: int | None = None
        self._spans: list[range] = []
        """The lines of each row in sight."""
        self._marked_lines = range(0)
        """Those of the range, or of the row under the cursor."""
        self._seen = 0
        """Rows that there were when following ended."""

    # -- for the pane

    def use(self, view: View) -> None:
        """Show another view, from its newest row on."""
        self._view, self.follows, self._key, self._top, self._cursor = view, True, None, 0, 0
        self.work()

    def work(self) -> bool:
        """Search for a while, then show what there is; whether there is more to search."""
        if self._view is None:
            return False
        end, more = perf_counter() + TURN, True
        while more and perf_counter() < end:
            more = self._view.advance()
        self._place()
        self.show_rows()
        return more

    @property
    def row(self) -> LogRow | None:
        """The one under the cursor."""
        at = self._cursor - self._top
        return self._rows[at] if 0 <= at < len(self._rows) else None

    @property
    def chosen(self) -> tuple[LogRow, ...]:
        """The rows of the range, or the one under the cursor."""
        if self._view is None:
            return ()
        places = self._chosen_places()
        return self._view.rows(places.start, places.stop)

    def _chosen_places(self) -> range:
        begin = self._view.index_of(self.range_from) if self._view and self.range_from is not None else None
        low, high = sorted((self._cursor, self._cursor if begin is None else begin))
        return range(low, high + 1)

    @property
    def waiting(self) -> int:
        """Rows that came since following ended."""
        return max(0, len(self._view) - self._seen) if self._view and not self.follows else 0

    def follow(self) -> None:
        """Go to the newest row and stay there."""
        self.follows = True
        self._place()
        self.show_rows()
        self.post_message(self.Moved())

    def go_to(self, index: int) -> None:
        """Put the cursor on a row, by its place."""
        if self._view is None or not len(self._view):
            return
        last = len(self._view) - 1
        if self.follows and index < last:
            self.follows, self._seen = False, len(self._view)
        self._cursor, top = min(max(index, 0), last), self._top
        self._keep_in_sight()
        row = self.row if self._top == top else None
        if row is not None and self._view.index_of(row.key) == self._cursor:
            self._key = row.key
            self._mark()
        else:
            self._key = self._row_key_at(self._cursor)
            self.show_rows()
        self.post_message(self.Moved())

    def go_to_time(self, time: int) -> None:
        """Put the cursor on the first row at or after a time (microseconds, our clock)."""
        if self._view is not None:
            self.follows, self._seen = False, len(self._view)
            self.go_to(self._view.index_at(time))

    def go_to_level(self, level: Level, step: int) -> bool:
        """To the next row of this level or worse; false where there is none."""
        found = self._view.next_index(self._cursor, level, step) if self._view else None
        if found is not None:
            self.go_to(found)
        return found is not None

    def find(self, words: str, step: int) -> bool:
        """To the next row with these words as it is shown; false where there is none within ten thousand rows."""
        if self._view is None:
            return False
        wanted, wide = words.casefold(), Shape(1000)
        for start in range(1, 10_000, 200):
            first = self._cursor + start if step > 0 else self._cursor - start - 199
            rows = list(enumerate(self._view.rows(first, max(0, first + 200)), max(0, first)))
            for at, row in rows if step > 0 else reversed(rows):
                if wanted in plain(row_line(row, wide)).casefold() and at != self._cursor:
                    self.go_to(at)
                    return True
            if not rows:
                return False
        return False

    # -- place

    def _place(self) -> None:
        """Where cursor and top are now that rows may have come above and below."""
        assert self._view is not None
        last = max(0, len(self._view) - 1)
        if self.follows:
            self._cursor = last
            self._top = max(0, last - self.size.height + 1)
            self._keep_in_sight()
            self._key = None
            return
        found = self._view.index_of(self._key) if self._key is not None else None
        moved = (self._cursor if found is None else found) - self._cursor
        self._seen += moved
        self._cursor = min(max(0, self._cursor + moved), last)
        self._top = max(0, self._top + moved)
        self._keep_in_sight()

    def _keep_in_sight(self) -> None:
        height = max(1, self.size.height)
        self._top = min(max(self._top, self._cursor - height + 1), self._cursor)
        if self.shape.wrap and self._view is not None:
            rows = self._view.rows(self._top, self._cursor + 1)
            sizes = [len(row_lines(row, self.shape)) for row in rows]
            while len(sizes) > 1 and sum(sizes) > height:
                self._top += 1
                del sizes[0]

    def _row_key_at(self, index: int) -> int | None:
        rows = self._view.rows(index, index + 1) if self._view else ()
        return rows[0].key if rows else None

    # -- drawing

    def show_rows(self) -> None:
        """Make the rows in sight anew and draw those that differ."""
        height = self.size.height
        rows = self._view.rows(self._top, self._top + height) if self._view else ()
        before = self._shown
        self._rows, self._spans = rows, []
        self._shown = self._lines(rows, height) if rows else self.empty
        self.redraw_lines(
            y for y in range(max(len(self._shown), len(before))) if self._shown[y : y + 1] != before[y : y + 1]
        )
        self._mark()

    def _mark(self) -> None:
        """Draw the rows that are chosen now as such, and those that were chosen before as all others."""
        chosen = self._chosen_places()
        spans = [span for place, span in enumerate(self._spans, self._top) if place in chosen]
        old, self._marked_lines = self._marked_lines, range(spans[0].start, spans[-1].stop) if spans else range(0)
        if old != self._marked_lines:
            self.redraw_lines({*old, *self._marked_lines})

    def _lines(self, rows: tuple[LogRow, ...], height: int) -> tuple[Line, ...]:
        """As many rows as fit; notes which lines are whose."""
        found: list[Line] = []
        for row in rows:
            lines = row_lines(row, self.shape)
            if row.key in self.marked:
                top = lines[0]
                lines = ((Cell(top[0].text[:-1] + "*", Tone.HEAD), *top[1:]), *lines[1:])
            self._spans.append(range(len(found), min(height, len(found) + len(lines))))
            found += lines
            if len(found) >= height:
                break
        return tuple(found[:height])

    def line_at(self, y: int) -> Line:
        return self._shown[y] if y < len(self._shown) else ()

    def line_count(self) -> int:
        return self.size.height

    def is_marked(self, y: int) -> bool:
        return y in self._marked_lines

    def on_resize(self) -> None:
        if self._view is not None:
            self._place()
            self.show_rows()
        self.redraw_all()

    # -- keys

    def action_move(self, by: int) -> None:
        if self._view is not None:
            at_end = self._cursor + by >= len(self._view) - 1
            self.follow() if at_end and by > 1_000 else self.go_to(self._cursor + by)

    def action_page(self, by: int) -> None:
        self.action_move(by * max(1, self.size.height - 1))

    def action_choose(self) -> None:
        if self.row is not None:
            self.post_message(self.Chosen(self.row))
