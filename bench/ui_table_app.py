"""A table of 1,000 x 8 that changes on command: ours, or Textual's DataTable with Textual's driver. See ui_table.py.

`*` starts the updates; each waits until it is on the way to the terminal; then the CPU seconds of one go to RESULT.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from pathlib import Path

from textual.app import App, ComposeResult
from textual.widgets import DataTable

from k0stui.present.cells import Cell
from k0stui.present.table import Column, Row
from k0stui.ui.terminal import TerminalApp
from k0stui.ui.theme import load
from k0stui.ui.widgets.table import Table

ROWS, COLUMNS = 1_000, 8

Text = list[list[str]]


def contents() -> Text:
    return [[f"row-{row:04}", *(f"{row * column:>8}" for column in range(1, COLUMNS))] for row in range(ROWS)]


def changed(text: Text, what: str, turn: int) -> Text:
    """The next state: `one` cell, `ten` cells in sight, or `all`."""
    if what == "all":
        return [[line[0], *(f"{turn + row:>8}" for _ in line[1:])] for row, line in enumerate(text)]
    new = list(text)
    for row in range(1 if what == "one" else 10):
        new[row + 5] = [*text[row + 5][:3], f"{turn:>8}", *text[row + 5][4:]]
    return new


class Bench(App[None]):
    """What both have in common."""

    text = contents()

    def start(self, what: str, turns: int, result: str) -> None:
        self.what, self.turns, self.result = what, turns, result
        self.displayed = asyncio.Event()

    def post_display_hook(self) -> None:
        self.displayed.set()

    def on_key(self, event: object) -> None:
        if getattr(event, "key", "") == "asterisk":
            self.run_worker(self.measure())
        if getattr(event, "key", "") == "q":
            self.exit()

    async def measure(self) -> None:
        states = []
        for turn in range(self.turns):
            states.append(changed(states[-1] if states else self.text, self.what, turn))
        began = time.process_time()
        ready = [self.prepared(state) for state in states]
        gc.collect()
        gc.freeze()  # a hundred prepared states are the bench's own, and no work for the collector
        prepared = time.process_time()
        for state in ready:
            self.displayed.clear()
            self.put(state)
            await self.displayed.wait()
        cpu = (time.process_time() - prepared) / self.turns
        Path(self.result).write_text(json.dumps({"cpu": cpu, "prepared": (prepared - began) / self.turns}))  # noqa: ASYNC240

    def prepared(self, state: Text) -> object:
        """The state as the widget takes it: made by `present/` in the program, so not the widget's cost."""
        return state

    def put(self, state: object) -> None:
        raise NotImplementedError


class Ours(Bench, TerminalApp[None]):
    COMPONENT_CLASSES = TerminalApp.COMPONENT_CLASSES  # Textual asks the first base alone

    def __init__(self) -> None:
        super().__init__(load("ansi-dark"))

    def compose(self) -> ComposeResult:
        yield Table([Column(f"c{n}", f"C{n}", 10) for n in range(COLUMNS)])

    def on_mount(self) -> None:
        self.table = self.query_one(Table)
        self.put(self.prepared(self.text))

    def prepared(self, state: Text) -> object:
        return [Row(line[0], tuple(Cell(text) for text in line)) for line in state]

    def put(self, state: object) -> None:
        self.table.show(state)


class Stock(Bench):
    ENABLE_COMMAND_PALETTE = False

    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        self.table = table = self.query_one(DataTable)
        for column in range(COLUMNS):
            table.add_column(f"C{column}", key=str(column), width=10)
        for line in self.text:
            table.add_row(*line, key=line[0])

    def put(self, state: object) -> None:
        table = self.table
        if self.what == "all":
            table.clear()
            for line in state:
                table.add_row(*line, key=line[0])
        else:
            for row in range(5, 6 if self.what == "one" else 15):
                table.update_cell(state[row][0], "3", state[row][3])


def main() -> None:
    kind, what, turns, result = sys.argv[1:]
    app: Bench = Ours() if kind == "ours" else Stock()
    app.start(what, int(turns), result)
    app.run(mouse=False)


if __name__ == "__main__":
    main()
