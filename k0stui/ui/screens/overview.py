"""The overview: the verdict first, then who is there and who is connected to whom."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from k0stui.present import controllers, workers
from k0stui.present.cells import Cell, Line, plain
from k0stui.present.findings import findings_lines
from k0stui.present.lines import overview_lines
from k0stui.present.links import LEGEND, grid_of, link_story, summary, title
from k0stui.present.look import Look
from k0stui.present.overview import HANG, NARROW_HANG, verdict_lines
from k0stui.present.table import sized
from k0stui.ui.commands import bindings
from k0stui.ui.looking import mute
from k0stui.ui.panes import STRIP, Pane, made
from k0stui.ui.widgets.matrix_grid import MatrixGrid
from k0stui.ui.widgets.story import Story
from k0stui.ui.widgets.table import Table
from k0stui.ui.widgets.verdict import OneLine, Rule, Verdict


class Overview(Pane):
    """Verdict; controllers and workers; from 100 columns on the matrix, from 160 on the findings beside them."""

    BINDINGS = bindings("overview")
    name_of = "overview"
    hints = ("actions", "evidence", "finding.next")
    has_head = True
    can_filter = True

    def compose(self) -> ComposeResult:
        yield Verdict(id="verdict")
        yield Rule()
        with Horizontal(id="body"):
            with Vertical(id="inventory"):
                yield Table(controllers.COLUMNS, id="controllers")
                yield Table(workers.COLUMNS, id="workers")
                yield OneLine(id="links-line")
            with Vertical(id="links"):
                yield OneLine(id="links-head")
                yield MatrixGrid(id="links-grid")
                yield Story(id="links-story")
            with Vertical(id="causes"):
                yield OneLine(id="causes-head")
                yield Story(id="causes-story")
        if STRIP:
            yield made(STRIP)

    def on_mount(self) -> None:
        for table in self.query(Table):
            table.is_marked_always = False
        self.query_one("#verdict", Verdict).show((((Cell("  opening the cluster, asking its hosts ..."),), 1),))

    def show(self, look: Look) -> None:
        self._show_verdict()
        for kind in (controllers, workers):
            self._show_table(kind.__name__.rpartition(".")[2], look)
        self.query_one("#links-line", OneLine).show(summary(look))
        if self.is_roomy:
            self._show_links(look)
        for strip in self.query(".strip"):
            strip.show(look)  # type: ignore[attr-defined]

    def _show_verdict(self) -> None:
        told = self.k0s.told
        if told is not None:
            hang = HANG if self.is_roomy else NARROW_HANG
            self.query_one("#verdict", Verdict).show(verdict_lines(told, roomy=self.is_roomy), hang)

    def _show_table(self, name: str, look: Look) -> None:
        columns, rows = (
            (controllers.COLUMNS, controllers.controller_rows(look))
            if name == "controllers"
            else (workers.COLUMNS, workers.worker_rows(look))
        )
        self.query_one(f"#{name}", Table).show(rows, sized(columns, rows))

    def _show_links(self, look: Look) -> None:
        self.query_one("#links-head", OneLine).show(title(look))
        grid = self.query_one("#links-grid", MatrixGrid)
        grid.show(grid_of(look, short=True))
        story: tuple[Line, ...] = link_story(look, *grid.cursor) if self.screen.has_class("-widest") else ()
        self.query_one("#links-story", Story).show(str(grid.cursor), (*LEGEND, (), *story))
        self.query_one("#causes-head", OneLine).show((Cell("FINDINGS"),))
        self.query_one("#causes-story", Story).show("findings", findings_lines(look))

    def lines(self, look: Look) -> tuple[Line, ...]:
        return overview_lines(look, self.k0s.sight.place)

    can_find = True

    def narrow(self, words: str) -> None:
        for table in self.query(Table):
            table.narrow(words)

    def find(self, words: str, by: int) -> bool:
        """In the table with the keyboard, else in the first one that has it."""
        tables = sorted(self.query(Table), key=lambda table: not table.has_focus)
        found = next((table for table in tables if table.find(words, by)), None)
        if found is not None:
            self.screen.set_focus(found)
        return found is not None

    @property
    def subject(self) -> str:
        focused = self.k0s.focused
        if isinstance(focused, Table):
            return focused.cursor
        return focused.cursor[0] if isinstance(focused, MatrixGrid) else ""

    @property
    def copied(self) -> str:
        focused = self.k0s.focused
        if isinstance(focused, Table):
            return focused.copied_row()
        if isinstance(focused, Story):
            return focused.text
        return self.query_one("#verdict", Verdict).text

    @on(MatrixGrid.Moved)
    def _moved(self) -> None:
        if self.k0s.look:
            self._show_links(self.k0s.look)

    @on(MatrixGrid.Chosen)
    async def _cell(self, event: MatrixGrid.Chosen) -> None:
        await self.k0s.go("matrix")
        self.k0s.pane.point_at(event.row, event.column)

    @on(Table.Chosen)
    async def _host(self, event: Table.Chosen) -> None:
        await self.k0s.go(event.table.id or "workers")
        self.k0s.pane.point_at(event.key)

    def action_finding(self, by: int) -> None:
        """Tell another finding."""
        self.k0s.sight.tell_other(by)
        self._show_verdict()

    def action_mute(self) -> None:
        mute(self.k0s)

    async def action_evidence(self) -> None:
        await self.k0s.action_run_command("explain")

    @property
    def text(self) -> str:
        return plain(self.query_one("#verdict", Verdict).line_at(0))
