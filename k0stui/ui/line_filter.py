"""The one place where control characters end: everything that Textual draws passes here last.

Widgets, toasts, titles, palette and tooltips alike: `App.get_line_filters()` is applied to every line of every widget.
Textual calls filters internal, so pyproject.toml pins one minor version, and tests/pty looks at each channel.
"""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from k0stui.present.harmless import stripped


class Harmless(LineFilter):
    """Takes out whatever would be more than text, and keeps every column where it is."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [_clean(segment) for segment in segments]


def _clean(segment: Segment) -> Segment:
    text, style, control = segment
    if control or (clean := stripped(text)) == text:
        return segment
    return Segment(set_cell_size(clean, cell_len(text)), style)


class HarmlessConsole(Console):
    """A console for what is printed outside the screen (errors after the end): the same filter, no markup."""

    def _render_buffer(self, buffer: object) -> str:
        """rich's last step: segments to bytes."""
        segments = [
            segment if segment.control else Segment(_keeping_lines(segment.text), segment.style)
            for segment in buffer  # type: ignore[attr-defined]
        ]
        return super()._render_buffer(segments)


def _keeping_lines(text: str) -> str:
    return "\n".join(stripped(line) for line in text.split("\n"))
