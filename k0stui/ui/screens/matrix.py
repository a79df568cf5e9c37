"""The matrix: agents down, controllers across, and the story of the cell under the cursor."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from k0stui.present.cells import Cell, Line, Tone
from k0stui.present.lines import matrix_text
from k0stui.present.links import MODES, WIDE_LEGEND, grid_of, link_story
from k0stui.present.look import Look
from k0stui.ui.commands import bindings
from k0stui.ui.panes import Pane
from k0stui.ui.widgets.matrix_grid import MatrixGrid
from k0stui.ui.widgets.story import Story
from k0stui.ui.widgets.verdict import OneLine, Rule, Verdict


class MatrixPane(Pane):
    """`v` steps through what a cell shows."""

    BINDINGS = bindings("matrix")
    name_of = "matrix"
    twin = "matrix"
    hints = ("grid.turn", "matrix.value", "actions")

    def __init__(self) -> None:
        super().__init__()
        self._mode = 0

    def compose(self) -> ComposeResult:
        with Container(id="part"):
            with Vertical(id="grid-part"):
                yield OneLine(id="matrix-head")
                yield MatrixGrid(id="grid")
                yield Verdict(id="legend")
            yield Rule()
            yield Story(id="story")

    def on_mount(self) -> None:
        legend = self.query_one("#legend", Verdict)
        legend.can_focus = False
        legend.show(tuple((line, 2) for line in WIDE_LEGEND))

    def show(self, look: Look) -> None:
        mode = MODES[self._mode]
        head: Line = (
            Cell("4 MATRIX  ", Tone.HEAD),
            Cell(mode),
            *(Cell(f"   {one}", Tone.DIM) for one in look.matrix.notes),
        )
        self.query_one("#matrix-head", OneLine).show(head)
        self.query_one("#grid", MatrixGrid).show(grid_of(look, mode))
        self._show_story(look)

    def _show_story(self, look: Look) -> None:
        cursor = self.query_one("#grid", MatrixGrid).cursor
        self.query_one("#story", Story).show(str(cursor), link_story(look, *cursor))

    def lines(self, look: Look) -> tuple[Line, ...]:
        return matrix_text(look)

    def point_at(self, *key: str) -> None:
        self.query_one("#grid", MatrixGrid).put_cursor_on(*key)

    def action_value(self) -> None:
        self._mode = (self._mode + 1) % len(MODES)
        if self.k0s.look:
            self.show(self.k0s.look)

    @property
    def subject(self) -> str:
        return self.query_one("#grid", MatrixGrid).cursor[0]

    @property
    def pair(self) -> tuple[str, str]:
        """Agent and controller under the cursor."""
        return self.query_one("#grid", MatrixGrid).cursor

    @property
    def copied(self) -> str:
        """The cell, or, with the keyboard on it, its story."""
        grid = self.query_one("#grid", MatrixGrid)
        return grid.copied_cell() if grid.has_focus else self.query_one("#story", Story).text

    @on(MatrixGrid.Moved)
    def _moved(self) -> None:
        if self.k0s.look:
            self._show_story(self.k0s.look)

    @on(MatrixGrid.Chosen)
    def _chosen(self) -> None:
        self.query_one("#story", Story).focus()
