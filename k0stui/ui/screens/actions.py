"""`a`: a menu of what can be done about the finding shown. Nothing here changes anything by itself."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult

from k0stui.present.actions import COLUMNS, action_rows
from k0stui.present.cells import Cell, Line, Tone
from k0stui.present.lines import table_lines
from k0stui.present.look import Look
from k0stui.present.table import sized
from k0stui.ui.panes import PANES, Pane
from k0stui.ui.widgets.table import Table
from k0stui.ui.widgets.verdict import OneLine


class ActionsPane(Pane):
    name_of = "actions"
    hints = ("table.open", "copy.row")

    def compose(self) -> ComposeResult:
        yield OneLine(id="actions-head")
        yield Table(COLUMNS, id="choices")

    def on_mount(self) -> None:
        head: Line = (
            Cell("ACT ", Tone.HEAD),
            Cell("Enter opens; a plan is shown whole, nothing changes before a name is typed"),
        )
        self.query_one(OneLine).show(head)

    def show(self, look: Look) -> None:
        rows = action_rows(look, self.k0s.sight.place, PANES["plan"].lacking)
        self.query_one(Table).show(rows, sized(COLUMNS, rows))

    def lines(self, look: Look) -> tuple[Line, ...]:
        return table_lines(COLUMNS, action_rows(look, self.k0s.sight.place, PANES["plan"].lacking))

    @property
    def copied(self) -> str:
        return self.query_one(Table).copied_row()

    @property
    def command(self) -> str:
        kind, _, what = self.query_one(Table).cursor.partition(" ")
        return f"k0stui {kind} {what} {self.k0s.outside.verb_arguments}".strip() if kind in {"plan", "explain"} else ""

    @on(Table.Chosen)
    async def _chosen(self, event: Table.Chosen) -> None:
        kind, _, what = event.key.partition(" ")
        match kind:
            case "plan":
                await self.k0s.action_run_command("go.plan", what)
            case "explain":
                await self.k0s.action_run_command("explain", what)
            case _:
                self.k0s.tell(what)
