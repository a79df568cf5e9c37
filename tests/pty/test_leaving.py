"""Whatever ends the program, the shell's prompt is usable afterwards."""

from __future__ import annotations

import os
import signal

import pytest

from tests.pty.terminal import DEADLINE, Terminal, demo

pytestmark = pytest.mark.pty


def test_by_key() -> None:
    """`q` ends with status 0 and a terminal as it was found."""
    with Terminal(demo()) as terminal:
        terminal.wait_for("row-0001")
        terminal.type("q")
        assert terminal.ended() == 0
        assert terminal.is_restored


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_by_signal(number: signal.Signals) -> None:
    """A signal ends it in order: the terminal is restored and the status names the signal."""
    with Terminal(demo("--hz", "5")) as terminal:
        terminal.wait_for("row-0001")
        terminal.signal(number)
        assert terminal.ended() == 128 + number
        assert terminal.is_restored
        assert b"Traceback" not in terminal.raw


def test_by_a_fault() -> None:
    """A fault of our own ends in one sentence on a usable terminal, without values of variables."""
    with Terminal(demo("--channel", "error")) as terminal:
        assert terminal.ended() == 1
        assert terminal.is_restored
        assert b"k0stui stopped on a fault of its own: RuntimeError" in terminal.raw
        assert b"locals" not in terminal.raw


def test_lost_terminal() -> None:
    """When the terminal is taken away the program ends by itself, quietly, and does not spin."""
    with Terminal(demo("--hz", "5")) as terminal:
        terminal.wait_for("row-0001")
        terminal.close()
        assert terminal.process.wait(DEADLINE) == 128 + signal.SIGHUP
        spent = os.times()
        assert spent.children_user + spent.children_system < 60


def test_terminal_that_stopped_reading() -> None:
    """A terminal that reads nothing delays the end by no more than the time set for leaving."""
    with Terminal(demo("--hz", "50", "--changing", "30")) as terminal:
        terminal.wait_for("tick 3")
        terminal.signal(signal.SIGTERM)
        assert terminal.process.wait(DEADLINE) == 128 + signal.SIGTERM


def test_suspended_and_continued() -> None:
    """SIGTSTP gives the terminal back, SIGCONT paints the whole screen again."""
    with Terminal(demo()) as terminal:
        terminal.wait_for("row-0001")
        terminal.signal(signal.SIGTSTP)
        terminal.wait_for(lambda: terminal.is_restored)
        terminal.wait_for(lambda: os.waitpid(terminal.process.pid, os.WNOHANG | os.WUNTRACED)[0] > 0)
        terminal.screen.reset()
        terminal.signal(signal.SIGCONT)
        terminal.wait_for("row-0001")
        terminal.type("q")
        terminal.wait_for(lambda: terminal.raw.count(b"\x1b[?1049l") == 2)
