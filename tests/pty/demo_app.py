"""A small app on the real base, driver, filter and widgets, for the tests of this folder and for bench/."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from k0stui.present.cells import Cell, Tone, line
from k0stui.present.grid import Grid, Heading
from k0stui.present.table import Column, Row
from k0stui.ui.terminal import TerminalApp
from k0stui.ui.theme import choose, load
from k0stui.ui.widgets.matrix_grid import MatrixGrid
from k0stui.ui.widgets.status_bar import StatusBar
from k0stui.ui.widgets.story import Story
from k0stui.ui.widgets.table import Table
from k0stui.ui.widgets.verdict import OneLine, Verdict

COLUMNS = (Column("name", "NAME", 14, cut="middle"), *(Column(f"c{n}", f"C{n}", 8, priority=n) for n in range(1, 8)))

HOSTILE = (
    '<\x1b]0;OWNED\x07\x1b]52;c;T1dORUQ=\x07\x1b[2J\x1b[31m\x9b6n\u202eRLO\U000e0041\x1bP$q"p\x1b\\e'
    + "\u0301" * 40
    + "[/dev/sda1][bold]\x7f>"
)
"""What a host could answer: title, clipboard, clear, colour, query, bidi, tags, a heap of marks, broken markup."""


class Demo(TerminalApp[None]):
    """A verdict, a table that changes, a matrix, a story, a status bar with a counter."""

    CSS = "Table { height: 1fr; } MatrixGrid { height: 5; } Story { height: 4; }"
    BINDINGS = [Binding("q", "quit", "quit", id="q"), Binding("ctrl+l", "redraw", "redraw", id="redraw")]  # noqa: RUF012

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(load(choose("", os.environ, dark=True)), ascii_only=options.ascii)
        self.options = options
        self.ticks = 0
        self.late = 0.0

    def compose(self) -> ComposeResult:
        yield OneLine(id="head")
        yield Verdict()
        yield Table(COLUMNS)
        yield MatrixGrid()
        yield Story()
        yield StatusBar()

    def on_mount(self) -> None:
        self.fill("")
        if self.options.hz:
            self.set_interval(1 / self.options.hz, self.tick)
            self.set_interval(0.02, self.watch_the_loop)
        self.expected = time.monotonic()

    def fill(self, foreign: str) -> None:
        self.query_one("#head", OneLine).show(line(f"k0stui demo {foreign}"), line("03:14:07Z"))
        self.query_one(Verdict).show(
            (
                (line(Cell("✖ CRIT ", Tone.CRIT), f"all agents dial one {foreign}"), 1),
                (line("  why  ", foreign), 1),
            )
        )
        self.query_one(Story).show("story", (line(f"story {foreign}"), line("  api  ", Cell("ok", Tone.OK))))
        heads = tuple(Heading(f"c{n}", f"c-{n}{foreign}", Cell("4/4", Tone.OK)) for n in range(3))
        rows = tuple(Heading(f"w{n}", f"w-{n}", Cell(f"1/3{foreign}"), Tone.WARN, "says 1/3") for n in range(2))
        cells = tuple(tuple(Cell(f"+ {n}s{foreign}", Tone.OK) for n in range(3)) for _ in rows)
        self.query_one(MatrixGrid).show(Grid("server says", Cell("4/12"), rows, heads, cells))
        self.show_rows(foreign)

    def show_rows(self, foreign: str = "") -> None:
        changing = dict.fromkeys(range(self.options.changing), self.ticks)
        rows = [
            Row(
                f"r{n}",
                (Cell(f"row-{n:04}{foreign}"), *(Cell(f"{n * c + changing.get(n, 0)}") for c in range(1, 8))),
                Tone.OK,
            )
            for n in range(self.options.rows)
        ]
        self.query_one(Table).show(rows)

    def tick(self) -> None:
        self.ticks += 1
        self.show_rows()
        self.query_one(StatusBar).show_slots((Cell("RO"), Cell(f"tick {self.ticks}.")), (("q", "quit"),))
        if self.options.beats:
            with Path(self.options.beats).open("a") as beats:
                beats.write(f"{self.ticks}\n")

    def watch_the_loop(self) -> None:
        now = time.monotonic()
        if self.ticks > 5:  # what starting takes is another figure
            self.late = max(self.late, now - self.expected)
        self.expected = now + 0.02

    def on_ready(self) -> None:
        channel = self.options.channel
        if channel in {"widgets", "all"}:
            self.fill(HOSTILE)
        if channel in {"toast", "all"}:
            self.tell(HOSTILE)
        if channel in {"title", "all"}:
            self.title = HOSTILE
            self.query_one(Table).border_title = None
        if channel in {"palette", "help", "all"}:
            self.mount(Static(HOSTILE, markup=False))
        if channel == "error":
            raise RuntimeError(HOSTILE)
        if channel == "panic":
            self.panic(HOSTILE)


def options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=30)
    parser.add_argument("--changing", type=int, default=1)
    parser.add_argument("--hz", type=float, default=0)
    parser.add_argument("--beats", default="")
    parser.add_argument("--result", default="")
    parser.add_argument("--channel", default="")
    parser.add_argument("--ascii", action="store_true")
    parser.add_argument("--stock", action="store_true", help="with Textual's own driver, for comparison")
    return parser.parse_args(argv)


def main() -> int:
    chosen = options(sys.argv[1:])
    app = Demo(chosen)
    if chosen.stock:
        app.driver_class = App.get_driver_class(app)
    app.run(mouse=False)
    if chosen.result:
        Path(chosen.result).write_text(json.dumps({"late": app.late, "ticks": app.ticks}))
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(main())
