"""A pane of text: evidence, help, the commands that were run."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from k0stui.present.cells import Line
from k0stui.present.look import Look
from k0stui.ui.panes import Pane
from k0stui.ui.widgets.story import Story


class Reading(Pane):
    """Subclasses say what is to be read; it is made anew with each look, and stays where one reads."""

    is_grid = False
    can_find = True
    hints: ClassVar[tuple[str, ...]] = ("filter", "copy.row")

    def compose(self) -> ComposeResult:
        yield Story(id="text")

    def on_mount(self) -> None:
        self._tell(self.k0s.look)

    def show(self, look: Look) -> None:
        self._tell(look)

    def _tell(self, look: Look | None) -> None:
        self.query_one("#text", Story).show(self.name_of, self.told(look))

    def told(self, look: Look | None) -> tuple[Line, ...]:
        raise NotImplementedError

    def lines(self, look: Look) -> tuple[Line, ...]:
        return self.told(look)

    def find(self, words: str, by: int) -> bool:
        return self.query_one("#text", Story).find(words, by)

    @property
    def copied(self) -> str:
        return self.query_one("#text", Story).text
