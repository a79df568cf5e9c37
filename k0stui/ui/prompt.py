"""The line at the bottom where commands and filters are typed, with what matches above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input

from k0stui.present.cells import Cell, Tone
from k0stui.present.table import Column, Row
from k0stui.ui.widgets.table import Table
from k0stui.ui.widgets.verdict import OneLine

MOST = 8
"""Matches shown: more are found by typing on, not by reading."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be typed."""

    text: str
    about: str = ""
    tone: Tone = Tone.PLAIN


Complete = Callable[[str], Sequence[Choice]]
"""What could follow, for the text typed so far; the best first."""


class PromptInput(Input, inherit_bindings=False):
    """Textual's input without the keys that belong to tmux, screen and the shell."""

    BINDINGS = [  # noqa: RUF012 - Textual reads it from the class
        Binding("left", "cursor_left", show=False),
        Binding("right", "cursor_right", show=False),
        Binding("home", "home", show=False),
        Binding("end,ctrl+e", "end", show=False),
        Binding("backspace", "delete_left", show=False),
        Binding("delete", "delete_right", show=False),
        Binding("ctrl+w", "delete_left_word", show=False),
        Binding("ctrl+u", "delete_left_all", show=False),
        Binding("ctrl+k", "delete_right_all", show=False),
        Binding("enter", "submit", show=False),
    ]

    def on_mount(self) -> None:
        self.cursor_blink = False


class Prompt(Vertical):
    """Hidden until `ask`; posts what was typed and hides again."""

    BINDINGS = [  # noqa: RUF012 - Textual reads it from the class
        Binding("escape", "give_up", show=False),
        Binding("tab", "complete", show=False),
        Binding("down", "step(1)", show=False),
        Binding("up", "step(-1)", show=False),
        Binding("ctrl+d", "nothing", show=False),
    ]

    @dataclass
    class Typed(Message):
        """The text was entered."""

        mark: str
        text: str

    @dataclass
    class Changed(Message):
        """The text is another one; not entered yet."""

        mark: str
        text: str

    @dataclass
    class GivenUp(Message):
        """It was left without entering."""

        mark: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.display = False
        self._mark = ":"
        self._picked = False
        """The cursor was moved onto a match: Enter means that one."""
        self._complete: Complete | None = None

    def compose(self) -> ComposeResult:
        matches = Table((Column("text", "", 30), Column("about", "", 30, grow=True)), id="matches")
        matches.can_focus = False
        yield matches
        with Horizontal(id="typing"):
            yield OneLine(id="mark")
            yield PromptInput(id="typed", compact=True)

    def ask(self, mark: str, text: str = "", complete: Complete | None = None) -> None:
        """Show the line behind `mark` (`:` or `/`), with the keyboard on it."""
        self._mark, self._complete, self._picked = mark, complete, False
        self.query_one("#mark", OneLine).show((Cell(mark, Tone.HEAD),))
        self.query_one("#mark").styles.width = len(mark)
        typed = self.query_one(PromptInput)
        self.display = True
        typed.value = text
        typed.cursor_position = len(text)
        self._match(text)
        self.screen.set_focus(typed)  # at once: `focus()` would let the next key go to the pane

    def _match(self, text: str) -> None:
        table, choices = self.query_one(Table), list(self._complete(text) if self._complete else ())[:MOST]
        rows = [Row(one.text, (Cell(one.text), Cell(one.about, Tone.DIM)), one.tone) for one in choices]
        table.show(rows)
        table.styles.height = len(rows) + 1 if rows else 0
        table.display = bool(rows)
        if rows:
            table.put_cursor_on(rows[0].key)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.display:
            self._picked = False
            self._match(event.value)
            self.post_message(self.Changed(self._mark, event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self.display:
            self.display = False
            self.post_message(self.Typed(self._mark, (self._picked and self.chosen) or event.value))

    def action_complete(self) -> None:
        """Put the match under the cursor in the place of what was typed."""
        table, typed = self.query_one(Table), self.query_one(PromptInput)
        if table.display and table.cursor:
            typed.value = table.cursor
            typed.cursor_position = len(typed.value)

    def action_step(self, by: int) -> None:
        self._picked = True
        self.query_one(Table).action_move(by)

    def action_nothing(self) -> None:
        """ctrl+d ends input in a shell; here nothing ends by it."""

    def action_give_up(self) -> None:
        self.display = False
        self.post_message(self.GivenUp(self._mark))

    @property
    def chosen(self) -> str:
        """The match under the cursor; empty where there is none."""
        table = self.query_one(Table)
        return table.cursor if table.display else ""


class Question(OneLine, can_focus=True):
    """A yes-or-no question in the last row but one; only `q`, `y` or Enter is yes, every other key is no."""

    @dataclass
    class Answered(Message):
        yes: bool

    def ask(self, text: str) -> None:
        self.show((Cell(text, Tone.BANNER),))
        self.display = True
        self.focus()

    def on_key(self, event: object) -> None:
        key = getattr(event, "key", "")
        event.stop()  # type: ignore[attr-defined]
        event.prevent_default()  # type: ignore[attr-defined]
        self.display = False
        self.post_message(self.Answered(key in {"q", "y", "enter"}))
