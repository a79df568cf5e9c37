"""Verdict, banner, status bar and story: text that is text, and drawn only where it differs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from k0stui.present.cells import Cell, Tone, line, plain
from k0stui.ui.widgets.line_view import split_line
from k0stui.ui.widgets.status_bar import HINTS, StatusBar, hinted, slotted
from k0stui.ui.widgets.story import Story, wrapped
from k0stui.ui.widgets.verdict import OneLine, Verdict
from tests.ui.widgets.app import OneWidget, redrawn

lines = st.lists(st.builds(Cell, st.text("ab [/]", max_size=30), st.sampled_from(Tone)), max_size=6).map(tuple)


async def test_verdict_is_as_high_as_its_lines() -> None:
    """The block grows and shrinks with the verdict, and a line that differs is drawn alone."""
    app = OneWidget(verdict := Verdict())
    app.CSS = "Verdict { height: auto; }"
    async with app.run_test(size=(40, 10)) as pilot:
        verdict.show(((line("✖ CRIT  no agents"), 1), (line("  why   all dial one"), 1)))
        await pilot.pause()
        assert app.text == "✖ CRIT  no agents\n  why   all dial one"
        with redrawn(verdict) as regions:
            verdict.show(((line("✖ CRIT  no agents"), 1), (line("  why   all dial two"), 1)))
            assert [region.y for region in regions] == [1]
        verdict.show(((line("● OK"), 1),))
        await pilot.pause()
        assert app.text == "● OK"


async def test_banner() -> None:
    """Left and right part stand at their edges; the same again draws nothing."""
    app = OneWidget(banner := OneLine())
    async with app.run_test(size=(30, 3)) as pilot:
        banner.show(line("X CRIT 4/12"), line("k0s-prod", "  03:14Z"))
        await pilot.pause()
        assert app.text == "X CRIT 4/12   k0s-prod  03:14Z"
        with redrawn(banner) as regions:
            banner.show(line("X CRIT 4/12"), line("k0s-prod", "  03:14Z"))
            assert regions == []


async def test_status_bar() -> None:
    """Slots are set apart, empty ones left out; hints give way from the last when it is narrow."""
    app = OneWidget(bar := StatusBar())
    async with app.run_test(size=(40, 3)) as pilot:
        bar.show_slots((Cell("RO"), Cell(""), Cell("ssh 7/7")), (("a", "act"), ("?", "keys"), ("q", "")))
        await pilot.pause()
        assert app.text == "RO | ssh 7/7" + " " * 10 + "  a act  ? keys  q"
        await pilot.resize_terminal(24, 3)
        await pilot.pause()
        assert app.text.endswith("a act")


def test_hints_and_slots() -> None:
    """A hint is one piece, so that none is shown by half; empty slots leave no separator."""
    assert [cell.text for cell in hinted((("a", "act"), ("q", "")))] == ["  a act", "  q"]
    assert plain(slotted((Cell(""), Cell("RO"), Cell(""), Cell("x")))) == "RO | x"
    assert HINTS == 5


@given(lines, lines, st.integers(1, 60))
def test_split_line(left: tuple[Cell, ...], right: tuple[Cell, ...], width: int) -> None:
    """A right part that is shown ends at the edge and never covers the left part."""
    got = plain(split_line(left, right, width))
    assert got.startswith(plain(left))
    assert len(got) in (width, len(plain(left)))


@given(lines, st.integers(8, 40))
def test_wrapping_loses_nothing(text: tuple[Cell, ...], width: int) -> None:
    """Wrapped rows fit, and hold every character but blanks, in order and with its tone."""
    rows = wrapped(text, width)
    assert all(len(plain(row)) <= width for row in rows)
    letters = [(char, cell.tone) for cell in text for char in cell.text if char != " "]
    assert [(char, cell.tone) for row in rows for cell in row for char in cell.text if char != " "] == letters


async def test_story_keeps_its_place() -> None:
    """A newer version of the same story stays where one reads; another story begins at its top."""
    app = OneWidget(story := Story())
    told = tuple(line(f"line {number}") for number in range(50))
    async with app.run_test(size=(40, 10)) as pilot:
        story.show("m-1", told)
        await pilot.press("G")
        await pilot.pause()
        assert "line 49" in app.text
        story.show("m-1", (*told[:-1], line("line 49, changed")))
        await pilot.pause()
        assert "line 49, changed" in app.text
        story.show("m-2", told)
        await pilot.pause()
        assert app.text.startswith("line 0")


async def test_story_copies_unwrapped() -> None:
    """What is copied is not cut into the rows of the screen."""
    app = OneWidget(story := Story())
    async with app.run_test(size=(20, 10)) as pilot:
        story.show("x", (line("a long line that is wrapped on the screen"),))
        await pilot.pause()
        assert len(app.text.splitlines()) == 3
        assert story.text == "a long line that is wrapped on the screen"


async def test_markup_is_text() -> None:
    """Brackets of a host's words are shown as they are."""
    app = OneWidget(story := Story())
    async with app.run_test(size=(40, 10)) as pilot:
        story.show("x", (line("[bold]x[/bold] [/dev/sda1] [@click=quit]"),))
        await pilot.pause()
        assert app.text == "[bold]x[/bold] [/dev/sda1] [@click=quit]"


async def test_no_key_is_a_method() -> None:
    """A method called `_key_at` is not run by the key `@`, as Textual would have it."""

    class Odd(Story):
        def _key_at(self, index: int) -> int:
            return index + 1

    app = OneWidget(odd := Odd())
    async with app.run_test(size=(40, 10)) as pilot:
        odd.focus()
        await pilot.press("@")
        assert app.is_running
