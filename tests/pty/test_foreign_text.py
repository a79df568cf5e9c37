"""Text from a host reaches the terminal as text only, through every widget and channel."""

from __future__ import annotations

import re
import unicodedata

import pytest

from tests.pty.terminal import Terminal, demo

pytestmark = pytest.mark.pty

OURS = re.compile(
    rb"\x1b\[[\d;]*[HmCKG]|\x1b\[\?(?:1049|25|7|2004|1004|2048|2026|1000|1003|1015|1006)[hl]|\x1b\[[<>]\d*u|\x1b\[\?\d+\$p|\x1b\[6n|\x07|\r\n"
)
"""All that our side may send: moves, styles, erase to the end, modes, questions, the bell."""


def foreign_remains(raw: bytes) -> set[str]:
    """Characters in what was written that are neither ours nor plain text."""
    text = OURS.sub(b"", raw).decode()
    return {char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and char != "\n"}


@pytest.mark.fault("F72")
@pytest.mark.parametrize("channel", ["widgets", "toast", "title", "palette", "help", "all"])
def test_channel(channel: str) -> None:
    """Each channel shows the hostile text's harmless part, and sends no sequence of it."""
    with Terminal(demo("--channel", channel), width=160, height=50) as terminal:
        terminal.wait_for("row-0001" if channel == "title" else "RLO")
        terminal.type("q")
        assert terminal.ended() == 0
        assert foreign_remains(bytes(terminal.raw)) == set()
        assert b"\x1b]" not in terminal.raw
        assert terminal.is_restored


@pytest.mark.parametrize("channel", ["error", "panic"])
def test_errors(channel: str) -> None:
    """What is printed after the end passes the same filter, and markup in it is text."""
    with Terminal(demo("--channel", channel), width=160, height=50) as terminal:
        terminal.ended()
        assert foreign_remains(bytes(terminal.raw)) == set()
        assert b"\x1b]" not in terminal.raw
        assert terminal.is_restored


def test_markup_is_text() -> None:
    """Broken and working markup in a host's words is shown as it is."""
    with Terminal(demo("--channel", "widgets"), width=200, height=50) as terminal:
        terminal.wait_for("[/dev/sda1][bold]")


@pytest.mark.fault("F72")
def test_marks_are_capped() -> None:
    """A heap of combining marks does not reach the terminal."""
    with Terminal(demo("--channel", "all"), width=160, height=50) as terminal:
        terminal.wait_for("RLO")
        assert "\u0301" * 5 not in terminal.raw.decode(errors="replace")
