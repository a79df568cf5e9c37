"""The base of the app: colours chosen before anything is drawn, foreign text filtered, no state lost in a theme."""

from __future__ import annotations

import pytest

from k0stui.present.cells import Tone, line
from k0stui.ui.driver import CellDriver
from k0stui.ui.line_filter import Harmless
from k0stui.ui.theme import STYLES, theme_names
from k0stui.ui.widgets.verdict import OneLine
from tests.ui.widgets.app import OneWidget


@pytest.mark.parametrize("name", theme_names())
async def test_tones_look_as_the_theme_says(name: str) -> None:
    """Every tone of every theme reaches the widget as it stands in the file."""
    app = OneWidget(widget := OneLine(), name)
    async with app.run_test():
        assert app.theme == name
        for tone, look in app.palette.tones.items():
            style = widget.tone_style(tone)
            assert {word for word in STYLES if getattr(style, word, False)} == set(look.styles), tone
            if look.color.startswith("ansi_") and look.color != "ansi_default":
                assert style.color is not None
                assert style.color.triplet is None, "a palette colour, not 24 bits"


async def test_the_filter_is_the_last() -> None:
    """After Textual's own filters comes ours, and nothing after it."""
    app = OneWidget(OneLine())
    async with app.run_test():
        assert isinstance(app.get_line_filters()[-1], Harmless)
        assert app.driver_class is CellDriver


async def test_toast_is_text() -> None:
    """A toast of a host's words shows brackets and starts no action."""
    app = OneWidget(OneLine())
    async with app.run_test(size=(60, 10), notifications=True) as pilot:
        app.tell("no [bold]route[/] to [/dev/sda1]")
        await pilot.pause()
        await pilot.pause()
        assert "no [bold]route[/] to" in app.text
        assert "[/dev/sda1]" in app.text


async def test_ascii_only() -> None:
    """With --ascii our glyphs become their ASCII signs."""
    app = OneWidget(widget := OneLine(), ascii_only=True)
    async with app.run_test(size=(20, 2)) as pilot:
        widget.show(line("✖▲●◆·◌≠⊘▸ ─", tone=Tone.CRIT))
        await pilot.pause()
        assert app.text == "X!+i.~#P> -"
