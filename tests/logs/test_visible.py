"""Nothing that a terminal would obey is left in a text."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from k0stui.logs.visible import CAP, shortened, visible


@given(st.text())
def test_no_control_character_is_left(text: str) -> None:
    """C0 but tab, DEL, C1, bidi controls, line separators and surrogates are gone, and no character is swallowed."""
    found = visible(text)

    assert len(found) == len(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in found if c != "\t")
    assert not any(
        unicodedata.bidirectional(c) in ("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "PDI") for c in found
    )


def test_what_was_there_can_be_seen() -> None:
    """An escape sequence is shown as its characters."""
    assert visible("\x1b[31mred\r\x7f") == "␛[31mred␍␡"
    assert visible("plain\tText é") == "plain\tText é"


def test_long_lines_say_what_is_missing() -> None:
    """In KiB, at least one."""
    assert shortened("x" * CAP) == "x" * CAP
    assert shortened("x" * (CAP + 12 * 1024)).endswith("x [+12 KiB]")
