"""`?`: the keys of the pane it was asked from, why some are not possible now, and what the signs mean."""

from __future__ import annotations

from textual.widget import Widget

from k0stui.present.cells import Line
from k0stui.present.help import HelpRow, help_lines
from k0stui.present.look import Look
from k0stui.ui.commands import WIDGETS, of, shown_keys
from k0stui.ui.conditions import lacks
from k0stui.ui.screens.reading import Reading
from k0stui.ui.widgets.matrix_grid import MatrixGrid
from k0stui.ui.widgets.story import Story
from k0stui.ui.widgets.table import Table

KINDS: dict[type[Widget], str] = {Table: "table", MatrixGrid: "grid", Story: "story"}


class Help(Reading):
    name_of = "help"

    def __init__(self, pane: str, focused: Widget | None) -> None:
        super().__init__()
        self._pane = pane
        self._kind = next((name for kind, name in KINDS.items() if isinstance(focused, kind)), "")
        self._lines: tuple[Line, ...] = ()

    def told(self, look: Look | None) -> tuple[Line, ...]:
        """As it was when it was asked for: reasons are of the pane that is under this one."""
        self._lines = self._lines or self._made()
        return self._lines

    def _made(self) -> tuple[Line, ...]:
        parts = {f"in {self._pane}": self._pane, f"in the {self._kind}": self._kind, "everywhere": "app"}
        return help_lines({title: self._rows(where) for title, where in parts.items() if where})

    def _rows(self, where: str) -> list[HelpRow]:
        app = self.k0s
        under = app.under(self)
        rows = []
        for command in of(where):
            why = "" if where in WIDGETS or under is None else lacks(app, command, under)
            typed = f":{command.typed}{f' {command.takes.upper()}' if command.takes else ''}" if command.typed else ""
            rows.append(HelpRow(shown_keys(command, app.rebound), typed, command.title, command.help, why, command.id))
        return rows
