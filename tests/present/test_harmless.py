"""Foreign text can only be read: it moves nothing, types nothing, hides nothing."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k0stui.present.harmless import MARKS, file_name, harmless, harmless_line, stripped

FORBIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}

anything = st.text(st.characters(exclude_categories=())) | st.text(
    st.sampled_from("\x1b\x07\x9b\u202e\u2066\U000e0041\u0301\u200d\ud800\x00\n\t]52;[ma漢")
)


@given(anything)
def test_harmless(text: str) -> None:
    """No control, format, surrogate or separator character is left but newline and tab, whatever comes."""
    assert not {unicodedata.category(char) for char in harmless(text) if char not in "\n\t"} & FORBIDDEN
    assert not {unicodedata.category(char) for char in stripped(text)} & FORBIDDEN
    assert "\n" not in harmless_line(text)


@given(anything)
def test_twice_is_once(text: str) -> None:
    """Harmless text passes through unchanged."""
    assert harmless(harmless(text)) == harmless(text)
    assert stripped(stripped(text)) == stripped(text)


@given(anything)
def test_marks_are_capped(text: str) -> None:
    """No letter carries more marks than a real language needs."""
    marks = "".join("m" if unicodedata.category(char) in {"Mn", "Me", "Mc"} else "." for char in harmless(text))
    assert not re.search("m" * (MARKS + 1), marks)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b]52;c;cm0=\x07", "^[]52;c;cm0=^G"),
        ("a\u202eb", "a<U+202E>b"),
        ("\x9b31m", "<U+009B>31m"),
        ("\x7f", "^?"),
        ("naïve 漢字 й", "naïve 漢字 й"),
        ("a\tb\n", "a\tb\n"),
    ],
)
def test_what_is_dangerous_is_seen(text: str, seen: str) -> None:
    """Dangerous characters are written out, so that an attempt is noticed; languages stay readable."""
    assert harmless(text) == seen


def test_file_names() -> None:
    """A foreign word cannot leave the folder, hide itself or name an option."""
    assert [file_name(t) for t in ("../../etc/passwd", ".bashrc", "-rf", "", "a b\x1b")] == [
        "etc-passwd", "bashrc", "rf", "unnamed", "a-b",
    ]  # fmt: skip
