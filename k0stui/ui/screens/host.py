"""One host: every question to it, the answer, its age, and the command that asked."""

from __future__ import annotations

from dataclasses import replace

from textual import on
from textual.app import ComposeResult

from k0stui.present.cells import Line
from k0stui.present.host_detail import COLUMNS, detail_rows, detail_story
from k0stui.present.lines import table_lines
from k0stui.present.look import Look
from k0stui.present.table import sized
from k0stui.ui.panes import Pane
from k0stui.ui.widgets.story import Story
from k0stui.ui.widgets.table import Table
from k0stui.ui.widgets.verdict import Rule


class HostDetail(Pane):
    name_of = "host"
    hints = ("copy.command", "filter", "shell")
    can_filter = True

    def __init__(self, host: str) -> None:
        super().__init__()
        self.host = host

    def compose(self) -> ComposeResult:
        yield Table(COLUMNS, id="questions")
        yield Rule()
        yield Story(id="story")

    def show(self, look: Look) -> None:
        rows = detail_rows(look, self.host)
        table = self.query_one(Table)
        first = replace(COLUMNS[0], title=self.host)
        table.show(rows, (*sized((first,), rows), *COLUMNS[1:]))
        self._show_story(look, table.cursor)

    def _show_story(self, look: Look, question: str) -> None:
        commands = self.k0s.outside.questions(self.host)
        self.query_one(Story).show(question, detail_story(look, self.host, question, commands))

    def lines(self, look: Look) -> tuple[Line, ...]:
        return table_lines(COLUMNS, detail_rows(look, self.host))

    def narrow(self, words: str) -> None:
        self.query_one(Table).narrow(words)

    can_find = True

    def find(self, words: str, by: int) -> bool:
        return self.query_one(Table).find(words, by)

    @property
    def subject(self) -> str:
        return self.host

    @property
    def copied(self) -> str:
        """The row with the answer as the table has it, or, with the keyboard on it, all that is told of it."""
        table = self.query_one(Table)
        return table.copied_row() if table.has_focus else self.query_one(Story).text

    @property
    def command(self) -> str:
        return self.k0s.outside.questions(self.host).get(self.query_one(Table).cursor, "")

    @on(Table.Moved)
    def _moved(self, event: Table.Moved) -> None:
        if self.k0s.look:
            self._show_story(self.k0s.look, event.key)

    @on(Table.Chosen)
    def _chosen(self) -> None:
        self.query_one(Story).focus()
