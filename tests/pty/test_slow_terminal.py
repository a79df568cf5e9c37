"""A terminal that is slow, or reads nothing at all, never stops the program, and shows the newest picture at last."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

from tests.pty.terminal import DEADLINE, Terminal, demo

pytestmark = pytest.mark.pty

STALL = 10.0
"""Seconds for which the terminal reads nothing (issue 4, 2)."""


def test_stalled_terminal(tmp_path: Path) -> None:
    """While the terminal reads nothing for ten seconds the program goes on; then the newest picture is there."""
    beats = tmp_path / "beats"
    with Terminal(demo("--hz", "20", "--changing", "30", "--beats", str(beats)), width=120, height=40) as terminal:
        terminal.wait_for("tick 3")
        began, seen = time.monotonic(), len(beats.read_text().split())
        while time.monotonic() - began < STALL:
            count = len(beats.read_text().split())
            assert count - seen >= (time.monotonic() - began) * 20 * 0.3 - 40, "the event loop waits for the terminal"
            time.sleep(0.2)  # the stall itself: this is the time that is tested
        newest = len(beats.read_text().split())
        before = len(terminal.raw)
        terminal.wait_for(lambda: _tick(terminal) >= newest)
        assert len(terminal.raw) - before < 200_000, "pictures that were out of date were sent all the same"
        terminal.type("q")
        assert terminal.ended() == 0


def _tick(terminal: Terminal) -> int:
    words = terminal.screen.display[-1].replace(".", " ").split()
    return int(words[words.index("tick") + 1]) if "tick" in words and words[words.index("tick") + 1].isdigit() else 0


def test_16_kilobytes_a_second(tmp_path: Path) -> None:
    """At 16 kB/s and ten pictures a second the event loop is never late by more than 300 ms on a busy machine, and the
    screen ends at the newest state."""
    result = tmp_path / "result"
    arguments = demo("--hz", "10", "--changing", "30", "--result", str(result))
    with Terminal(arguments, width=120, height=40) as terminal:
        terminal.read_slowly(16_000, lambda: _tick(terminal) > 30)
        terminal.type("q")
        assert terminal.ended() == 0
    assert json.loads(result.read_text())["late"] < 0.3


def test_terminal_that_never_answers() -> None:
    """A terminal that answers no question still gets its pictures."""
    with Terminal(demo("--hz", "10", "--changing", "30"), width=120, height=40, answers=False) as terminal:
        terminal.wait_for(lambda: _tick(terminal) > 120, DEADLINE * 2)
        terminal.signal(signal.SIGTERM)
        assert terminal.ended() == 128 + signal.SIGTERM
