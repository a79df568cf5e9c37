"""Words for numbers and ages are coarse, honest and short."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k0stui.present.cells import (
    SIGNS,
    Cell,
    Tone,
    age,
    bytes_,
    in_ascii,
    line,
    percent,
    plain,
    rate,
    shorten_middle,
    shorten_names,
    span,
    took,
)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1s"),
        (1.2, "2s"),
        (3, "5s"),
        (9, "10s"),
        (11, "30s"),
        (31, "1m"),
        (60, "1m"),
        (7300, "2h"),
        (86400 * 12, "12d"),
    ],
)
def test_ages(seconds: float, words: str) -> None:
    """An age under a minute takes one of five steps, and is never shown younger than it is."""
    assert age(seconds) == words


@given(st.floats(0, 1e7), st.floats(0, 1e7))
def test_older_is_never_shown_younger(one: float, other: float) -> None:
    """Of two ages the greater one never reads as the smaller."""
    unit = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    young, old = (int(age(s)[:-1]) * unit[age(s)[-1]] for s in sorted((one, other)))
    assert young <= old


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0"),
        (0.01, "<0.1"),
        (0.3, "0.3"),
        (1, "1"),
        (9.97, "10"),
        (17, "17"),
        (1904, "1.9k"),
        (9990, "10k"),
        (38_000, "38k"),
        (2.1e6, "2.1M"),
        (5e9, "5.0G"),
    ],
)
def test_rates(number: float, words: str) -> None:
    """A rate fits four columns, and something is never shown as nothing."""
    assert rate(number) == words


@given(st.floats(0.0001, 1e9))
def test_a_rate_is_short_and_not_zero(number: float) -> None:
    """Any positive rate below a thousand million takes at most four columns and is not "0"."""
    assert len(rate(number)) <= 4
    assert rate(number) != "0"


def test_sizes() -> None:
    """Sizes are binary, and say so."""
    assert [bytes_(n) for n in (0, 812, 1181116006, 40 << 20, 5 << 40)] == [
        "0 B",
        "812 B",
        "1.1 GiB",
        "40 MiB",
        "5.0 TiB",
    ]


def test_spans() -> None:
    """A span is rounded down, a measured time has two units."""
    assert [span(s) for s in (0.5, 59, 3599, 86400 * 12.9)] == ["0s", "59s", "59m", "12d"]
    assert [took(s) for s in (34.9, 151, 3900)] == ["34s", "2m31s", "1h05m"]


def test_percent() -> None:
    """Nearly full is not full, and nearly empty is not empty."""
    assert [percent(s) for s in (0, 0.001, 0.81, 0.999, 1)] == ["0%", "1%", "81%", "99%", "100%"]


@given(st.text(min_size=0, max_size=60), st.integers(1, 60))
def test_shortened(text: str, width: int) -> None:
    """A shortened text is never longer than asked, keeps both ends, and is untouched where it fits."""
    short = shorten_middle(text, width)
    assert len(short) <= width
    assert short == text if len(text) <= width else short[:1] in (text[:1], "…")


@given(st.lists(st.text("abk0s-", min_size=1, max_size=30), min_size=1, max_size=8, unique=True), st.integers(6, 20))
def test_shortened_names_differ(names: list[str], width: int) -> None:
    """Two different names never look equal, however narrow the column."""
    short = shorten_names(tuple(names), width)
    assert len(set(short)) == len(names) or any(len(name) <= width for name in names)
    assert all(len(name) <= width for name in short)


def test_signs_differ() -> None:
    """Glyph, ASCII sign and word each tell every state from every other."""
    for field in ("glyph", "ascii", "word"):
        signs = [getattr(sign, field) for sign in SIGNS.values()]
        assert len(set(signs)) == len(signs)


def test_ascii() -> None:
    """Our glyphs become ASCII of the same width; a host's own letters stay."""
    glyphs = "".join(sign.glyph for sign in SIGNS.values())
    assert in_ascii(glyphs).isascii()
    assert len(in_ascii(glyphs)) == len(glyphs)
    assert in_ascii("müller ─") == "müller -"


def test_lines() -> None:
    """A line is made of pieces and gives its text back."""
    assert line("a ", Cell("b", Tone.CRIT)) == (Cell("a "), Cell("b", Tone.CRIT))
    assert plain(line("a ", "b", tone=Tone.DIM)) == "a b"
