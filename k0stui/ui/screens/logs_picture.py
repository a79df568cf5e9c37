"""The log pane's picture: rows of all hosts in one order, a histogram above, one line in full below."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

from textual import on
from textual.app import ComposeResult

from k0stui.logs.board import Feed, Refill
from k0stui.logs.filter import parse
from k0stui.logs.rows import LogRow
from k0stui.logs.stream import Span, micros
from k0stui.logs.terms import Filter
from k0stui.logs.view import View
from k0stui.model.observed import Known
from k0stui.present.cells import Cell, Tone, count, line
from k0stui.present.logs import (
    HISTOGRAM_MARGIN,
    Shape,
    detail_lines,
    empty_lines,
    head_line,
    histogram_line,
    row_line,
    shape_of,
)
from k0stui.present.look import Look
from k0stui.ui.panes import Pane
from k0stui.ui.screens.log_lines import FoldPane, LinePane, unfolding_of
from k0stui.ui.screens.logs_range import HistogramRange
from k0stui.ui.widgets.log_view import LogView
from k0stui.ui.widgets.story import Story
from k0stui.ui.widgets.verdict import OneLine, Rule

PAINT = 0.2
"""Seconds between two pictures: faster than that nobody reads, and each costs bytes on the link."""

SEARCH = 0.02
"""Seconds between two turns of searching: keys are taken in between."""


class LogBase(Pane):
    """What the log pane shows, and how it is kept up to date; without its keys."""

    def __init__(self, text: str = "", at: int | None = None) -> None:
        super().__init__()
        self.filter = parse(text)
        self._at = at
        self._view: View | None = None
        self._trial: View | None = None
        self._fault = ""
        self._folding = True
        self._shift = 0
        self._rows_wrap = False
        self._clock_shown = ""
        self._marked_words: tuple[str, ...] = ()
        self._around = 0
        self._time_range = HistogramRange()
        self._searching = False

    def another(self, text: str, at: int) -> LogBase:
        """The same pane once more, for another filter and time."""
        return type(self)(text, at)

    def compose(self) -> ComposeResult:
        yield OneLine(id="log-head")
        yield OneLine(id="log-histogram")
        yield LogView(id="log-rows")
        yield Rule(id="log-rule")
        detail = Story(id="log-detail")
        detail.can_focus = False
        yield detail

    def on_mount(self) -> None:
        if self.feed is None:
            self._rows.empty = (line("  no logs are followed here"),)
            self._rows.show_rows()
            return
        self.use(self.filter)
        self.set_interval(PAINT, self._turn)

    @property
    def feed(self) -> Feed | None:
        return getattr(self.k0s.outside, "logs", None)

    @property
    def _rows(self) -> LogView:
        return self.query_one(LogView)

    @property
    def _now(self) -> datetime:
        newest = self.feed.store.newest if self.feed else 0
        look = self.k0s.look.now if self.k0s.look else datetime.fromtimestamp(0, UTC)
        known = max(look, datetime.fromtimestamp(newest / 1e6, UTC))
        return known if known.timestamp() else datetime.now(UTC)

    # -- work

    def use(self, wanted: Filter, view: View | None = None) -> None:
        """Show what passes this filter; the place in time is kept where the cursor was not at the newest row."""
        if self.feed is None:
            return
        row, follows = self._rows.row, self._rows.follows
        self.filter, self._trial, self._fault = wanted, None, ""
        self._view = view or View(self.feed.store, wanted, self._now, folding=self._folding)
        if row is not None and row.line is not None and not follows and self._at is None:
            self._at = row.line.corrected
        self._rows.use(self._view)
        self._turn()

    def _turn(self) -> None:
        """Search a little, go to the place that was asked for once it is there, and paint."""
        if self.feed is None or not self.display or self._view is None:
            return
        self.feed.board.watched = True
        if self._trial is not None:
            more = any(self._trial.advance() for _ in range(2))
        else:
            self._lay_out()
            more = self._rows.work()
            if self._at is not None and (not more or self._view.complete):
                at, self._at = self._at, None
                self._rows.go_to_time(at)
        self._show_all()
        if more and not self._searching:
            self._searching = True
            self.set_timer(SEARCH, self._search_on)

    def _search_on(self) -> None:
        self._searching = False
        self._turn()

    def _lay_out(self) -> None:
        assert self.feed is not None
        hosts = sorted({str(log.source.host) for log in self.feed.store.logs})
        shape = self._shape(hosts)
        self._rows.shape = shape
        if self._view is not None:
            self._rows.empty = empty_lines(self._view.counters, self.feed.board.streams, complete=self._view.complete)

    def _shape(self, hosts: list[str]) -> Shape:
        zone = "local" if self._clock_shown == "local" else self.k0s.zone
        row = self._rows.row
        here = row.line.corrected if row is not None and row.line is not None else None
        return replace(
            shape_of(self.size.width, hosts, zone, 0 if self._rows_wrap else self._shift, self.k0s.words),
            marked=self._marked_words,
            wrap=self._rows_wrap,
            base=here if self._clock_shown == "relative" else None,
            raw_times=self._clock_shown == "host",
        )

    def show(self, look: Look) -> None:
        self._turn()

    def _show_all(self) -> None:
        self._show_head()
        self._show_histogram()
        self._show_detail()

    @property
    def _shown(self) -> View:
        view = self._trial or self._view
        assert view is not None
        return view

    def _show_head(self) -> None:
        assert self.feed is not None
        view = self._shown
        streams = self.feed.board.streams
        left, right = head_line(view.counters, view.filter.text, self._state, streams, complete=view.complete)
        if self._fault:
            left, right = (Cell("5 LOGS  ", Tone.HEAD), Cell(self._fault, Tone.WARN)), ()
        self.query_one("#log-head", OneLine).show(left, right)

    def _show_histogram(self) -> None:
        start, end = self._times
        buckets = self._shown.histogram(self._columns, start, end)
        shown = histogram_line(buckets, self.size.width, self._time_range.bucket, self.k0s.zone)
        self.query_one("#log-histogram", OneLine).show(shown)

    @property
    def _state(self) -> str:
        assert self.feed is not None
        if self._trial is not None:
            return "filtering"
        if not self._rows.follows:
            return f"PAUSED +{count(self._rows.waiting)}"
        if (left := self.feed.board.uncapped_until - time.monotonic()) > 0:
            return f"live, uncapped for {left:.0f} s"
        fetching = f", fetching from {self.feed.board.fetching} hosts" if self.feed.board.fetching else ""
        return f"live{fetching}"

    @property
    def _times(self) -> tuple[int, int]:
        """Of the histogram, in microseconds."""
        return self._time_range.shown(micros(self._now) + 1_000_000, self._booted)

    @property
    def _columns(self) -> int:
        return max(8, self.size.width - HISTOGRAM_MARGIN)

    @property
    def _booted(self) -> int | None:
        """When the host under the cursor was booted, else the one that was last; microseconds."""
        hosts = self.k0s.look.snapshot.hosts if self.k0s.look else ()
        boots = {
            str(host.name): micros(host.identity.at) - int(host.identity.value.uptime * 1e6)
            for host in hosts
            if isinstance(host.identity, Known)
        }
        return boots.get(self.subject, max(boots.values(), default=None))

    def _show_detail(self) -> None:
        row = self._rows.row
        detail = self.query_one("#log-detail", Story)
        if self._around and row is not None and self._view is not None:
            around = self._view.around(row.key, self._around, self._around)
            lines = tuple(row_line(one, self._rows.shape, dimmed=one.key != row.key) for one in around)
        else:
            lines = detail_lines(row, self._rows.shape)
        detail.show(str(row.key if row else ""), lines)

    @on(LogView.Moved)
    def _moved(self) -> None:
        """The lines are the same: their histogram stays as the last turn drew it."""
        if self._view is not None:
            self._show_head()
            self._show_detail()

    @on(LogView.Chosen)
    async def _chosen(self, event: LogView.Chosen) -> None:
        row = event.row
        if self._time_range.bucket is not None:
            self._zoom_in()
        elif row.line is not None and "mark" in row.line.flags:
            self._refill(row)
        elif row.folded is not None and row.folded.count > 1:
            await self._unfold(row)
        elif self.filter.terms and row.line is not None:
            await self.k0s.open_pane(self.another("", row.line.corrected))
        else:
            await self.k0s.open_pane(LinePane(row, self._rows.shape))

    async def _unfold(self, row: LogRow) -> None:
        """The lines of a fold; those that the host only counted are asked for."""
        assert self.feed is not None
        assert self._view is not None
        members, unfolding = self._view.members(row.key), None
        if row.line is not None and row.folded is not None and row.folded.count > len(members):
            unfolding = unfolding_of(row.line, row.folded)
            self.feed.board.unfold.append(unfolding)
        await self.k0s.open_pane(FoldPane(row, members, self._rows.shape, unfolding))

    def _refill(self, row: LogRow) -> None:
        """Ask for the lines that a mark says are missing."""
        assert self.feed is not None
        assert row.line is not None
        for log in self.feed.store.logs:
            if log.source == row.line.source and (gap := log.gap_at(row.line.corrected)) is not None:
                self.feed.board.refill.append(Refill(log.source, gap))
                self.k0s.tell("asking the host for the lines that were left out")
                return
        self.k0s.tell("nothing that could be fetched is missing here")

    def _zoom_in(self) -> None:
        low, _ = self._time_range.under_cursor(self._times, self._columns)
        self._time_range.zoom_in(self._times, self._columns)
        self._rows.go_to_time(low)

    def _fetch(self, since: datetime) -> None:
        """Have what lies before our first lines fetched from the hosts."""
        if self.feed is not None:
            self.feed.board.wanted.append(Span(since))

    # -- what the app asks

    @property
    def subject(self) -> str:
        row = self._rows.row
        return str(row.line.host) if row is not None and row.line is not None else ""
