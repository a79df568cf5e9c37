"""The field in which a name is typed out to start something: the only Yes. Everything else in it is No."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from textual import events
from textual.message import Message

from k0stui.present.cells import Cell, Tone
from k0stui.ui.widgets.verdict import OneLine

DEAF = 0.5
"""Seconds after it got the keyboard in which any key is No: it was meant for what had it before."""

LEAVES = frozenset({"escape", "tab", "shift+tab"})


class NameField(OneLine, can_focus=True):
    """`ask` says what for and which name. Enter, y, held keys, a paste and haste end it with No."""

    @dataclass
    class Answered(Message):
        """It was typed out, or not."""

        purpose: str
        yes: bool
        why: str = ""
        """Why it is No; empty for Yes, and where it was just left."""

    clock: Callable[[], float] = staticmethod(monotonic)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._purpose = self._wanted = self._words = self._typed = ""
        self._since = 0.0

    def ask(self, purpose: str, wanted: str, words: str) -> None:
        """Ready to be typed into; it does not take the keyboard by itself."""
        if (purpose, wanted, words) != (self._purpose, self._wanted, self._words):
            self._purpose, self._wanted, self._words, self._typed = purpose, wanted, words, ""
        self._paint()

    def close(self, words: str = "") -> None:
        """Nothing can be typed now; `words` say why."""
        self._purpose = self._wanted = self._typed = ""
        self._words = words
        self._paint()

    @property
    def is_open(self) -> bool:
        return bool(self._wanted)

    def on_focus(self) -> None:
        self._typed, self._since = "", self.clock()
        self._paint()

    def on_blur(self) -> None:
        self._typed = ""
        self._paint()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self._no("that was pasted")

    def on_key(self, event: events.Key) -> None:
        """Every key ends here: none of them may be a command while a name is typed."""
        event.stop()
        event.prevent_default()
        if event.key in LEAVES or event.key == "ctrl+c":
            self._no("")
        elif self.clock() - self._since < DEAF:
            self._no("a key came before the question could be read")
        elif event.key == "enter":
            self._judge()
        elif event.key == "backspace":
            self._typed = self._typed[:-1]
        elif event.key == "ctrl+u":
            self._typed = ""
        elif event.is_printable and event.character:
            self._typed += event.character
        self._paint()

    def _judge(self) -> None:
        if self._wanted and self._typed == self._wanted:
            purpose = self._purpose
            self.close()
            self.post_message(self.Answered(purpose, True))
        else:
            self._no("that is not the name" if self._typed else "nothing was typed")

    def _no(self, why: str) -> None:
        self._typed = ""
        self.post_message(self.Answered(self._purpose, False, why))

    def _paint(self) -> None:
        if not self._wanted:
            self.show((Cell(self._words, Tone.WARN),))
            return
        wanted = max(len(self._wanted), len(self._typed)) + 2
        words, room = self._fitting(wanted)
        mark = Cell(f"[{self._typed[-room:]:<{room}}]", Tone.SELECTED if self.has_focus else Tone.PLAIN)
        self.show((Cell(f"{words} ", Tone.HEAD), mark))

    def _fitting(self, wanted: int) -> tuple[str, int]:
        """Words, and columns for what is typed: a long name stands for itself where both do not fit; of what is typed
        the end is shown."""
        width = self.size.width or 80
        for words in (self._words, f"type {self._wanted}", "type the name"):
            if len(words) + wanted + 3 <= width:
                return words, wanted
        return words, max(8, width - len(words) - 3)

    def on_resize(self) -> None:
        self._paint()
