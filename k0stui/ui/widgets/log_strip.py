"""The newest warnings and errors at the foot of the overview, with the histogram of the last hour."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from k0stui.logs.board import Feed
from k0stui.logs.filter import parse
from k0stui.logs.view import View
from k0stui.present.cells import Cell, Line, Tone
from k0stui.present.logs import HISTOGRAM_MARGIN, histogram_line, row_line, shape_of
from k0stui.present.look import Look
from k0stui.ui.widgets.line_view import LineView

if TYPE_CHECKING:
    from k0stui.ui.app import K0stuiApp

WANTED = "level>=W"

HOUR = 3600 * 1_000_000

TURNS = 20
"""Slices of searching at each look: 8 ms each at most, and as a rule none is needed."""


class LogStrip(LineView, can_focus=False):
    """Hidden where no logs are followed."""

    def __init__(self) -> None:
        super().__init__(classes="strip")
        self._view: View | None = None
        self._shown: tuple[Line, ...] = ()

    @property
    def feed(self) -> Feed | None:
        return getattr(cast("K0stuiApp", self.app).outside, "logs", None)

    def on_mount(self) -> None:
        self.display = self.feed is not None

    def show(self, look: Look) -> None:
        feed = self.feed
        if feed is None:
            return
        if self._view is None:
            self._view = View(feed.store, parse(WANTED), look.now)
        for _ in range(TURNS):
            if not self._view.advance():
                break
        before, self._shown = self._shown, self._lines(feed, look.now)
        self.redraw_lines(y for y, one in enumerate(self._shown) if before[y : y + 1] != (one,))

    def _lines(self, feed: Feed, now: datetime) -> tuple[Line, ...]:
        assert self._view is not None
        room = max(0, self.size.height - 1)
        hosts = [str(log.source.host) for log in feed.store.logs]
        shape = shape_of(self.size.width, hosts, cast("K0stuiApp", self.app).zone)
        rows = self._view.rows(max(0, len(self._view) - room), len(self._view))
        end = max(int(now.astimezone(UTC).timestamp() * 1e6), feed.store.newest) + 1_000_000
        buckets = self._view.histogram(max(8, self.size.width - HISTOGRAM_MARGIN - 7), end - HOUR, end)
        head = (
            Cell("5 LOGS ", Tone.HEAD),
            *histogram_line(buckets, self.size.width - 7, None, cast("K0stuiApp", self.app).zone),
        )
        return (head, *(row_line(row, shape) for row in rows))

    def on_resize(self) -> None:
        if (look := cast("K0stuiApp", self.app).look) is not None:
            self.show(look)
        self.redraw_all()

    def line_at(self, y: int) -> Line:
        return self._shown[y] if y < len(self._shown) else ()

    def line_count(self) -> int:
        return self.size.height
