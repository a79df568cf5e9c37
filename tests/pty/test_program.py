"""The program itself, on the demo fleet behind its own SSH server, in a terminal: from the first byte to the last."""

from __future__ import annotations

import select
import signal
import sys
import termios
import time

import pytest

from k0stui.ui.first import PICTURE
from tests.pty.terminal import DEADLINE, Terminal

pytestmark = [pytest.mark.pty, pytest.mark.timeout(180)]

VERDICT = "all 4 agents dial k0s-master-1"
LATE = DEADLINE * 3
"""Seconds for the whole way: a fleet, an SSH server, seven hosts and three API servers in one process."""


def program(scenario: str = "incident", *arguments: str) -> list[str]:
    return [sys.executable, "-m", "k0stui", "demo", "--scenario", scenario, *arguments]


def test_from_the_shell_to_the_verdict() -> None:
    """The frame is painted before anybody was asked; then the verdict; keys show the panes; q and Enter leave."""
    with Terminal(program()) as terminal:
        terminal.wait_for("READ-ONLY")
        terminal.wait_for(VERDICT, LATE)
        terminal.type("4")
        terminal.wait_for("4 MATRIX  state and age")
        terminal.type("q")
        terminal.wait_for("2 CONTROLLERS")
        terminal.type("q")
        terminal.wait_for("leave k0stui?")
        terminal.type("\r")
        assert terminal.ended() == 0
        assert terminal.is_restored
        assert b"Traceback" not in terminal.raw


def test_first_bytes() -> None:
    """The name stands there before anything is loaded, and what takes its place leaves nothing of it."""
    with Terminal(program()) as terminal:
        terminal.wait_for("loading ...")
        assert bytes(terminal.raw).startswith(PICTURE)
        terminal.wait_for("opening the cluster")
        assert "loading" not in terminal.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_while_loading(number: signal.Signals) -> None:
    """A signal between the first byte and the screens gives the terminal back as well."""
    with Terminal(program()) as terminal:
        terminal.wait_for(lambda: b"\x1b]11;?" in terminal.raw)
        terminal.signal(number)
        assert terminal.ended() == 128 + number
        assert terminal.raw.rfind(b"\x1b[?1049l") > terminal.raw.rfind(b"\x1b[?1049h")
        assert terminal.raw.rfind(b"\x1b[?25h") > terminal.raw.rfind(b"\x1b[?25l")
        assert termios.tcgetattr(terminal.master)[:4] == terminal.before[:4]


def test_cursor_follows_the_focus() -> None:
    """The terminal's own cursor, which Braille lines follow, is where one reads: on the row, on the text."""
    with Terminal(program()) as terminal:
        terminal.wait_for(VERDICT, LATE)
        terminal.type("2")
        terminal.wait_for(lambda: _row_at_cursor(terminal).startswith("▲ k0s-master-2"))
        terminal.type("j")
        terminal.wait_for(lambda: _row_at_cursor(terminal).startswith("▲ k0s-master-3"))
        terminal.type("?")
        terminal.wait_for(lambda: _row_at_cursor(terminal).startswith("KEYS in"))
        terminal.type(":")
        terminal.wait_for("▸overview")  # what could follow: only the open prompt lists it
        terminal.type("m")
        terminal.wait_for(lambda: _row_at_cursor(terminal).startswith(":m"))


@pytest.mark.parametrize("packet", [b":matrix\r", b":controllers\r4", b"2q?q:mat\r", b"\t\t\t:matrix\r"])
def test_keys_in_one_packet(packet: bytes) -> None:
    """Each key does what it would have done had it come alone: a prompt that the one before opened gets it."""
    with Terminal(program()) as terminal:
        terminal.wait_for(VERDICT, LATE)
        terminal.type(packet.decode())
        terminal.wait_for("4 MATRIX  state and age")
        terminal.type("3")
        terminal.wait_for("3 WORKERS")


