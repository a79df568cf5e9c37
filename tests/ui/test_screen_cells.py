"""The terminal shows the same after our bytes as after Textual's, for any sequence of writes."""

from __future__ import annotations

import re

import pyte
from hypothesis import given, settings
from hypothesis import strategies as st

from k0stui.ui.screen_cells import Cells, Painter, blank_sgr, graphemes, plain_sgr

WIDTH, HEIGHT = 24, 6

styles = st.sampled_from(
    ["", "1;31", "32", "2", "7", "4;36", "38;2;9;8;7;48;2;1;2;3", "39;49", "44", "1;39;49", "7;44"]
)
letters = st.text(st.sampled_from("ab  -—é漢字●🙂e\u0301·▲界"), min_size=1, max_size=14)


@st.composite
def writes(draw: st.DrawFn) -> str:
    """One write as Textual makes it: moves, styled text, a reset after each."""
    out = []
    for _ in range(draw(st.integers(1, 4))):
        x, y = draw(st.integers(0, WIDTH - 1)), draw(st.integers(0, HEIGHT - 1))
        text = whole(draw(letters), WIDTH - x)
        sgr = draw(styles)
        out.append(f"\x1b[{y + 1};{x + 1}H" + (f"\x1b[{sgr}m{text}\x1b[0m" if sgr else text))
    return "".join(out)


def whole(text: str, width: int) -> str:
    """Cut to `width` columns, never through a wide character, as Textual does."""
    text = text.lstrip("\u0301") or "x"
    cells = graphemes(text)
    if len(cells) > width and not cells[width]:
        width -= 1
    return "".join(cells[:width]) or "x"


def shown(*data: str) -> list[list[tuple[object, ...]]]:
    """The picture of a terminal that has read `data`; what nobody can see on a blank is left out."""
    screen = pyte.Screen(WIDTH, HEIGHT)
    screen.reset_mode(7 << 5)
    stream = pyte.Stream(screen)
    for part in data:
        stream.feed(part)
    return [[seen(screen.buffer[y][x]) for x in range(WIDTH)] for y in range(HEIGHT)]


def seen(char: pyte.screens.Char) -> tuple[object, ...]:
    look = (char.fg, char.bg, char.bold, char.underscore, char.reverse)
    return (" ", char.bg, char.underscore) if char.data == " " and not char.reverse else (char.data, *look)


def repaired(frames: list[str]) -> list[str]:
    """pyte leaves the other half of an overwritten wide character; a terminal blanks it. Each frame as whole rows."""
    cells = Cells()
    out = []
    for frame in frames:
        cells.feed(frame)
        rows = []
        for y in range(len(cells.text)):
            text, style = cells.row(y, WIDTH)
            rows.append(
                f"\x1b[{y + 1};1H"
                + "".join(f"\x1b[0;{s}m{c}" if s else f"\x1b[0m{c}" for c, s in zip(text, style, strict=True))
            )
        out.append("".join(rows) + "\x1b[0m")
    return out


@given(st.lists(writes(), min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_same_picture(frames: list[str]) -> None:
    """After every picture the terminal shows exactly what it would show after the stock driver's writes."""
    target, painter = Cells(), Painter(WIDTH, HEIGHT)
    ours: list[str] = []
    theirs: list[str] = []
    for frame, stock in zip(frames, repaired(frames), strict=True):
        target.feed(frame)
        ours.append(painter.paint(target))
        theirs.append(stock)
        assert shown(*ours) == shown(*theirs)


narrow = st.text(st.sampled_from("ab  -.#é│─"), min_size=1, max_size=14)


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1), narrow, styles), min_size=1),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=100, deadline=None)
def test_same_picture_as_the_raw_writes(frames: list[list[tuple[int, int, str, str]]]) -> None:
    """For narrow text the comparison holds against Textual's bytes themselves, unread by us."""
    target, painter = Cells(), Painter(WIDTH, HEIGHT)
    ours: list[str] = []
    theirs: list[str] = []
    for writes_ in frames:
        frame = "".join(f"\x1b[{y + 1};{x + 1}H\x1b[{sgr}m{text[: WIDTH - x]}\x1b[0m" for x, y, text, sgr in writes_)
        target.feed(frame)
        ours.append(painter.paint(target))
        theirs.append(frame)
        assert shown(*ours) == shown(*theirs)


