"""The first picture: shown where only screens can follow, and taken away where they do not."""

from __future__ import annotations

import sys

import pytest

from k0stui.cli import VERBS as PRINT
from k0stui.cli import shows_screens
from k0stui.commands.arguments import VERBS
from tests.pty.terminal import Terminal


def test_every_verb_is_known() -> None:
    """A verb either shows screens or prints; a new one has to be put on one side."""
    assert PRINT | {"tui", "demo", "replay"} == set(VERBS)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("", True), ("demo", True), ("demo --scenario many", True), ("--inventory k0sctl.yaml --ascii", True),
        ("--host ana@10.0.0.1", True), ("check", False), ("--inventory k0sctl.yaml check", False), ("--help", False),
        ("--ver", False), ("demo --list", False), ("demo --serve /tmp", False), ("nonsense", False), ("-h", False),
    ],
)  # fmt: skip
def test_which_words(words: str, shown: bool) -> None:
    """What prints text prints it on the screen that is there."""
    assert shows_screens(words.split()) is shown


@pytest.mark.pty
@pytest.mark.parametrize("words", ["--inventory none.yaml --theme none", "--inventory"])
def test_taken_away(words: str) -> None:
    """What was typed wrong is said on the shell's own screen, with the cursor there."""
    with Terminal([sys.executable, "-m", "k0stui", *words.split()]) as terminal:
        assert terminal.ended() == 2
        raw = bytes(terminal.raw)
        assert raw.rfind(b"\x1b[?1049l") > raw.rfind(b"\x1b[?1049h")
        assert raw.rfind(b"\x1b[?25h") > raw.rfind(b"\x1b[?25l")
        assert b"k0stui: " in raw[raw.rfind(b"\x1b[?1049l") :]
