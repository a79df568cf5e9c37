"""What is wrong, in a few lines at the top: the block of the overview, and one line on every other pane."""

from __future__ import annotations

from textual.geometry import Size

from k0stui.present.cells import Cell, Line, Tone, plain
from k0stui.ui.commands import bindings
from k0stui.ui.widgets.line_view import LineView, split_line
from k0stui.ui.widgets.story import wrapped


class Verdict(LineView, can_focus=True):
    """A block of lines, as high as it has rows; long lines wrap, each into as many rows as it may have."""

    BINDINGS = bindings("verdict")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._given: tuple[tuple[Line, int], ...] = ()
        self._shown: tuple[Line, ...] = ()
        self._hang = 0

    def show(self, lines: tuple[tuple[Line, int], ...], hang: int = 0) -> None:
        """Lines with the rows that each may take; rows after the first begin at column `hang`."""
        self._given, self._hang = lines, hang
        self._fit(self.size.width)

    @property
    def text(self) -> str:
        """All of it, uncut, for copying."""
        return "\n".join(plain(line) for line, _ in self._given)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(1, len(self._rows(width)))

    def _fit(self, width: int) -> None:
        old, self._shown = self._shown, self._rows(width)
        if len(old) != len(self._shown):
            self.redraw_all()
            self.refresh(layout=True)
        else:
            self.redraw_lines(y for y, line in enumerate(self._shown) if line != old[y])

    def _rows(self, width: int) -> tuple[Line, ...]:
        return tuple(row for line, most in self._given for row in capped(line, width, most, self._hang))

    def on_focus(self) -> None:
        self.put_cursor(0, 0)

    def on_resize(self) -> None:
        self._fit(self.size.width)
        self.redraw_all()

    def line_at(self, y: int) -> Line:
        return self._shown[y]

    def line_count(self) -> int:
        return len(self._shown)


def capped(line: Line, width: int, most: int, hang: int) -> tuple[Line, ...]:
    """The line wrapped into at most `most` rows; what is cut ends in `…`."""
    rows = wrapped(line, width, hang) if width else (line,)
    if len(rows) <= most:
        return rows
    last, room = line if most == 1 else rows[most - 1], max(0, width - 1)
    kept: list[Cell] = []
    for cell in last:
        kept.append(Cell(cell.text[:room], cell.tone))
        room -= len(kept[-1].text)
    return (*rows[: most - 1], (*kept, Cell("…")))


class OneLine(LineView, can_focus=False):
    """One row with a left part and a right part: the verdict as a banner, the head row, the status bar."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._parts: tuple[Line, Line] = ((), ())

    def show(self, left: Line, right: Line = ()) -> None:
        """Pieces of the right part that find no room are left out, the last first."""
        if (left, right) != self._parts:
            self._parts = (left, right)
            self.redraw_lines([0])

    def line_at(self, y: int) -> Line:
        return split_line(*self._parts, self.size.width)

    def line_count(self) -> int:
        return 1

    @property
    def text(self) -> str:
        return plain(self.line_at(0)).rstrip()


class Banner(OneLine):
    """One row whose right part always stays: the left one, a sentence, is cut instead."""

    def line_at(self, y: int) -> Line:
        left, right = self._parts
        room = self.size.width - len(plain(right)) - 1
        return split_line(capped(left, room, 1, 0)[0], right, self.size.width)


class Rule(LineView, can_focus=False):
    """A line across, between the parts of a screen."""

    def line_at(self, y: int) -> Line:
        return (Cell("─" * self.size.width, Tone.DIM),)

    def line_count(self) -> int:
        return 1
