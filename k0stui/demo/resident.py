"""The resident shell of a simulated host: what `connect/resident.sh` would read and write, without a shell.

It takes the very text that k0stui sends, refuses any other, and then speaks its frames. A test runs the real script
beside it, so that the two cannot drift apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

UID = 1000
"""Of the simulated login: an operator who has sudo."""


@dataclass(frozen=True, slots=True)
class Question:
    """One line that wants an answer."""

    number: int
    cap: int
    """Bytes of stdout that are let through."""
    root: bool
    argv: tuple[str, ...]
    stdin: bytes = b""
    streamed: bool = False


class NotOurShell(Exception):
    """The client sent another script than the resident one."""


@cache
def resident_text() -> bytes:
    """resident.sh as it is sent: without comments."""
    lines = (files("k0stui.connect") / "resident.sh").read_bytes().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.lstrip().startswith(b"#"))


_LINE = re.compile(rb"""(?:[^'"\n\\]++|\\.|'[^']*+'|"[^"]*+")*+\n""", re.DOTALL)
_WORD = re.compile(rb"""(?:[^\s'"\\]++|'[^']*+'|"[^"]*+")++""")
_PIECE = re.compile(rb"""'([^']*)'|"([^"]*)"|([^'"]+)""")
_OCTAL = re.compile(rb"\\0([0-7]{1,3})")
_MARK = re.compile(rb"M='([^'\n]{8,80})'\n")


class Resident:
    """Bytes in, questions and frames out."""

    def __init__(
        self, write: Callable[[bytes], None], ask: Callable[[Question], None], pid: int, root_login: bool = False
    ) -> None:
        self._write = write
        self._ask = ask
        self._pid = pid
        self._uid = 0 if root_login else UID
        self._buffer = b""
        self._marker = b""
        self._cancelled: set[int] = set()
        self._phrases: dict[bytes, bytes] = {}
        """What the client had kept: `$name` to the word that it stands for."""

    def feed(self, data: bytes) -> None:
        """Take what came; raises NotOurShell."""
        self._buffer += data
        if not self._marker and not self._begin():
            return
        while (match := _LINE.match(self._buffer)) is not None:
            self._buffer = self._buffer[match.end() :]
            self._obey(words(match[0]))

    def _begin(self) -> bool:
        match, text = _MARK.match(self._buffer), resident_text()
        if match is None:
            if len(self._buffer) > 200:
                raise NotOurShell("no marker")
            return False
        body = self._buffer[match.end() :]
        if not text.startswith(body[: len(text)]):
            raise NotOurShell("another script than resident.sh")
        if len(body) < len(text):
            return False
        self._marker, self._buffer = match[1], body[len(text) :]
        self._frame(0, f"{self._uid} {self._pid} timeout -k 2".encode(), b"", 0)
        return True

    def _obey(self, line: list[bytes]) -> None:
        match line:
            case [b"rooted=1;", *rest]:
                self._obey(rest)
            case [phrase] if phrase.startswith(b"phrase"):
                name, _, value = phrase.partition(b"=")
                self._phrases[b"$" + name] = value
            case [b"ask", *rest]:
                self._question(rest)
            case [b"tell", told, *rest]:
                self._question(rest, _OCTAL.sub(lambda match: bytes([int(match[1], 8)]), told))
            case [b"stream", *rest]:
                self._question(rest, streamed=True)
            case [b"echo_back", number]:
                self._frame(int(number), b"", b"", 0)
            case [b"cancel", number]:
                self._cancelled.add(int(number))
                self._frame(int(number), b"", b"", 143)

    def _question(self, line: list[bytes], stdin: bytes = b"", streamed: bool = False) -> None:
        number, cap, rights, _, *argv = line
        asked = tuple(self._phrases.get(word, word).decode("utf-8", "surrogateescape") for word in argv)
        self._ask(Question(int(number), int(cap), rights == b"as_root", asked, stdin, streamed))

    def answer(self, question: Question, stdout: bytes, stderr: bytes, status: int) -> None:
        """The end of one question; one that was cancelled had its end already."""
        if question.number in self._cancelled:
            self._cancelled.discard(question.number)
            return
        self._frame(question.number, stdout[: question.cap], stderr[-65536:], status)

    def _frame(self, number: int, stdout: bytes, stderr: bytes, status: int) -> None:
        mark = self._marker
        self._write(b"%b %d <\n%b%b = %d\n%b !\n%b%b >\n" % (mark, number, stdout, mark, status, mark, stderr, mark))


def words(line: bytes) -> list[bytes]:
    """A line as `sh` splits it, as far as `shlex.join` writes: single quotes, and `"'"` for one of them."""
    return [b"".join(map(_unquoted, _PIECE.finditer(word))) for word in _WORD.findall(line)]


def _unquoted(piece: re.Match[bytes]) -> bytes:
    return next(group for group in piece.groups() if group is not None)
