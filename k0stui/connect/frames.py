"""How a question and its answer look on the wire between k0stui and the resident shell.

Pure: bytes in, bytes out. The other side is `resident.sh`, which explains the format. The marker is random, so rc
files, banners and the commands' own output may say anything, NUL included.
"""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from k0stui.errors import ProbeFailed

STDERR_CAP = 64 * 1024
"""Bytes of stderr kept, the first ones: resident.sh has the same number, and 3,800 on a channel for logs."""

SLACK = STDERR_CAP + 1024
"""Bytes beyond a command's cap that resident.sh's `tail` may let through."""

MARK_LIMIT = 64
"""Bytes that a mark may have after the marker: ` 1234567 <` and room. More is not our shell speaking."""

NOISE_KEPT = 500
"""Bytes kept of what was said before the first marker: shown when the login turns out to be no shell."""


UNSAYABLE = "a word of this question, which a host told, holds a NUL byte or is no text: it was not asked"


class BadFrame(Exception):
    """The stream is not what resident.sh writes; what follows cannot be trusted."""


def new_marker() -> bytes:
    return b"k0stui:" + secrets.token_hex(16).encode()


@dataclass(slots=True, eq=False)
class Answer:
    """An answer, whole or still coming in."""

    room: int = 0
    """Bytes of stdout to take in; a host that sends more is not listened to."""
    out: bytearray = field(default_factory=bytearray)
    err: bytearray = field(default_factory=bytearray)
    status: int | None = None
    whole: bool = False
    cut: bool = False
    """There was more stdout than wanted."""
    asked: datetime | None = None
    answered: datetime | None = None


class Stream:
    """The byte stream of a channel, taken apart as it comes, in chunks of any size."""

    def __init__(self, marker: bytes, answer_of: Callable[[int], Answer | None]) -> None:
        """`answer_of` gives the answer that a number belongs to; None: nobody waits for it, drop it."""
        self._marker = marker
        self._answer_of = answer_of
        self._buffer = bytearray()
        self._number = -1
        self._answer: Answer | None = None
        self._sink = self._noise = _Sink(NOISE_KEPT)

    @property
    def noise(self) -> str:
        """What was said outside of answers, as far as it was kept; for the operator, if no answer comes."""
        rest = b"" if self._answer else self._buffer
        return bytes(self._noise.kept + rest)[:NOISE_KEPT].decode("utf-8", "replace").strip()

    def feed(self, data: bytes) -> list[int]:
        """Take `data`; the numbers of the answers that are whole now.

        Raises:
            BadFrame: marks in an order that resident.sh never writes.
        """
        buffer = self._buffer
        buffer += data
        whole: list[int] = []
        while (at := buffer.find(self._marker)) >= 0:
            end = buffer.find(b"\n", at)
            self._sink.take(buffer[:at])
            if end < 0:
                del buffer[:at]
                if len(buffer) > len(self._marker) + MARK_LIMIT:
                    raise BadFrame("a mark without an end")
                return whole
            if self._obey(bytes(buffer[at + len(self._marker) : end]).split()):
                whole.append(self._number)
            del buffer[: end + 1]
        # All but what may be the first bytes of a mark.
        if (safe := len(buffer) - len(self._marker) + 1) > 0:
            self._sink.take(buffer[:safe])
            del buffer[:safe]
        return whole

    def _obey(self, words: list[bytes]) -> bool:
        """Whether the answer is whole."""
        match words, self._answer:
            case [number, b"<"], None:
                self._number = int(number)
                self._answer = self._answer_of(self._number) or Answer()
                self._sink = _Sink(self._answer.room, self._answer.out)
            case [b"=", status], Answer() as answer:
                answer.status = int(status)
            case [b"!"], Answer() as answer:
                self._sink = _Sink(STDERR_CAP, answer.err)
            case [b"."], Answer() as answer:
                self._sink = _Sink(answer.room, answer.out)
            case [b">"], Answer(status=int()) as answer:
                answer.whole = True
                self._answer, self._sink = None, self._noise
                return True
            case _:
                raise BadFrame(f"an unexpected mark: {b' '.join(words)[:MARK_LIMIT]!r}")
        return False


class _Sink:
    """Keeps the first bytes that it is given."""

    __slots__ = ("_limit", "kept")

    def __init__(self, limit: int, kept: bytearray | None = None) -> None:
        self._limit = limit
        self.kept = bytearray() if kept is None else kept

    def take(self, data: bytearray) -> None:
        room = self._limit - len(self.kept)
        self.kept += data if len(data) <= room else data[: max(0, room)]


LONG_WORD = 200
"""Characters from which on a word is told once: our questions are scripts of a few thousand that never change."""

MOST_PHRASES = 100
"""Words kept by one shell; more than all our questions. What is over is sent each time."""


class Phrases:
    """Long words that one resident shell was told, and keeps as variables: a slow link carries each script once."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def said(self, argv: Iterable[str]) -> tuple[str, str]:
        """What must be told before (may be empty), and the words as the shell reads them then."""
        new: list[str] = []
        words = [self._word(word, new) for word in argv]
        return "".join(new), " ".join(words)

    def _word(self, word: str, new: list[str]) -> str:
        if len(word) < LONG_WORD or (word not in self._names and len(self._names) >= MOST_PHRASES):
            return shlex.quote(word)
        if word not in self._names:
            self._names[word] = f"phrase{len(self._names)}"
            new.append(f"{self._names[word]}={shlex.quote(word)}\n")
        return f'"${self._names[word]}"'


def request(
    number: int,
    argv: Iterable[str],
    *,
    root: bool,
    seconds: float,
    cap: int,
    stdin: bytes = b"",
    phrases: Phrases | None = None,
) -> bytes:
    """The line that asks: several may be under way.

    Raises:
        ProbeFailed: an argument holds what no program could be given: a NUL, half a character. A host may have told it.
    """
    verb = f"tell '{octal(stdin)}'" if stdin else "ask"
    return _line(verb, number, argv, root, seconds, cap, phrases)


def stream_request(
    number: int, argv: Iterable[str], *, root: bool, seconds: float, cap: int, phrases: Phrases | None = None
) -> bytes:
    """The line that asks on a channel for logs: one after another."""
    return _line("stream", number, argv, root, seconds, cap, phrases)


def _line(
    verb: str, number: int, argv: Iterable[str], root: bool, seconds: float, cap: int, phrases: Phrases | None
) -> bytes:
    asked = tuple(argv)
    if not all(map(_can_be_said, asked)):
        raise ProbeFailed(UNSAYABLE)
    told, words = phrases.said(asked) if phrases else ("", shlex.join(asked))
    rights = "as_root" if root else "limited"
    # Whole seconds: busybox's timeout takes no fraction.
    limit = max(1, round(seconds))
    mark = "rooted=1; " if root else ""
    return f"{told}{mark}{verb} {number} {cap + 1} {rights} {limit} {words}\n".encode("utf-8", "surrogateescape")


def _can_be_said(word: str) -> bool:
    try:
        return b"\0" not in word.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False


def octal(data: bytes) -> str:
    """`data` as printf's `%b` reads it, inside single quotes: letters and digits as they are, all else `\\0ooo`."""
    return "".join(chr(byte) if byte in _PLAIN else f"\\0{byte:03o}" for byte in data)


_PLAIN = frozenset(b'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ :;.,/-_=+@#\n"{}[]()<>|&*?!$~^`')
"""No digit: it would join the octal number before it. No single quote, no backslash, no percent sign."""
