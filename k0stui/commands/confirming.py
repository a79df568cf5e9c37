"""A name typed out on the terminal: the only Yes there is. Enter, y, a paste, end of input and haste are No."""

from __future__ import annotations

import asyncio
import os
import select
import sys
import termios
import time
import tty
from dataclasses import dataclass, replace

from k0stui.commands.opening import is_terminal
from k0stui.errors import UsageError
from k0stui.present.harmless import harmless_line

DEAF = 0.5
"""Seconds after the question appeared in which any key is No: it was meant for what was there before."""

PASTE = b"\x1b[200~"
"""What a terminal in bracketed-paste mode sends before a paste."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed so far, and how it ended."""

    text: str = ""
    ended: bool = False
    spoiled: str = ""
    """Why it is No, whatever the text; empty: not spoiled."""

    def answers(self, wanted: str) -> bool:
        """Whether this is the one Yes."""
        return self.ended and not self.spoiled and bool(wanted) and self.text == wanted


def typed_on(before: Typed, read: bytes) -> Typed:
    """After one read of the terminal. An empty read is the end of input."""
    if not read:
        return replace(before, ended=True, spoiled="the input ended")
    if b"\x1b" in read:
        return replace(
            before, ended=True, spoiled="that was pasted" if PASTE in read else "left with a key that is no letter"
        )
    for char in read.decode("utf-8", "replace"):
        if char in "\r\n":
            return replace(before, ended=True)
        if char in "\x03\x04\x1a":
            return replace(before, ended=True, spoiled="left")
        if char in "\x7f\x08":
            before = replace(before, text=before.text[:-1])
        elif char == "\x15":
            before = replace(before, text="")
        elif char.isprintable():
            before = replace(before, text=before.text + char)
    return before


async def confirmed(given: str | None, wanted: str, to_do: str) -> bool:
    """Whether `wanted` was given by --confirm, or is typed out now.

    Raises:
        UsageError: another name was given, or nobody can be asked.
    """
    if given is not None and given != wanted:
        raise UsageError(f"--confirm {given!r} is not the name to type, {wanted!r}; nothing was done.")
    if given is not None:
        return True
    if not is_terminal():
        raise UsageError(f"nobody can be asked here: give --confirm {wanted!r} to {to_do}.")
    question = f"type {harmless_line(wanted)} to {to_do}; anything else is No:"
    no = await asyncio.to_thread(read_name, question, wanted)
    if no:
        print(f"No: {no}. Nothing was done.")
    return not no


def read_name(question: str, wanted: str, terminal: int | None = None, deaf: float = DEAF) -> str:
    """Ask on the terminal; empty when `wanted` was typed out, else why it is No. Blocks."""
    fd = sys.stdin.fileno() if terminal is None else terminal
    before = termios.tcgetattr(fd)
    try:
        tty.setcbreak(fd)
        no_signals = termios.tcgetattr(fd)
        no_signals[3] &= ~termios.ISIG
        termios.tcsetattr(fd, termios.TCSAFLUSH, no_signals)
        os.write(fd, f"\x1b[?2004h{question} ".encode())
        typed = _deaf(fd, deaf)
        while not typed.ended:
            typed = _echoed(fd, typed, typed_on(typed, os.read(fd, 1024)))
        os.write(fd, b"\x1b[?2004l\r\n")
    finally:
        termios.tcsetattr(fd, termios.TCSAFLUSH, before)
    if typed.answers(wanted):
        return ""
    return typed.spoiled or ("nothing was typed" if not typed.text else "that is not the name")


def _deaf(fd: int, seconds: float) -> Typed:
    """What comes at once was not meant for this question."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([fd], [], [], left)[0]:
            return Typed(ended=True, spoiled="a key came before the question could be read")
    return Typed()


def _echoed(fd: int, before: Typed, after: Typed) -> Typed:
    if after.text.startswith(before.text):
        os.write(fd, after.text[len(before.text) :].encode())
    else:
        os.write(fd, b"\b \b" * len(before.text) + after.text.encode())
    return after
