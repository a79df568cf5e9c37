"""Lines of a log to read: one with all its fields, or those behind a folded row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from k0stui.logs.board import Unfolding
from k0stui.logs.redact import redact
from k0stui.logs.rows import Folded, LogRow
from k0stui.logs.stream import Span
from k0stui.logs.terms import Field, Filter
from k0stui.logs.view import UNFOLDED, View
from k0stui.logs.visible import visible
from k0stui.model.log import LogLine
from k0stui.present.cells import Line, Tone, count, line
from k0stui.present.logs import Shape, detail_lines, fold_words, row_line
from k0stui.present.look import Look
from k0stui.ui.screens.reading import Reading

AGAIN = 0.5
"""Seconds between two looks at what has come of a fold that was opened."""


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
    """The lines behind a row, the newest thousand: those that are here, and soon those that the host only counted."""

    name_of = "fold"

    def __init__(
        self, row: LogRow, members: tuple[LogRow, ...], shape: Shape, unfolding: Unfolding | None = None
    ) -> None:
        super().__init__()
        self._row, self._members, self._shape, self._unfolding = row, members, shape, unfolding

    def on_mount(self) -> None:
        super().on_mount()
        if self._unfolding is not None:
            self.set_interval(AGAIN, lambda: self._tell(self.k0s.look))

    def told(self, look: Look | None) -> tuple[Line, ...]:
        words = fold_words(self._row.folded, self._shape) if self._row.folded else ""
        fetched = self._fetched()
        rows = fetched or self._members
        shape = replace(self._shape, width=self.size.width or self._shape.width)
        lines = tuple(row_line(one, shape) for one in rows)
        return (line(words, tone=Tone.HEAD), line(self._state(len(fetched)), tone=Tone.DIM), (), *lines)

    def _state(self, fetched: int) -> str:
        here = f"{count(len(self._members))} of them are here"
        if self._unfolding is None:
            return here
        if not self._unfolding.done:
            return f"{here}; the others were counted on the host: asking it for the newest {count(UNFOLDED)}"
        if self._unfolding.why:
            return f"{here}; the others could not be had: {self._unfolding.why}"
        return f"the newest {count(fetched)}, fetched from the host's journal" if fetched else here

    def _fetched(self) -> tuple[LogRow, ...]:
        if self._unfolding is None or not self._unfolding.done or self._row.line is None:
            return ()
        same = Filter((Field("tmpl", (self._row.line.template,)),))
        view = View(self._unfolding.store, same, self._unfolding.span.since, folding=False)
        view.finish()
        return view.rows(max(0, len(view) - UNFOLDED), len(view))


def unfolding_of(row: LogLine, folded: Folded) -> Unfolding:
    """The newest thousand lines of a fold, by time: at its rate they took that long."""
    first = folded.last - int(UNFOLDED / max(folded.rate, 0.001) * 1e6)
    since, last = (_at(time) for time in (max(folded.since, first), folded.last + 1_000_000))
    return Unfolding(row.source, Span(since, last))


def _at(time: int) -> datetime:
    return datetime.fromtimestamp(time / 1e6, UTC)
