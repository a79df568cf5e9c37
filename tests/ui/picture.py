"""What the compositor shows, as text: the grid of characters, then where which tone is used. No colours, no SVG."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from rich.style import Style

from k0stui.present.cells import Tone
from k0stui.ui.terminal import TerminalApp
from k0stui.ui.widgets.line_view import LineView

SNAPSHOTS = Path(__file__).parents[1] / "snapshots"

SIZES = [(80, 24), (120, 40), (200, 60), (59, 20)]
"""Columns, rows: the smallest terminal with columns, two usual ones, and one that is too small for columns."""


def named(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def picture(app: TerminalApp[None]) -> str:
    """The screen as rows of text, and below the runs of each tone: `row columns tone`."""
    strips = app.screen._compositor.render_strips()
    rows = [strip.text.rstrip() for strip in strips]
    tones = _tones(app)
    runs = []
    for y, strip in enumerate(strips):
        x = 0
        for segment in strip:
            width = segment.cell_length
            tone = tones.get(_look_of(segment.style), "")
            if tone and segment.text.strip():
                runs.append(f"{y + 1:3} {x + 1}-{x + width} {tone}")
            x += width
    return "\n".join([*rows, "", *runs]) + "\n"


def _tones(app: TerminalApp[None]) -> dict[tuple[object, ...], str]:
    """Look -> the tone's name, for every look but the plain one; tones that look alike share the first one's name."""
    view = next(widget for widget in app.screen.query(LineView))
    base, found = view.rich_style, {}
    for tone in Tone:
        found.setdefault(_look_of(base + view.tone_style(tone)), tone.value)
    found.pop(_look_of(base), None)
    return found


def _look_of(style: Style | None) -> tuple[object, ...]:
    style = style or Style()
    return (str(style.color), bool(style.bold), bool(style.dim), bool(style.underline), bool(style.reverse))


def assert_same(name: str, got: str) -> None:
    """Compare with tests/snapshots/NAME.txt; K0STUI_SNAPSHOTS=write writes it instead."""
    path = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("K0STUI_SNAPSHOTS") == "write":
        path.write_text(got, encoding="utf-8")
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    if kept != got:
        changes = "\n".join(difflib.unified_diff(kept.splitlines(), got.splitlines(), "kept", "now", lineterm=""))
        raise AssertionError(
            f"{name} is another picture; see it, then K0STUI_SNAPSHOTS=write\n{changes}\n\nnow:\n{got}"
        )
