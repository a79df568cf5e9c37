"""Controllers and workers: the table, and the story of the row under the cursor."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container

from k0stui.present import controllers, workers
from k0stui.present.cells import Line
from k0stui.present.lines import table_lines
from k0stui.present.look import Look
from k0stui.present.table import Column, Row, sized
from k0stui.ui.panes import Pane
from k0stui.ui.widgets.story import Story
from k0stui.ui.widgets.table import Table
from k0stui.ui.widgets.verdict import Rule


class HostsPane(Pane):
    """What both have in common."""

    columns: ClassVar[tuple[Column, ...]]
    hints = ("table.open", "actions", "shell")
    can_filter = True

    def rows(self, look: Look) -> tuple[Row, ...]:
        raise NotImplementedError

    def story(self, look: Look, name: str) -> tuple[Line, ...]:
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        with Container(id="part"):
            yield Table(self.columns, id="hosts")
            yield Rule()
            yield Story(id="story")

    def show(self, look: Look) -> None:
        rows = self.rows(look)
        table = self.query_one("#hosts", Table)
        table.show(rows, sized(self.columns, rows))
        self.query_one("#story", Story).show(table.cursor, self.story(look, table.cursor))

    def lines(self, look: Look) -> tuple[Line, ...]:
        return table_lines(self.columns, self.rows(look))

    def narrow(self, words: str) -> None:
        self.query_one("#hosts", Table).narrow(words)

    can_find = True

    def find(self, words: str, by: int) -> bool:
        return self.query_one("#hosts", Table).find(words, by)

    def point_at(self, *key: str) -> None:
        self.query_one("#hosts", Table).put_cursor_on(key[0])

    @property
    def subject(self) -> str:
        return self.query_one("#hosts", Table).cursor

    @property
    def copied(self) -> str:
        focused = self.k0s.focused
        return focused.text if isinstance(focused, Story) else self.query_one("#hosts", Table).copied_row()

    @on(Table.Moved)
    def _moved(self, event: Table.Moved) -> None:
        if self.k0s.look:
            self.query_one("#story", Story).show(event.key, self.story(self.k0s.look, event.key))

    @on(Table.Chosen)
    async def _chosen(self, event: Table.Chosen) -> None:
        await self.k0s.action_run_command("host", event.key)


class Controllers(HostsPane):
    name_of = "controllers"
    columns = controllers.COLUMNS

    def rows(self, look: Look) -> tuple[Row, ...]:
        return controllers.controller_rows(look)

    def story(self, look: Look, name: str) -> tuple[Line, ...]:
        return controllers.controller_story(look, name)


class Workers(HostsPane):
    name_of = "workers"
    columns = workers.COLUMNS

    def rows(self, look: Look) -> tuple[Row, ...]:
        return workers.worker_rows(look)

    def story(self, look: Look, name: str) -> tuple[Line, ...]:
        return workers.worker_story(look, name)
