"""One widget on an otherwise empty screen, for pilot tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from textual.app import ComposeResult
from textual.geometry import Region
from textual.message import Message
from textual.widget import Widget

from k0stui.ui.terminal import TerminalApp
from k0stui.ui.theme import load


class OneWidget(TerminalApp[None]):
    """Shows one widget over the whole screen and keeps the messages that it posts."""

    CSS = "Screen > * { height: 1fr; }"

    def __init__(self, widget: Widget, theme: str = "ansi-dark", *, ascii_only: bool = False) -> None:
        super().__init__(load(theme), ascii_only=ascii_only)
        self.widget = widget
        self.heard: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.widget

    def hear(self, message: Message) -> None:
        self.heard.append(message)

    on_table_moved = on_table_chosen = on_matrix_grid_moved = on_matrix_grid_chosen = hear

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(strip.text.rstrip() for strip in self.screen._compositor.render_strips()).rstrip()


@contextmanager
def redrawn(widget: Widget) -> Iterator[list[Region]]:
    """The regions that a widget asks to draw again."""
    regions: list[Region] = []
    original = widget.refresh

    def refresh(*some: Region, **options: bool) -> Widget:
        regions.extend(some or [widget.size.region])
        return original(*some, **options)

    widget.refresh = refresh  # type: ignore[method-assign]
    try:
        yield regions
    finally:
        del widget.refresh  # type: ignore[attr-defined]