def test_keys_while_loading() -> None:
    """What is typed into the first frame, before there are panes, is done once they are there."""
    with Terminal(program()) as terminal:
        terminal.wait_for("opening the cluster")
        terminal.type("2")
        terminal.type(":mat\r")
        terminal.wait_for("4 MATRIX  state and age", LATE)


def _row_at_cursor(terminal: Terminal) -> str:
    return terminal.screen.display[terminal.screen.cursor.y]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals(number: signal.Signals) -> None:
    """A signal ends it in order, while hosts are being asked, and the shell's prompt is usable."""
    with Terminal(program()) as terminal:
        terminal.wait_for(VERDICT, LATE)
        terminal.signal(number)
        assert terminal.ended() == 128 + number
        assert terminal.is_restored
        assert b"Traceback" not in terminal.raw


def test_killed_terminal() -> None:
    """When the terminal is gone the program ends by itself, and leaves no file behind."""
    with Terminal(program()) as terminal:
        terminal.wait_for(VERDICT, LATE)
        terminal.close()
        assert terminal.process.wait(DEADLINE) == 128 + signal.SIGHUP
        assert terminal.left_behind == []


def test_resize_storm() -> None:
    """After fifty sizes, some too small for columns, the overview stands as in the last size."""
    with Terminal(program()) as terminal:
        terminal.wait_for(VERDICT, LATE)
        for step in range(50):
            terminal.resize(30 + step * 37 % 150, 6 + step * 11 % 40)
            terminal.read(0.01)
        terminal.resize(80, 24)
        terminal.wait_for(lambda: "2 CONTROLLERS" in terminal.text and "3 WORKERS" in terminal.text)
        terminal.wait_for(lambda: terminal.screen.display[0].startswith("k0stui demo"))
        terminal.wait_for(lambda: terminal.screen.display[-1].startswith("RO |"))


def test_slow_terminal() -> None:
    """Over 16 kB/s the verdict comes, and a key is answered."""
    with Terminal(program(), width=120, height=40) as terminal:
        terminal.read_slowly(16_000, lambda: VERDICT in terminal.text, LATE)
        terminal.type("3")
        terminal.read_slowly(16_000, lambda: "finding" in terminal.text and "kubelet" in terminal.text)


def test_stalled_terminal() -> None:
    """While the terminal reads nothing for ten seconds looking goes on; then the newest look is there."""
    with Terminal(program(), width=120, height=40) as terminal:
        terminal.wait_for(VERDICT, LATE)
        before = _clock(terminal)
        end = time.monotonic() + 10
        while (left := end - time.monotonic()) > 0:
            select.select([], [], [], left)  # the stall itself: this is the time that is tested
        size = len(terminal.raw)
        terminal.wait_for(lambda: _seconds(_clock(terminal)) - _seconds(before) >= 9)
        assert len(terminal.raw) - size < 100_000


def _clock(terminal: Terminal) -> str:
    row = terminal.screen.display[0]
    at = row.find("Z  ssh")
    return row[at - 8 : at] if at > 8 else "00:00:00"


def _seconds(clock: str) -> int:
    hours, minutes, seconds = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


def test_ascii_and_no_color() -> None:
    """--ascii --no-color sends not one byte beyond ASCII and no colour."""
    import re

    with Terminal(program("incident", "--ascii", "--no-color")) as terminal:
        terminal.wait_for(VERDICT, LATE)
        assert terminal.raw.isascii()
        sgr = re.findall(rb"\x1b\[([\d;]*)m", bytes(terminal.raw))
        assert {part for one in sgr for part in one.split(b";")} <= {b"", b"0", b"1", b"2", b"4", b"7"}


def test_without_a_terminal() -> None:
    """Without a terminal the demo prints its diagnosis as text instead."""
    import subprocess

    done = subprocess.run(program(), capture_output=True, text=True, timeout=LATE, stdin=subprocess.DEVNULL)
    assert done.stdout.startswith("X CRIT")
