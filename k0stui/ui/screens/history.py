"""Operations: all that this machine began, how each ended, the journal of one of them, and what lies on the hosts."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult

from k0stui.errors import K0stuiError
from k0stui.present.cells import Cell, Line, Tone, line
from k0stui.present.lines import table_lines
from k0stui.present.look import Look
from k0stui.present.operation import operation_story
from k0stui.present.operation_screen import HISTORY_COLUMNS, history_row
from k0stui.present.table import sized
from k0stui.ui.acting import Acting, Running
from k0stui.ui.panes import Pane
from k0stui.ui.screens.plan import PlanPane
from k0stui.ui.widgets.story import Story
from k0stui.ui.widgets.table import Table
from k0stui.ui.widgets.verdict import OneLine, Rule


class HistoryPane(Pane):
    """Enter on one that waits opens it in the plan pane; taking it up wants its name there."""

    name_of = "operations"
    twin = "operations"
    hints = ("table.open", "export", "copy.command")

    def __init__(self) -> None:
        super().__init__()
        self._operations: tuple[Running, ...] = ()
        self._left: tuple[str, ...] = ()
        """What lies on the hosts."""

    def compose(self) -> ComposeResult:
        yield OneLine(id="history-head")
        yield Table(HISTORY_COLUMNS, id="history")
        yield Rule()
        yield Story(id="history-story")

    @property
    def acting(self) -> Acting | None:
        return getattr(self.k0s.outside, "acting", None)

    def on_show(self) -> None:
        self._read()
        self._ask_hosts()

    def show(self, look: Look) -> None:
        self._tell()

    @work(exclusive=True, group="history")
    async def _read(self) -> None:
        try:
            self._operations = await self.acting.operations() if self.acting else ()
        except K0stuiError as error:
            self.k0s.tell(str(error), severity="error")
        self._tell()

    @work(exclusive=True, group="left")
    async def _ask_hosts(self) -> None:
        """Once, when one comes here: it is a question to each host."""
        try:
            self._left = await self.acting.left() if self.acting else ()
        except K0stuiError as error:
            self._left = (f"the hosts could not be asked: {error}",)
        self._tell()

    def _tell(self) -> None:
        if not self.query("#history-story"):
            return  # not made yet, or being taken down
        count = len(self._operations)
        words = f"{count} begun from this machine" if count else "none was begun from this machine"
        self.query_one("#history-head", OneLine).show(line(Cell("7 OPERATIONS  ", Tone.HEAD), words))
        rows = tuple(history_row(it.plan, it.operation, it.happened) for it in self._operations)
        self.query_one("#history", Table).show(rows, sized(HISTORY_COLUMNS, rows))
        chosen = self._chosen_one
        told = operation_story(chosen.plan, chosen.operation, chosen.happened, self.k0s.zone) if chosen else ()
        about = (*told, *self._hosts())
        self.query_one("#history-story", Story).show(chosen.operation.id if chosen else "", about)

    def _hosts(self) -> tuple[Line, ...]:
        """Locks and leftovers; `k0stui clean` removes them."""
        head = line(Cell("ON THE HOSTS", Tone.HEAD), "   k0stui clean removes what no lock holds")
        return ((), head, *(line(f"  {one}") for one in self._left)) if self._left else ()

    @property
    def _chosen_one(self) -> Running | None:
        cursor = self.query_one("#history", Table).cursor
        return next((it for it in self._operations if it.operation.id == cursor), None)

    @on(Table.Moved)
    def _moved(self) -> None:
        self._tell()

    @on(Table.Chosen)
    async def _open(self) -> None:
        chosen = self._chosen_one
        if chosen is None or chosen.operation.state.is_over:
            self.query_one("#history-story", Story).focus()
        elif chosen.is_carried:
            await self.k0s.go("plan")
            pane = self.k0s.pane
            assert isinstance(pane, PlanPane)
            pane.follow(chosen.operation.id)
        else:
            self.k0s.tell(f"nobody carries it out: k0stui resume {chosen.operation.id}")

    def lines(self, look: Look) -> tuple[Line, ...]:
        rows = tuple(history_row(it.plan, it.operation, it.happened) for it in self._operations)
        return (*table_lines(HISTORY_COLUMNS, rows), *self._hosts())

    @property
    def copied(self) -> str:
        return self.query_one("#history", Table).copied_row()

    @property
    def command(self) -> str:
        chosen = self._chosen_one
        return f"k0stui operations {chosen.operation.id} --markdown" if chosen else "k0stui operations"
