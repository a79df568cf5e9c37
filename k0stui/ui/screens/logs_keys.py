"""The keys of the log pane: from row to row, through time, and what is shown of it."""

from __future__ import annotations

from datetime import timedelta

from k0stui.logs.filter import parse
from k0stui.logs.presets import of_host
from k0stui.logs.stream import micros
from k0stui.logs.terms import Field, Filter
from k0stui.model.log import Level
from k0stui.ui.screens.logs_picture import LogBase

ALL = 1_000
CONTEXTS = (0, 3, 10, ALL)
"""Lines before and after the one under the cursor, of its host alone; the last are shown as a log of their own."""

CLOCKS = ("", "local", "relative", "host")
"""What times are told in: the zone that is set, this machine's, apart from the row under the cursor, the host's own."""


class LogKeys(LogBase):
    """What they do; `ui/commands.py` has their names."""

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

    def action_like(self, out: bool) -> None:
        """Only rows of this template, or none of them."""
        row = self._rows.row
        if out and self._time_range.bucket is not None:
            self._time_range.zoom_out()
            self._turn()
        elif row is not None and row.line is not None and row.line.template:
            self.use(self.filter.both(Filter((Field("tmpl", (row.line.template,), out),))))

    def action_minutes(self, by: int) -> None:
        row = self._rows.row
        if row is not None and row.line is not None:
            self._rows.go_to_time(row.line.corrected + by * 60_000_000)

    def action_window(self, by: int) -> None:
        name = self._time_range.choose(by)
        now = micros(self._now)
        self._fetch(self._now - timedelta(seconds=self._time_range.seconds(now, self._booted)))
        self.k0s.tell("since the last boot" if name == "boot" else f"the last {name}")
        self._turn()

    async def action_context(self) -> None:
        self._around = CONTEXTS[(CONTEXTS.index(self._around) + 1) % len(CONTEXTS)]
        row = self._rows.row
        if self._around == ALL:
            self._around = 0
            if row is not None and row.line is not None:
                await self.k0s.open_pane(self.another(str(of_host(str(row.line.host))), row.line.corrected))
        self.set_class(self._around > 0, "-context")
        self._turn()

    def action_wrap(self) -> None:
        self._rows_wrap = not self._rows_wrap
        self._turn()

    def action_clock(self) -> None:
        """The next of `CLOCKS`."""
        self._clock_shown = CLOCKS[(CLOCKS.index(self._clock_shown) + 1) % len(CLOCKS)]
        words = {"": self.k0s.zone, "relative": "apart from the row under the cursor", "host": "each host's own clock"}
        self.k0s.tell(f"times: {words.get(self._clock_shown, self._clock_shown)}")
        self._turn()

    def action_sideways(self, by: int) -> None:
        if self._time_range.bucket is not None:
            self._time_range.move(by, self._columns)
            self._rows.go_to_time(self._time_range.under_cursor(self._times, self._columns)[0])
        else:
            self._shift = max(0, self._shift + by * 20)
            self._turn()

    def action_range(self) -> None:
        """A range of rows begins here and ends at the cursor, or there is none any more."""
        if self._rows.range_from is not None or self._rows.row is None:
            self._rows.range_from = None
        else:
            self._rows.range_from = self._rows.row.key
            self.k0s.tell("a range begins here: move, then y copies it; v ends it")
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
        self._time_range.toggle(self._columns)
        self._turn()
