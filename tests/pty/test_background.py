"""The terminal is asked for its background without a wait, and nothing of the answer is left for the keyboard."""

from __future__ import annotations

import os
import select
import termios
import threading

import pytest

from k0stui.ui.background import QUESTION, BackgroundQuestion

pytestmark = pytest.mark.pty


@pytest.mark.parametrize(
    ("answer", "dark"),
    [
        (b"\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[?62;c", True),
        (b"\x1b]11;rgb:ffff/ffff/f0f0\x07\x1b[?1;2c", False),
        (b"\x1b]11;rgba:ff/ff/ff/ff\x1b\\\x1b[?6c", False),
        (b"\x1b[?62;c", None),
        (b"", None),
    ],
)
def test_answers(answer: bytes, dark: bool | None) -> None:
    """Dark, light, or unknown for a terminal that does not say; the settings are as before, the input is empty."""
    master, slave = os.openpty()
    before = termios.tcgetattr(slave)
    replier = threading.Thread(target=_reply, args=(master, answer))
    with BackgroundQuestion(slave) as question:
        replier.start()
        assert question.is_dark(0.3 if not answer else 10) is dark
    replier.join()
    assert termios.tcgetattr(slave) == before
    assert not select.select([slave], [], [], 0)[0]
    os.close(master)
    os.close(slave)


def _reply(master: int, answer: bytes) -> None:
    """Answer once the whole question is there."""
    got = b""
    while not got.endswith(QUESTION[-3:]):
        got += os.read(master, 64)
    os.write(master, answer)


def test_no_terminal() -> None:
    """Without a terminal nothing is asked and nothing is known."""
    reading, writing = os.pipe()
    with BackgroundQuestion(reading) as question:
        assert question.is_dark(0) is None
    os.close(reading)
    os.close(writing)
