"""Lines of a log to read: one with all its fields, or all that are here behind a folded row."""

from __future__ import annotations

from k0stui.logs.redact import redact
from k0stui.logs.rows import LogRow
from k0stui.logs.visible import visible
from k0stui.present.cells import Line, Tone, line
from k0stui.present.logs import Shape, detail_lines, fold_words, row_line
from k0stui.present.look import Look
from k0stui.ui.screens.reading import Reading


class LinePane(Reading):
    """One line in full."""

    name_of = "line"

    def __init__(self, row: LogRow, shape: Shape) -> None:
        super().__init__()
        self._row, self._shape = row, shape

    def told(self, look: Look | None) -> tuple[Line, ...]:
        raw = self._row.line.raw if self._row.line else ""
        return (
            *detail_lines(self._row, self._shape),
            (),
            line("As the host wrote it", tone=Tone.HEAD),
            line(visible(redact(raw))),
        )


class FoldPane(Reading):
    """The lines behind a row, the newest thousand of those that are here."""

    name_of = "fold"

    def __init__(self, row: LogRow, members: tuple[LogRow, ...], shape: Shape) -> None:
        super().__init__()
        self._row, self._members, self._shape = row, members, shape

    def told(self, look: Look | None) -> tuple[Line, ...]:
        words = fold_words(self._row.folded, self._shape) if self._row.folded else ""
        here = f"{len(self._members)} of them are here; the others were counted on the host and not sent"
        lines = tuple(row_line(one, self._shape) for one in self._members)
        return (line(words, tone=Tone.HEAD), line(here, tone=Tone.DIM), (), *lines)
