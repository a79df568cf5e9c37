"""What the terminal shows is what the app drew, whatever happens to the terminal."""

from __future__ import annotations

import pytest

from tests.pty.terminal import Terminal, demo

pytestmark = pytest.mark.pty


def picture(*arguments: str, width: int = 100, height: int = 30) -> str:
    """The whole screen of the demo app, ended by itself, without ticks."""
    with Terminal(demo(*arguments), width=width, height=height) as terminal:
        terminal.wait_for(lambda: "api  ok" in terminal.text and "w-1" in terminal.text)
        while terminal.read(0.2):
            pass
        return terminal.text


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40)])
def test_same_as_the_stock_driver(width: int, height: int) -> None:
    """Under Textual's own driver and under ours the terminal shows the same."""
    assert picture(width=width, height=height) == picture("--stock", width=width, height=height)


def test_resize_storm() -> None:
    """After a hundred changes of size in a row the screen is that of a fresh start in the last size."""
    with Terminal(demo(), width=100, height=30) as terminal:
        terminal.wait_for("row-0001")
        for step in range(100):
            terminal.resize(60 + step * 7 % 60, 12 + step * 5 % 30)
            terminal.read(0.002)
        terminal.resize(100, 30)
        fresh = picture()
        terminal.wait_for(lambda: terminal.text == fresh)


def test_redraw() -> None:
    """ctrl+l puts right what another program has written over the screen."""
    with Terminal(demo()) as terminal:
        terminal.wait_for("row-0001")
        before = terminal.text
        terminal._stream.feed(b"\x1b[5;1HBroadcast message from root\x1b[12;1Hgarbage")
        assert terminal.text != before
        terminal.type("\x0c")
        terminal.wait_for(lambda: terminal.text == before)


def test_ascii() -> None:
    """With --ascii not one byte beyond ASCII is sent."""
    with Terminal(demo("--ascii")) as terminal:
        terminal.wait_for("row-0001")
        assert terminal.raw.isascii()


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"NO_COLOR": ""}, {"TERM": "dumb"}])
def test_no_color(environ: dict[str, str]) -> None:
    """Under NO_COLOR and TERM=dumb no byte sets a colour, not even a grey."""
    import re

    with Terminal(demo("--hz", "10"), environ=environ) as terminal:
        terminal.wait_for("tick 3")
        sgr = re.findall(rb"\x1b\[([\d;]*)m", bytes(terminal.raw))
        assert {part for one in sgr for part in one.split(b";")} <= {b"", b"0", b"1", b"2", b"4", b"7"}


def test_changed_cells_only() -> None:
    """A second of the live table with one row changing costs a few hundred bytes, not the table."""
    with Terminal(demo("--hz", "5"), width=120, height=40) as terminal:
        terminal.wait_for("tick 3")
        before = len(terminal.raw)
        terminal.wait_for("tick 13")
        assert len(terminal.raw) - before < 10 * 150


@pytest.mark.parametrize("knows", [True, False])
def test_synchronized_output(knows: bool) -> None:
    """Pictures go between the marks of synchronized output where the terminal says that it knows it, and only there."""
    with Terminal(demo("--hz", "10", "--changing", "30"), synchronizes=knows) as terminal:
        terminal.wait_for("tick 3")
        before = len(terminal.raw)
        terminal.wait_for("tick 13")
        painted = bytes(terminal.raw[before:])
        assert (painted.count(b"\x1b[?2026h") > 5) is knows
        assert abs(painted.count(b"\x1b[?2026h") - painted.count(b"\x1b[?2026l")) <= 1
