"""What a terminal shows, cell by cell, and the fewest bytes that turn it into what it should show.

Textual writes whole regions again whenever something in them changed. `Cells.feed` reads those writes into a grid,
and `Painter.paint` compares the grid with what the terminal has and writes only the difference.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import groupby

from rich.cells import split_graphemes

_TOKEN = re.compile(
    r"\x1b\[(?P<at>[\d;]*)H"
    r"|\x1b\[(?P<sgr>[\d;:]*)m"
    r"|(?P<text>[^\x00-\x1f\x7f]+)"
    r"|(?P<skip>\n|\x1b\]8;[^\x07\x1b]*(?:\x07|\x1b\\))"
    r"|(?P<control>\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|P[^\x1b]*\x1b\\|[@-Z\\^_`a-z=>])|.)",
    re.DOTALL,
)
"""Skipped: newlines between rows (each row begins with a move) and hyperlinks (k0stui makes none)."""

GAP = 4
"""Unchanged cells between two changes that are cheaper to write again than to jump over (`ESC [ n C` is 4 bytes)."""


class Cells:
    """A grid of cells: a character (or the halves of a wide one: itself and "") and its SGR parameters.

    It grows to whatever is written, so that a terminal that shrinks and grows again finds its content.
    """

    def __init__(self) -> None:
        self.text: list[list[str]] = []
        self.style: list[list[str]] = []
        self.dirty: set[int] = set()
        """Rows written to since a painter looked last."""
        self.x = 0
        self.y = 0
        self._pen = ""

    def feed(self, data: str) -> list[str]:
        """Take what Textual would have written; what is no drawing (modes, bell, clipboard) is handed back in order."""
        controls = []
        for token in _TOKEN.finditer(data):
            match token.lastgroup:
                case "text":
                    self._write(token["text"])
                case "sgr":
                    self._pen = plain_sgr(token["sgr"])
                case "at":
                    row, _, column = token["at"].partition(";")
                    self.y, self.x = int(row or 1) - 1, int(column or 1) - 1
                case "control":
                    controls.append(token["control"])
                case _:
                    pass
        return controls

    def _write(self, text: str) -> None:
        body = text.rstrip(" ")
        blanks = len(text) - len(body)
        if body:
            self._put(list(body) if body.isascii() else graphemes(body), self._pen)
        if blanks:
            self._put([" "] * blanks, blank_sgr(self._pen))

    def _put(self, cells: list[str], style: str) -> None:
        x, end = self.x, self.x + len(cells)
        text, styles = self._row(self.y, end)
        if not text[x] and x:
            text[x - 1] = " "  # half of a wide character is overwritten: terminals blank the other half
        if end < len(text) and not text[end]:
            text[end] = " "
        text[x:end] = cells
        styles[x:end] = [style] * len(cells)
        self.x = end
        self.dirty.add(self.y)

    def _row(self, y: int, width: int) -> tuple[list[str], list[str]]:
        while len(self.text) <= y:
            self.text.append([])
            self.style.append([])
        text, style = self.text[y], self.style[y]
        if (missing := width - len(text)) > 0:
            text.extend(" " * missing)
            style.extend([""] * missing)
        return text, style

    def row(self, y: int, width: int) -> tuple[list[str], list[str]]:
        """Exactly `width` cells of a row; a wide character that the edge cuts is a blank."""
        text, style = self._row(y, width)
        cut = len(text) > width and not text[width]
        text, style = text[:width], style[:width]
        if cut:
            text[-1] = " "
        return text, style


class Painter:
    """Knows what the terminal shows, where its cursor is and which style it would write in."""

    def __init__(self, width: int, height: int) -> None:
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.forget()

    def forget(self) -> None:
        """Nothing is known of what the terminal shows: the next picture is painted whole."""
        self._text: list[list[str] | None] = [None] * self.height
        self._style: list[list[str]] = [[] for _ in range(self.height)]
        self._pen: str | None = None
        self._at: tuple[int, int] | None = None

    def paint(self, target: Cells) -> str:
        """The bytes that make the terminal show `target`, "" when it does. From then on they count as written."""
        out: list[str] = []
        unknown = {y for y, row in enumerate(self._text) if row is None}
        for y in sorted(unknown | target.dirty):
            if y < self.height:
                self._paint_row(y, *target.row(y, self.width), out)
        target.dirty.clear()
        self._move(min(target.x, self.width - 1), min(target.y, self.height - 1), out)
        return "".join(out)

    def _paint_row(self, y: int, text: list[str], style: list[str], out: list[str]) -> None:
        known, known_style = self._text[y], self._style[y]
        if known is None:
            changed = list(range(self.width))
        elif known == text and known_style == style:
            return
        else:
            cells = zip(known, text, known_style, style, strict=True)
            changed = [x for x, (a, b, s, t) in enumerate(cells) if a != b or s != t]
        tail = _blank_tail(text, style)
        for start, end in _runs([x for x in changed if x < tail], text, style):
            self._write_run(start, end, y, text, style, out)
        self._blank(tail, [x for x in changed if x >= tail], y, out)
        self._text[y], self._style[y] = text, style

    def _write_run(self, start: int, end: int, y: int, text: list[str], style: list[str], out: list[str]) -> None:
        self._move(start, y, out)
        for sgr, cells in groupby(range(start, end), key=style.__getitem__):
            self._use(sgr, out)
            for x in cells:
                out.append(text[x])
                if text[x] and not _certain(text[x]):
                    # Terminals disagree about its width: say where to go on.
                    out.append(f"\x1b[{x + 2 + (x + 1 < self.width and not text[x + 1])}G")
        self._at = (end, y) if end < self.width else None

    def _blank(self, tail: int, changed: list[int], y: int, out: list[str]) -> None:
        if not changed:
            return
        start = max(tail, changed[0])
        self._move(start, y, out)
        self._use("", out)
        if changed[-1] - start < 3:
            out.append(" " * (changed[-1] + 1 - start))
            self._at = (changed[-1] + 1, y) if changed[-1] + 1 < self.width else None
        else:
            out.append("\x1b[K")

    def _move(self, x: int, y: int, out: list[str]) -> None:
        if self._at == (x, y):
            return
        if self._at and self._at[1] == y and x > self._at[0]:
            steps = x - self._at[0]
            out.append(f"\x1b[{steps if steps > 1 else ''}C")
        else:
            out.append(f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H")
        self._at = (x, y)

    def _use(self, sgr: str, out: list[str]) -> None:
        if sgr != self._pen:
            out.append("\x1b[m" if not sgr else f"\x1b[{sgr}m" if self._pen == "" else f"\x1b[0;{sgr}m")
            self._pen = sgr


def _blank_tail(text: list[str], style: list[str]) -> int:
    """Where the plain blanks at the end of a row begin."""
    x = len(text)
    while x and text[x - 1] == " " and not style[x - 1]:
        x -= 1
    return x


def _runs(changed: list[int], text: list[str], style: list[str]) -> list[tuple[int, int]]:
    """Changed cells as half-open spans: near ones of one style joined, halves of wide characters kept together."""
    runs: list[tuple[int, int]] = []
    for x in changed:
        start = x - 1 if not text[x] and x else x
        end = x + 2 if x + 1 < len(text) and not text[x + 1] else x + 1
        if (
            runs
            and (gap := start - (last := runs[-1][1])) <= GAP
            and (gap <= 0 or all(one == style[last - 1] for one in style[last:start]))
        ):
            runs[-1] = (runs[-1][0], max(end, last))
        else:
            runs.append((start, end))
    return runs


def _certain(cell: str) -> bool:
    """Every terminal gives it one column: Latin, and the box and block elements of rules and histograms."""
    return len(cell) == 1 and (cell < "\u0300" or "\u2500" <= cell <= "\u259f")


def graphemes(text: str) -> list[str]:
    """One string per column, as Textual counts: marks stay with their letter, a wide character is followed by ""."""
    cells: list[str] = []
    for start, end, width in split_graphemes(text)[0]:
        if width:
            cells.append(text[start:end])
            cells.extend([""] * (width - 1))
        elif cells:
            cells[-1 if cells[-1] else -2] += text[start:end]
    return cells


@lru_cache(4096)
def plain_sgr(parameters: str) -> str:
    """SGR parameters after a reset: without "default colour", which a reset has set already."""
    kept: list[str] = []
    numbers = iter(parameters.split(";"))
    for number in numbers:
        if number in {"38", "48"}:
            kind = next(numbers, "5")
            kept.append(";".join([number, kind, *(next(numbers, "0") for _ in range(3 if kind == "2" else 1))]))
        elif number in {"", "0"}:
            kept.clear()
        elif number not in {"39", "49"}:
            kept.append(number)
    return ";".join(kept)


@lru_cache(4096)
def blank_sgr(sgr: str) -> str:
    """What of a style can be seen on a blank: background and lines; with reverse video everything."""
    parts = re.findall(r"[34]8;2;\d+;\d+;\d+|[34]8;5;\d+|\d+", sgr)
    if "7" in parts:
        return sgr
    return ";".join(part for part in parts if _seen_on_blank(part))


def _seen_on_blank(part: str) -> bool:
    return (
        part in {"4", "9", "21", "53"}
        or part.startswith("48;")
        or (part.isdigit() and (40 <= int(part) <= 47 or 100 <= int(part) <= 107))
    )
