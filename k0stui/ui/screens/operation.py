"""What an operation does: host by step, what is awaited and since when, its evidence, its journal; and the way to stop.

All of it is a function of the executor's journal and of the look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from k0stui.present.cells import Cell, Line, Tone
from k0stui.present.lines import table_lines
from k0stui.present.look import Look
from k0stui.present.operation import banners
from k0stui.present.operation_screen import (
    STEP_COLUMNS,
    evidence_lines,
    journal_lines,
    run_head,
    step_table,
    stop_choices,
)
from k0stui.present.table import Column, sized
from k0stui.ui.acting import Running
from k0stui.ui.panes import Pane
from k0stui.ui.widgets.story import Story
from k0stui.ui.widgets.table import Table
from k0stui.ui.widgets.verdict import OneLine, Rule, Verdict

if TYPE_CHECKING:
    from k0stui.ui.screens.plan import PlanPane


class Progress(Vertical):
    """The lower part of the plan pane while an operation exists; HELD and EXPOSED stand in the frame."""

    _current = ""
    """The step in flight: the cursor goes along with it, and stays where it is put meanwhile."""

    def compose(self) -> ComposeResult:
        yield OneLine(id="run-head")
        yield Table(STEP_COLUMNS, id="run-steps")
        yield Rule()
        yield Verdict(id="run-evidence")
        yield Rule()
        yield Story(id="run-journal")

    def on_mount(self) -> None:
        self.query_one("#run-evidence", Verdict).can_focus = False

    def tell(self, running: Running, look: Look | None, zone: str) -> None:
        """Fill all parts."""
        now = look.now if look else running.plan.made_at
        operation, happened = running.operation, running.happened
        self.query_one("#run-head", OneLine).show(run_head(running.plan, operation, running.awaits))
        rows = step_table(running.plan, operation, happened, now, running.awaits)
        table = self.query_one("#run-steps", Table)
        table.show(rows, sized(STEP_COLUMNS, rows))
        current = next((row.key for row in rows if row.tone is Tone.SELECTED), "")
        if current and current != self._current:
            table.put_cursor_on(current)
        self._current = current
        evidence = evidence_lines(look.matrix) if look else ()
        self.query_one("#run-evidence", Verdict).show(tuple((line, 1) for line in evidence))
        self.query_one("#run-journal", Story).show("journal", journal_lines(running.plan, happened, zone))

    @staticmethod
    def lines(running: Running, look: Look, zone: str) -> tuple[Line, ...]:
        """The same, as lines."""
        now = look.now
        rows = step_table(running.plan, running.operation, running.happened, now, running.awaits)
        return (
            run_head(running.plan, running.operation, running.awaits),
            *banners(running.operation, running.happened, now),
            *table_lines(STEP_COLUMNS, rows),
            *evidence_lines(look.matrix),
            *journal_lines(running.plan, running.happened, zone),
        )


CHOICES = (Column("what", "what", 24), Column("about", "what follows", 40, grow=True))


class StopPane(Pane):
    """The stop dialog: what can be done with an operation now, and what follows from each."""

    name_of = "stop"
    twin = "operations"
    hints = ("table.open",)

    def __init__(self, plan_pane: PlanPane, running: Running) -> None:
        super().__init__()
        self._plan_pane = plan_pane
        self._about = running

    def compose(self) -> ComposeResult:
        yield OneLine(id="stop-head")
        yield Table(CHOICES, id="stop-choices")

    def on_mount(self) -> None:
        exposed = self._about.operation.exposed
        words = "agents are EXPOSED: stopped is the worse state" if exposed else "the host in flight is always finished"
        self.query_one("#stop-head", OneLine).show((Cell("STOP ", Tone.HEAD), Cell(words, Tone.WARN)))
        rows = stop_choices(self._about.operation)
        self.query_one("#stop-choices", Table).show(rows, sized(CHOICES, rows))

    def lines(self, look: Look) -> tuple[Line, ...]:
        return table_lines(CHOICES, stop_choices(self._about.operation))

    @on(Table.Chosen)
    def _chosen(self, event: Table.Chosen) -> None:
        """Closed from outside of its own handler, and out of sight at once: a pane half taken down is not drawn."""
        event.stop()
        self.display = False
        self.k0s.call_later(self._leave, event.key)

    async def _leave(self, choice: str) -> None:
        await self.k0s.close_pane()
        self._plan_pane.wish(choice)
