"""The one screen that all panes live on: it tells the app when its size is another one."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.screen import Screen


class MainScreen(Screen[None], inherit_bindings=False):
    """Without Textual's own keys: all keys are in ui/commands.py."""

    class Resized(Message):
        """The size is another one; classes of the breakpoints are set already."""

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self.post_message, self.Resized())
