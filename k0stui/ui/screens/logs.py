"""The logs of all hosts in one order: followed, filtered, searched; what is typed for them, copied and written."""

from __future__ import annotations

import shlex
import time

from k0stui.errors import UsageError
from k0stui.logs.export import Form, export, heading
from k0stui.logs.filter import FilterError, parse
from k0stui.logs.stream import micros
from k0stui.logs.view import View
from k0stui.logs.when import read_when
from k0stui.present.cells import Line, line
from k0stui.present.look import Look
from k0stui.ui.commands import bindings
from k0stui.ui.prompt import Prompt
from k0stui.ui.screens.logs_export import EXPORTED, exported
from k0stui.ui.screens.logs_keys import LogKeys
from k0stui.ui.screens.logs_typed import complete, duration, marked, wanted_filter

FILTER, SEARCHED, TIME = "/", "?", "@"
"""What stands before the text that is typed."""


class LogPane(LogKeys):
    """`5`; also opened over another pane, with the filter of what was under its cursor."""

    BINDINGS = bindings("logs")
    name_of = "logs"
    twin = "logs"
    hints = ("logs.filter", "logs.follow", "logs.error", "logs.warning")
    can_filter = True
    can_find = True
    own_prompt = True

    # -- what was typed

    def action_ask_filter(self, more: str = "") -> None:
        """The filter prompt; `more` is typed already, behind what is in force."""
        text = f"{self.filter.text} {more}".lstrip() if more else self.filter.text
        assert self.feed is not None
        store = self.feed.store
        self.k0s.query_one(Prompt).ask(FILTER, text, lambda typed: complete(store, typed))

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
            wanted = wanted_filter(text)
        except FilterError as error:
            self._trial, self._fault = None, ""
            self.k0s.tell(f"{error} (column {error.column + 1}); the filter before stays", severity="warning")
            self._turn()
            return
        trial = self._trial if self._trial is not None and self._trial.filter == wanted else None
        self.use(wanted, trial)

    def _jump(self, text: str) -> None:
        try:
            at = read_when(text, self._now)
        except ValueError as error:
            self.k0s.tell(str(error), severity="warning")
            return
        self._fetch(at)
        self._rows.go_to_time(micros(at))

    def action_highlight(self, words: str = "") -> None:
        """`:hl WORDS`: marked wherever they stand, and nothing is hidden."""
        self._marked_words = marked(self._marked_words, words)
        self.k0s.tell(f"marked: {', '.join(self._marked_words)}" if self._marked_words else "nothing is marked")
        self._turn()

    def action_uncap(self, text: str = "") -> None:
        """`:uncap 30s`: hosts send every line."""
        if self.feed is None:
            return
        try:
            seconds = duration(text)
        except ValueError as error:
            self.k0s.tell(str(error), severity="warning")
            return
        self.feed.board.uncapped_until = time.monotonic() + seconds
        self.k0s.tell(f"for {seconds} s nothing is folded on the hosts: a flood comes as it is")
        self._turn()

    def action_export_as(self, form: str = "md") -> None:
        """Into a file: `md`, `jsonl` or `text`."""
        if self.feed is None:
            return
        if form not in {each.value for each in Form}:
            self.k0s.tell(
                f"{form!r} is no form; there are {', '.join(each.value for each in Form)}", severity="warning"
            )
            return
        text = exported(self.feed.store, self.filter, self._now, Form(form))
        try:
            path = self.k0s.outside.export(f"logs-{form}", text)
        except UsageError as error:
            self.k0s.tell(str(error), severity="error")
        else:
            self.k0s.tell(f"written: {path}")

    # -- what the app asks

    @property
    def copied(self) -> str:
        """As it came from the host: the row under the cursor, or all rows of the range."""
        return "\n".join(row.line.raw for row in self._rows.chosen if row.line is not None)

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
