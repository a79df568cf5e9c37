"""Lines to read: the story of a host, a cell or a finding. It scrolls, and long lines wrap with their indent."""

from __future__ import annotations

from k0stui.present.cells import Cell, Line, plain
from k0stui.ui.commands import bindings
from k0stui.ui.widgets.line_view import LineView


class Story(LineView, can_focus=True):
    """Text with tones; the place read stays when a new version of the same story comes."""

    BINDINGS = bindings("story")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._told: tuple[Line, ...] = ()
        self._wrapped: tuple[Line, ...] = ()
        self._subject = ""

    def show(self, subject: str, lines: tuple[Line, ...]) -> None:
        """Tell of `subject` (a key); another subject begins at its top, the same one stays where it is."""
        if (subject, lines) == (self._subject, self._told):
            return
        if subject != self._subject:
            self.scroll_line_to(0)
        self._subject, self._told = subject, lines
        self._wrap()

    @property
    def text(self) -> str:
        """All of it, unwrapped, for copying."""
        return "\n".join(plain(line) for line in self._told)

    def find(self, words: str, by: int) -> bool:
        """Scroll to the next row with these words, round the end; false where there is none."""
        wanted = words.casefold().split()
        rows = [plain(row).casefold() for row in self._wrapped]
        order = [(self.scroll_offset.y + by * step) % len(rows) for step in range(1, len(rows) + 1)] if rows else []
        found = next((at for at in order if wanted and all(word in rows[at] for word in wanted)), None)
        if found is not None:
            self.scroll_line_to(found)
        return found is not None

    def action_read(self, by: int) -> None:
        last = max(0, self.line_count() - self.size.height)
        self.scroll_line_to(min(max(self.scroll_offset.y + by, 0), last))

    def action_read_page(self, by: int) -> None:
        self.action_read(by * max(1, self.size.height - 1))

    def on_focus(self) -> None:
        self.put_cursor(0, self.scroll_offset.y)

    def _wrap(self) -> None:
        old, width = self._wrapped, self.size.width
        self._wrapped = tuple(row for line in self._told for row in wrapped(line, width, _hang(line))) if width else ()
        if len(old) != len(self._wrapped):
            self.redraw_all()
        else:
            self.redraw_lines(y for y, line in enumerate(self._wrapped) if line != old[y])

    def on_resize(self) -> None:
        self._wrap()
        self.redraw_all()

    def line_at(self, y: int) -> Line:
        return self._wrapped[y]

    def line_count(self) -> int:
        return len(self._wrapped)


def _hang(line: Line) -> int | None:
    """Where the text begins behind a label; None for a line without one."""
    return len(line[0].text) if len(line) > 1 and line[0].text.startswith("  ") else None


def wrapped(line: Line, width: int, hang: int | None = None) -> tuple[Line, ...]:
    """The line in rows of at most `width` characters, cut at blanks where there are any; rows after the first begin
    at `hang`, or two columns right of the line's own indent. Nothing is lost but blanks at the cuts."""
    text = plain(line)
    if len(text) <= width or width < 8:
        return (line,)
    indent = min(len(text) - len(text.lstrip()) + 2 if hang is None else hang, width // 2)
    rows, start, first = [], 0, len(text) - len(text.lstrip())
    while start < len(text):
        room = width - (indent if start else 0)
        end = _cut(text, start, room, max(start, first))
        piece = _slice(line, start, end)
        rows.append((Cell(" " * indent), *piece) if start else piece)
        start = end + len(text[end:]) - len(text[end:].lstrip(" "))
    return tuple(rows)


def _cut(text: str, start: int, room: int, first: int) -> int:
    """Where the row that begins at `start` ends: before the last blank that leaves something on it."""
    end = start + room
    if end >= len(text):
        return len(text)
    blank = text.rfind(" ", first + 1, end + 1)
    return blank if blank > first else end


def _slice(line: Line, start: int, end: int) -> Line:
    pieces, at = [], 0
    for cell in line:
        text = cell.text[max(0, start - at) : max(0, end - at)]
        if text:
            pieces.append(Cell(text, cell.tone))
        at += len(cell.text)
    return tuple(pieces)
