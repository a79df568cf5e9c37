"""The real screens on hosts that mean harm: in every channel their words are text, and not one sequence of theirs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from k0stui.ui.background import QUESTION
from k0stui.ui.first import PICTURE
from tests.pty.terminal import DEADLINE, Terminal
from tests.pty.test_foreign_text import foreign_remains

pytestmark = [pytest.mark.pty, pytest.mark.timeout(240)]

LATE = DEADLINE * 3

SEEN = "]52;c;aGk=[2J31mgpj.exe[red]x[/]"
"""What is left of the hostile words on a screen: only what can be read."""

CHANNELS = {
    "table": ("2", "2 CONTROLLERS"),
    "evidence": ("1\r", "means"),
    "matrix": ("4", "4 MATRIX"),
    "log": ("5", "5 LOGS"),
    "commands run": ("1@", "newest commands to hosts"),
    "prompt": (":", "which agent has a link"),
    "palette": ("host lost", "host k0s-master-1]52;c;aGk="),
    "detail": ("\t\r", "connection"),
    "toast": ("R", "a new connection to"),
    "help": ("?", "KEYS everywhere"),
}
"""Keys that open it, and what shows that it is open; the detail is of the host that the palette named."""


def program(disguise: str, folder: Path, *fault: str) -> Terminal:
    argv = [sys.executable, "-m", "tests.pty.hostile_program", disguise, *fault]
    return Terminal(argv, width=160, height=50, environ={"XDG_STATE_HOME": str(folder)})


def assert_only_text(terminal: Terminal) -> None:
    ours = bytes(terminal.raw).replace(PICTURE, b"").replace(QUESTION, b"")
    ours = ours[: ours.rfind(b"\x1b")]  # what was read last may be half of a sequence
    assert foreign_remains(ours) == set()
    assert b"\x1b]" not in ours
    assert b"\x1b[2J" not in ours


@pytest.mark.fault("F72")
@pytest.mark.fault("F73")
@pytest.mark.parametrize("disguise", ["words", "refusals"])
def test_every_channel(disguise: str, tmp_path: Path) -> None:
    """Table, matrix, log, toast, title row, palette, help and all else that shows what hosts said."""
    with program(disguise, tmp_path) as terminal:
        terminal.wait_for("aGk=", LATE)
        for name, (keys, opened) in CHANNELS.items():
            if disguise == "refusals" and name in {"evidence", "prompt", "palette", "detail", "toast", "help"}:
                continue  # nothing is found where nobody answers, and these hosts have their own names
            terminal.type(keys)
            terminal.wait_for(opened)
            assert_only_text(terminal)


def test_error_screen(tmp_path: Path) -> None:
    """What is printed after a fault of our own is as harmless, on a terminal as it was."""
    with program("words", tmp_path, "fault") as terminal:
        assert terminal.ended(LATE) == 1
        assert b"k0stui stopped on a fault of its own: RuntimeError" in terminal.raw
        assert SEEN.encode() in terminal.raw
        assert_only_text(terminal)
        assert terminal.is_restored
