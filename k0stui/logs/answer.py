"""The answer to a question for log lines, taken apart: frames of our own script, and between them the host's lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Lines of one template that the host counted and did not send; times in microseconds, its clock."""

    count: int
    first: int
    last: int
    key: str


_OF_LINES = frozenset("0123456789 ")

MOST_DIGITS = 10
"""Of a number: seconds to the year 2286, lines of a flood for a year. What is longer is noise, or meant to break us."""


@dataclass(slots=True)
class Answer:
    """The parts of an answer. Lines begin with a digit or a space, frames with a letter or a dash."""

    lines: list[str] = field(default_factory=list)
    held: list[HeldBack] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ended: bool = False
    read: int = 0
    status: int | None = None
    cursor: str = ""
    clock: int | None = None
    zone: timedelta = timedelta(0)
    systemd: int = 0
    oldest: int | None = None
    first: str = ""

    @classmethod
    def of(cls, text: str) -> Answer:
        """Total: what is neither line nor frame says nothing."""
        answer, every = cls(), text.split("\n")
        answer.lines = [line for line in every if line[:1] in _OF_LINES]
        if len(answer.lines) < len(every):
            for frame in [line for line in every if line[:1] not in _OF_LINES]:
                answer._take(frame)
        return answer

    def _take(self, frame: str) -> None:
        mark, _, rest = frame.partition(" ")
        if mark == "F":
            self._held(rest)
        elif mark == "E":
            self._end(rest)
        elif mark == "R" and (status := _number(rest)) is not None:
            self.status = status
        elif frame.startswith("-- cursor: "):
            self.cursor = frame[11:]
        else:
            self._head(mark, rest)

    def _head(self, mark: str, rest: str) -> None:
        if mark == "H":
            time, _, zone = rest.partition(" ")
            self.clock, self.zone = seconds(time), _zone(zone)
        elif mark == "V":
            self.systemd = _number(rest) or 0
        elif mark == "O":
            self.oldest = seconds(rest)
        elif mark == "C":
            self.first = rest
        elif mark == "N":
            self.notes.append(f"{rest} on the host: nothing is folded there")

    def _held(self, rest: str) -> None:
        words = rest.split(" ", 3)
        first, last = (seconds(word) for word in words[1:3]) if len(words) == 4 else (None, None)
        count = _number(words[0])
        if count is not None and first is not None and last is not None:
            self.held.append(HeldBack(count, first, last, words[3]))

    def _end(self, rest: str) -> None:
        words, _, rest = rest.partition(" ")
        code, _, cursor = rest.partition(" ")
        read, status = _number(words), _number(code)
        if read is not None and status is not None:
            self.ended, self.read, self.status, self.cursor = True, read, status, cursor


def seconds(text: str) -> int | None:
    """Microseconds of `1738638847.118206`; busybox' date has no %N and leaves the letters."""
    before, _, fraction = text.partition(".")
    whole = _number(before)
    if whole is None:
        return None
    digits = fraction[:6] if fraction[:6].isdecimal() and fraction.isascii() else "500000"
    return whole * 1_000_000 + int(digits.ljust(6, "0"))


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(f"[0-9]{{1,{MOST_DIGITS}}}", text) else None


def _zone(text: str) -> timedelta:
    if not re.fullmatch(r"[+-][0-9]{4}", text):
        return timedelta(0)
    size = timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))
    return -size if text[0] == "-" else size
