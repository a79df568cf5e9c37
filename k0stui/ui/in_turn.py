"""Keys one after the other: the next is given out once the one before did what it does.

Textual hands a key to the widget with the keyboard as soon as it is read. Of keys that come in one packet, as a fast
hand, tmux or a slow link sends them, the second would go to the pane although the first has opened a prompt.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from textual.events import Key, Paste
from textual.message import Message
from textual.message_pump import MessagePump

ROUNDS = 3
"""Ways from the keyboard's widget up to the app that a key's effects take: the key itself, what its action posted, and
what that posted."""

LONGEST = 1.0
"""Seconds after which the next key is given out anyway: a widget that goes takes what waits in it with it."""


class Through(Message):
    """Goes the way that a key went, behind it."""

    def __init__(self, turn: int, left: int = ROUNDS) -> None:
        super().__init__()
        self.turn = turn
        self.left = left


class InTurn:
    """What was typed and not given out yet."""

    def __init__(self, app: MessagePump) -> None:
        self._app = app
        self._waiting: deque[Key | Paste] = deque()
        self._turn = 0
        self._limit: asyncio.TimerHandle | None = None
        """Runs while a key is on its way."""

    def come(self, event: Key | Paste) -> None:
        """It was typed."""
        self._waiting.append(event)

    def next(self, is_for_now: Callable[[Key | Paste], bool] = lambda _: True) -> Key | Paste | None:
        """What may be given out now; it must be followed by `follow`. What is not for now waits, and is passed."""
        if self._limit is not None:
            return None
        found = next((event for event in self._waiting if is_for_now(event)), None)
        if found is not None:
            self._waiting.remove(found)
        return found

    def follow(self, first: MessagePump) -> None:
        """A key was given to `first`: see it through."""
        self._turn += 1
        give_up = Through(self._turn, left=1)
        self._limit = asyncio.get_running_loop().call_later(LONGEST, self._app.post_message, give_up)
        self._send(Through(self._turn), first)

    def passed(self, message: Through, first: MessagePump) -> None:
        """One way is done; `next` gives out a key again after the last one."""
        if message.turn != self._turn or self._limit is None:
            return
        if message.left > 1:
            self._send(Through(message.turn, message.left - 1), first)
            return
        self._limit.cancel()
        self._limit = None

    def _send(self, message: Through, first: MessagePump) -> None:
        if not first.post_message(message):
            self._app.post_message(message)
