"""The last filter takes out whatever is more than text, and moves no column."""

from __future__ import annotations

import io
import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from k0stui.ui.line_filter import Harmless, HarmlessConsole

RED = Style(color="red")
foreign = st.text(st.sampled_from("\x1b\x07\x9b\u202e\U000e0041\u0301\u200d\ufe0f\n\tab漢❤👩]52;["), max_size=30)


@given(st.lists(foreign, max_size=4))
def test_columns_stay(texts: list[str]) -> None:
    """After the filter every piece is as wide as the layout believes, keeps its style, and has no control left."""
    segments = [Segment(text, RED) for text in texts]
    cleaned = Harmless().apply(segments, Color(0, 0, 0))
    assert [cell_len(one.text) for one in cleaned] == [cell_len(one.text) for one in segments]
    assert all(one.style == RED for one in cleaned)
    assert not {unicodedata.category(char) for one in cleaned for char in one.text} & {"Cc", "Cf", "Cs"}


def test_harmless_text_is_passed_on() -> None:
    """A piece that needs nothing is the same object, so that Textual's caches hold."""
    segment = Segment("k0s-master-1", RED)
    assert Harmless().apply([segment], Color(0, 0, 0))[0] is segment


def test_console_for_errors() -> None:
    """What is printed after the end keeps its lines and loses its escapes."""
    out = io.StringIO()
    HarmlessConsole(file=out, markup=False, highlight=False, force_terminal=True, width=80).print(
        "a\x1b]0;x\x07b\nc[/d]"
    )
    assert out.getvalue() == "a]0;xb\nc[/d]\n"