@given(st.lists(writes(), min_size=1, max_size=4))
@settings(max_examples=50, deadline=None)
def test_dropped_pictures_do_not_matter(frames: list[str]) -> None:
    """Painting only the last of several pictures ends in the same screen as painting each."""
    each, last = Cells(), Cells()
    every, skipping = Painter(WIDTH, HEIGHT), Painter(WIDTH, HEIGHT)
    ours = []
    for frame in frames:
        each.feed(frame)
        ours.append(every.paint(each))
        last.feed(frame)
    assert shown(*ours) == shown(skipping.paint(last))


def test_nothing_to_say() -> None:
    """A write that changes no cell costs no byte."""
    target, painter = Cells(), Painter(WIDTH, HEIGHT)
    target.feed("\x1b[1;1H\x1b[31mhello\x1b[0m\x1b[1;1H")
    painter.paint(target)
    target.feed("\x1b[1;1H\x1b[31mhello\x1b[0m\x1b[1;1H")
    assert painter.paint(target) == ""


def test_one_cell() -> None:
    """One changed digit costs a move and the digit, and going back with the cursor."""
    target, painter = Cells(), Painter(80, 24)
    target.feed("\x1b[5;1Hage 4s and much more text that stays\x1b[1;1H")
    painter.paint(target)
    target.feed("\x1b[5;1Hage 5s and much more text that stays\x1b[1;1H")
    assert painter.paint(target) == "\x1b[5;5H5\x1b[1H"


def test_forget_paints_all() -> None:
    """After `forget` the whole screen is painted, rows that were never written too."""
    target, painter = Cells(), Painter(WIDTH, HEIGHT)
    target.feed("\x1b[2;1Hx")
    painter.paint(target)
    painter.forget()
    dirt = "\x1b[1;1H" + "#" * WIDTH + "\x1b[6;1H" + "#" * WIDTH
    assert shown(dirt, painter.paint(target)) == shown("\x1b[2;1Hx")


def test_shrinking_and_growing() -> None:
    """A terminal that was smaller for a moment gets its content back."""
    target, painter = Cells(), Painter(WIDTH, HEIGHT)
    target.feed("\x1b[6;1Hthe last row, to the end")
    painter.paint(target)
    painter.resize(5, 2)
    small = painter.paint(target)
    assert "last" not in small
    painter.resize(WIDTH, HEIGHT)
    assert shown(painter.paint(target)) == shown("\x1b[6;1Hthe last row, to the end")


def test_controls_are_handed_back() -> None:
    """Modes, bell and clipboard are no drawing: they come back in order; hyperlinks vanish."""
    controls = Cells().feed("\x1b[?1049h\x1b[>1u\x07\x1b]52;c;eA==\x07\x1b[1;1Hx\x1b]8;;http://h\x1b\\y\x1b[?25l")
    assert controls == ["\x1b[?1049h", "\x1b[>1u", "\x07", "\x1b]52;c;eA==\x07", "\x1b[?25l"]


def test_wide_characters_are_followed_by_a_move() -> None:
    """Where terminals may disagree about a width, the next cell is addressed and not hoped for."""
    target, painter = Cells(), Painter(WIDTH, HEIGHT)
    target.feed("\x1b[1;1Ha漢b●c─d")
    assert re.search("a漢\x1b\\[4Gb●\x1b\\[6Gc─d", painter.paint(target))


def test_sgr_is_reduced() -> None:
    """Default colours say nothing after a reset, and a blank shows only its background and lines."""
    assert plain_sgr("1;39;49") == "1"
    assert plain_sgr("38;2;1;39;3;49") == "38;2;1;39;3"
    assert blank_sgr("1;31;44;4") == "44;4"
    assert blank_sgr("38;5;44;48;2;1;2;3") == "48;2;1;2;3"
    assert blank_sgr("7;31") == "7;31"
