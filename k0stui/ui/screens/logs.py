"""The logs of all hosts in one order: followed, filtered, searched; a histogram above, one line in full below."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime, timedelta

from textual import on
from textual.app import ComposeResult

from k0stui.logs.board import Feed
from k0stui.logs.export import Form, export, heading
from k0stui.logs.filter import FilterError, parse
from k0stui.logs.presets import PRESETS
from k0stui.logs.stream import Span, micros
from k0stui.logs.terms import FIELDS, Field, Filter
from k0stui.logs.view import View
from k0stui.logs.when import read_when
from k0stui.model.log import Level
from k0stui.present.cells import Cell, Line, Tone, count, line
from k0stui.present.logs import (
    HISTOGRAM_MARGIN,
    detail_lines,
    empty_lines,
    head_line,
    histogram_line,
    row_line,
    shape_of,
)
from k0stui.present.look import Look
from k0stui.ui.commands import bindings
from k0stui.ui.panes import Pane
from k0stui.ui.prompt import Choice, Prompt
from k0stui.ui.screens.log_lines import FoldPane, LinePane
from k0stui.ui.widgets.log_view import LogView
from k0stui.ui.widgets.story import Story
from k0stui.ui.widgets.verdict import OneLine, Rule

PAINT = 0.2
"""Seconds between two pictures: faster than that nobody reads, and each costs bytes on the link."""

SEARCH = 0.02
"""Seconds between two turns of searching: keys are taken in between."""

WINDOWS = (("5m", 300), ("15m", 900), ("1h", 3600), ("6h", 21_600), ("24h", 86_400))
"""How far the histogram reaches back, and how far is fetched when it is asked for."""

CONTEXTS = (0, 3, 10)
"""Lines before and after the one under the cursor, of its host alone."""

EXPORTED = 20_000
"""Rows, the newest, in an exported screen; `k0stui logs` has no such end."""

FILTER, SEARCHED, TIME = "/", "?", "@"
"""What stands before the text that is typed."""


class LogPane(Pane):
    """`5`; also opened over another pane, with the filter of what was under its cursor."""

    BINDINGS = bindings("logs")
    name_of = "logs"
    twin = "logs"
    hints = ("logs.filter", "logs.follow", "logs.error", "logs.warning")
    can_filter = True
    can_find = True
    own_prompt = True

    def __init__(self, text: str = "", at: int | None = None) -> None:
        super().__init__()
        self.filter = parse(text)
        self._at = at
        self._view: View | None = None
        self._trial: View | None = None
        self._fault = ""
        self._folding = True
        self._shift = 0
        self._window = 2
        self._around = 0
        self._bucket: int | None = None
        self._zooms: list[tuple[int, int]] = []
        self._searching = False

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
        shape = shape_of(self.size.width, hosts, self.k0s.zone, self._shift, self.k0s.words)
        self._rows.shape = shape
        if self._view is not None:
            self._rows.empty = empty_lines(self._view.counters, self.feed.board.streams, complete=self._view.complete)

    def show(self, look: Look) -> None:
        self._turn()

    def _show_all(self) -> None:
        assert self.feed is not None
        view = self._trial or self._view
        assert view is not None
        streams = self.feed.board.streams
        left, right = head_line(view.counters, view.filter.text, self._state, streams, complete=view.complete)
        if self._fault:
            left, right = (Cell("5 LOGS  ", Tone.HEAD), Cell(self._fault, Tone.WARN)), ()
        self.query_one("#log-head", OneLine).show(left, right)
        start, end = self._range
        buckets = view.histogram(max(8, self.size.width - HISTOGRAM_MARGIN), start, end)
        shown = histogram_line(buckets, self.size.width, self._bucket, self.k0s.zone)
        self.query_one("#log-histogram", OneLine).show(shown)
        self._show_detail()

    @property
    def _state(self) -> str:
        assert self.feed is not None
        if self._trial is not None:
            return "filtering"
        if not self._rows.follows:
            return f"PAUSED +{count(self._rows.waiting)}"
        fetching = f", fetching from {self.feed.board.fetching} hosts" if self.feed.board.fetching else ""
        return f"live{fetching}"

    @property
    def _range(self) -> tuple[int, int]:
        if self._zooms:
            return self._zooms[-1]
        end = micros(self._now) + 1_000_000
        return end - WINDOWS[self._window][1] * 1_000_000, end

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
        if self._view is not None:
            self._show_all()

    @on(LogView.Chosen)
    async def _chosen(self, event: LogView.Chosen) -> None:
        row = event.row
        if self._bucket is not None:
            self._zoom_in()
        elif row.folded is not None and row.folded.count > 1 and self._view is not None:
            await self.k0s.open_pane(FoldPane(row, self._view.members(row.key), self._rows.shape))
        elif self.filter.terms and row.line is not None:
            await self.k0s.open_pane(LogPane("", row.line.corrected))
        else:
            await self.k0s.open_pane(LinePane(row, self._rows.shape))

    # -- what was typed

    def action_ask_filter(self, more: str = "") -> None:
        """The filter prompt; `more` is typed already, behind what is in force."""
        text = f"{self.filter.text} {more}".lstrip() if more else self.filter.text
        self.k0s.query_one(Prompt).ask(FILTER, text, self._complete)

    def action_search(self, words: str = "") -> None:
        if words:
            self.entered(SEARCHED, words)
        else:
            self.k0s.query_one(Prompt).ask(SEARCHED, self.k0s.words)

    def action_ask_time(self) -> None:
        self.k0s.query_one(Prompt).ask(TIME)

    def typing(self, mark: str, text: str) -> None:
        if mark != FILTER or self.feed is None:
            return
        try:
            wanted = parse(text)
        except FilterError as error:
            self._fault = f"{error} (column {error.column + 1})"
        else:
            self._fault = ""
            if self._trial is None or wanted != self._trial.filter:
                self._trial = View(self.feed.store, wanted, self._now, folding=self._folding)
        self._turn()

    def entered(self, mark: str, text: str) -> None:
        if mark == FILTER:
            self.set_filter(text)
        elif mark == TIME:
            self._jump(text)
        else:
            self.k0s.words = text
            if text and not self.find(text, -1) and not self.find(text, 1):
                self.k0s.tell(f"{text!r} is in no row near this one; / filters all")

    def given_up(self, mark: str) -> None:
        self._trial, self._fault = None, ""
        self._turn()

    def set_filter(self, text: str) -> None:
        """Put a filter in force, or a preset by its name; a faulty one is said and changes nothing."""
        try:
            wanted = parse(PRESETS.get(text.strip(), text))
        except FilterError as error:
            self._trial, self._fault = None, ""
            self.k0s.tell(f"{error} (column {error.column + 1}); the filter before stays", severity="warning")
            self._turn()
            return
        trial = self._trial if self._trial is not None and self._trial.filter == wanted else None
        self.use(wanted, trial)

    def _complete(self, text: str) -> list[Choice]:
        """Fields, and values that were seen, for the last word typed; the preset of that name."""
        assert self.feed is not None
        before, _, word = text.rpartition(" ")
        before = f"{before} " if before else ""
        name, colon, value = word.lstrip("-!").partition(":")
        if colon and name in FIELDS:
            begun, _, last = value.rpartition(",")
            head = f"{before}{word[: len(word) - len(value)]}{begun}{',' if begun else ''}"
            seen = self.feed.store.observed(name).items()
            return [Choice(head + _shown(one), f"{count(n)} lines") for one, n in seen if last.lower() in one.lower()]
        if not word:
            return []
        fields = [Choice(f"{before}{one}:", "a field") for one in FIELDS if one.startswith(word)]
        presets = [Choice(one, about) for one, about in PRESETS.items() if one.startswith(word) and not before]
        return [*fields, *presets]

    def _jump(self, text: str) -> None:
        try:
            at = read_when(text, self._now)
        except ValueError as error:
            self.k0s.tell(str(error), severity="warning")
            return
        self._fetch(at)
        self._rows.go_to_time(micros(at))

    def _fetch(self, since: datetime) -> None:
        """Have what lies before our first lines fetched from the hosts."""
        if self.feed is not None:
            self.feed.board.wanted.append(Span(since))

    # -- keys

    def find(self, words: str, by: int) -> bool:
        return self._rows.find(words, by)

    def narrow(self, words: str) -> None:
        """`q` ends a search."""
        self._turn()

    def action_follow(self) -> None:
        self._rows.follow()

    def action_level(self, letter: str, step: int) -> None:
        level = Level.ERROR if letter == "E" else Level.WARNING
        if not self._rows.go_to_level(level, step):
            which = "error" if letter == "E" else "warning or error"
            self.k0s.tell(f"no {which} {'after' if step > 0 else 'before'} this row")

    def action_fold(self) -> None:
        self._folding = not self._folding
        self.use(self.filter)

    def action_warnings(self) -> None:
        """Only warnings and worse, or all again."""
        levels = parse("level>=W").terms[0]
        kept = tuple(term for term in self.filter.terms if term != levels)
        self.use(Filter(kept) if levels in self.filter.terms else Filter((*kept, levels)))

    def action_like(self, *, out: bool) -> None:
        """Only rows of this template, or none of them."""
        row = self._rows.row
        if out and self._bucket is not None:
            self._zoom_out()
        elif row is not None and row.line is not None and row.line.template:
            self.use(self.filter.both(Filter((Field("tmpl", (row.line.template,), out),))))

    def action_minutes(self, by: int) -> None:
        row = self._rows.row
        if row is not None and row.line is not None:
            self._rows.go_to_time(row.line.corrected + by * 60_000_000)

    def action_window(self, by: int) -> None:
        self._window = min(max(0, self._window + by), len(WINDOWS) - 1)
        self._zooms.clear()
        self._fetch(self._now - timedelta(seconds=WINDOWS[self._window][1]))
        self.k0s.tell(f"the last {WINDOWS[self._window][0]}")
        self._turn()

    def action_context(self) -> None:
        self._around = CONTEXTS[(CONTEXTS.index(self._around) + 1) % len(CONTEXTS)]
        self.set_class(self._around > 0, "-context")
        self._turn()

    def action_sideways(self, by: int) -> None:
        if self._bucket is not None:
            self._move_bucket(by)
        else:
            self._shift = max(0, self._shift + by * 20)
            self._turn()

    def action_bookmark(self) -> None:
        if self._rows.row is not None:
            self._rows.marked ^= {self._rows.row.key}
            self._turn()

    def action_next_bookmark(self) -> None:
        """Round all of them, in the order of time."""
        if self._view is None:
            return
        places = sorted(at for key in self._rows.marked if (at := self._view.index_of(key)) is not None)
        row = self._rows.row
        here = self._view.index_of(row.key) if row is not None else None
        after = [at for at in places if here is None or at > here] or places
        if after:
            self._rows.go_to(after[0])
        else:
            self.k0s.tell("no bookmark is set; m sets one")

    # -- histogram

    def action_histogram(self) -> None:
        """A cursor on the histogram, or away with it."""
        width = max(8, self.size.width - HISTOGRAM_MARGIN)
        self._bucket = width - 1 if self._bucket is None else None
        self._zooms.clear()
        self._turn()

    def _move_bucket(self, by: int) -> None:
        width = max(8, self.size.width - HISTOGRAM_MARGIN)
        self._bucket = min(max(0, (self._bucket or 0) + by), width - 1)
        start, _ = self._bucket_range
        self._rows.go_to_time(start)

    @property
    def _bucket_range(self) -> tuple[int, int]:
        width = max(8, self.size.width - HISTOGRAM_MARGIN)
        start, end = self._range
        each = max(-(-(end - start) // width), 1)
        return start + (self._bucket or 0) * each, start + ((self._bucket or 0) + 1) * each

    def _zoom_in(self) -> None:
        """What is around the column: a tenth of the range."""
        (start, end), (low, high) = self._range, self._bucket_range
        half = max((end - start) // 20, 1_000_000)
        middle = (low + high) // 2
        self._zooms.append((middle - half, middle + half))
        self._bucket = max(8, self.size.width - HISTOGRAM_MARGIN) // 2
        self._rows.go_to_time(low)

    def _zoom_out(self) -> None:
        if self._zooms:
            self._zooms.pop()
        self._turn()

    # -- what the app asks

    @property
    def subject(self) -> str:
        row = self._rows.row
        return str(row.line.host) if row is not None and row.line is not None else ""

    @property
    def copied(self) -> str:
        row = self._rows.row
        return row.line.raw if row is not None and row.line is not None else ""

    @property
    def command(self) -> str:
        return f"k0stui logs {shlex.quote(self.filter.text)} {self.k0s.outside.verb_arguments}".strip()

    def lines(self, look: Look) -> tuple[Line, ...]:
        """Filter, range, hosts, clocks and losses, then the newest rows: as `k0stui logs` prints them."""
        if self.feed is None or self._view is None:
            return ()
        rows = self._view.rows(max(0, len(self._view) - EXPORTED), len(self._view))
        return tuple(
            line(one.rstrip("\n")) for one in export(rows, heading(self.feed.store, self._view, ""), Form.TEXT)
        )


def _shown(value: str) -> str:
    return f'"{value}"' if any(mark in value for mark in ' ",') else value
