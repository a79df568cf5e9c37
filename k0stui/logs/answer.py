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
        elif mark == "R" and rest.isdecimal():
            self.status = int(rest)
        elif frame.startswith("-- cursor: "):
            self.cursor = frame[11:]
        else:
            self._head(mark, rest)

    def _head(self, mark: str, rest: str) -> None:
        if mark == "H":
            time, _, zone = rest.partition(" ")
            self.clock, self.zone = seconds(time), _zone(zone)
        elif mark == "V" and rest.isdecimal():
            self.systemd = int(rest)
        elif mark == "O":
            self.oldest = seconds(rest)
        elif mark == "C":
            self.first = rest
        elif mark == "N":
            self.notes.append(f"{rest} on the host: nothing is folded there")

    def _held(self, rest: str) -> None:
        words = rest.split(" ", 3)
        first, last = (seconds(word) for word in words[1:3]) if len(words) == 4 else (None, None)
        if first is not None and last is not None and words[0].isdecimal():
            self.held.append(HeldBack(int(words[0]), first, last, words[3]))

    def _end(self, rest: str) -> None:
        read, _, rest = rest.partition(" ")
        status, _, cursor = rest.partition(" ")
        if read.isdecimal() and status.isdecimal():
            self.ended, self.read, self.status, self.cursor = True, int(read), int(status), cursor


def seconds(text: str) -> int | None:
    """Microseconds of `1738638847.118206`; busybox' date has no %N and leaves the letters."""
    whole, _, fraction = text.partition(".")
    if not (whole.isascii() and whole.isdecimal()):
        return None
    digits = fraction[:6] if fraction[:6].isdecimal() and fraction.isascii() else "500000"
    return int(whole) * 1_000_000 + int(digits.ljust(6, "0"))


def _zone(text: str) -> timedelta:
    if not re.fullmatch(r"[+-][0-9]{4}", text):
        return timedelta(0)
    size = timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))
    return -size if text[0] == "-" else size
