"""A terminal for tests: a program in a pseudo terminal, and pyte as what shows it.

Waiting is always for something that is seen on the screen or in the process, with a deadline; never for a time.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

import pyte

DEADLINE = 30.0
"""Seconds until a test gives up. Far more than anything here takes on a busy machine."""

_NOT_FOR_PYTE = re.compile(rb"\x1b\[[<>=][\d;]*u|\x1b\[\?\d+\$p|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
"""Sequences that pyte would print: the Kitty keyboard protocol, mode queries, OSC."""


ASKS_SYNC, KNOWS_SYNC = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
"""DECRQM and its answer: known, and off now."""


class Terminal:
    """`with Terminal([...]) as terminal:` runs a program in a terminal of its own and ends it at last."""

    def __init__(
        self,
        argv: list[str],
        *,
        width: int = 80,
        height: int = 24,
        environ: Mapping[str, str] | None = None,
        answers: bool = True,
        synchronizes: bool = False,
    ) -> None:
        self.raw = bytearray()
        """Every byte that the program has written."""
        self.answers = answers
        self.synchronizes = synchronizes
        """It knows synchronized output (DEC mode 2026), and says so when it is asked."""
        self.screen = Answering(width, height, self._answer)
        self._stream = pyte.ByteStream(self.screen)
        self._argv, self._size = argv, (width, height)
        keep = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        self._folder = TemporaryDirectory(prefix="k0stui-terminal-")
        own = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "PYTHONPATH": os.getcwd(), "TMPDIR": self._folder.name}
        self._environ = keep | own | dict(environ or {})

    def __enter__(self) -> Terminal:
        self.master, slave = os.openpty()
        self._set_size(*self._size)
        self.before = termios.tcgetattr(self.master)
        self.process = subprocess.Popen(
            self._argv, stdin=slave, stdout=slave, stderr=slave, env=self._environ, preexec_fn=_own_session
        )
        os.close(slave)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.close()
        self._folder.cleanup()

    def close(self) -> None:
        """Take the terminal away, as when its window is closed."""
        if self.master >= 0:
            os.close(self.master)
            self.master = -1

    @property
    def left_behind(self) -> list[Path]:
        """Temporary files of the program that are still there."""
        return list(Path(self._folder.name).iterdir())

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def resize(self, width: int, height: int) -> None:
        self._set_size(width, height)
        self.screen.resize(height, width)

    def _set_size(self, width: int, height: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def read(self, limit: float, size: int = 65536) -> bool:
        """Show what comes within `limit` seconds; false when nothing did."""
        if not select.select([self.master], [], [], limit)[0]:
            return False
        try:
            data = os.read(self.master, size)
        except OSError:  # EIO: the program has closed its side
            return False
        self.raw += data
        if self.synchronizes and ASKS_SYNC in data:
            os.write(self.master, KNOWS_SYNC)
        self._stream.feed(_NOT_FOR_PYTE.sub(b"", data))
        return bool(data)

    def wait_for(self, seen: str | Callable[[], bool], deadline: float = DEADLINE) -> None:
        """Read until the text (or what the callable looks for) is there."""
        reached = (lambda: seen in self.text) if isinstance(seen, str) else seen
        end = time.monotonic() + deadline
        while not reached():
            if time.monotonic() > end:
                raise AssertionError(f"{seen!r} was not seen in {deadline} s; the screen:\n{self.text}")
            self.read(0.05)

    def read_slowly(self, rate: int, until: Callable[[], bool], deadline: float = DEADLINE) -> None:
        """Read `rate` bytes a second, as a bad line would carry them, until something is seen."""
        began, end, taken = time.monotonic(), time.monotonic() + deadline, 0
        while not until():
            now = time.monotonic()
            assert now < end, f"not seen in {deadline} s; the screen:\n{self.text}"
            allowed = int((now - began) * rate) - taken
            if allowed < 64:
                select.select([], [], [], 0.005)
                continue
            before = len(self.raw)
            self.read(0.01, min(allowed, 4096))
            taken = taken + len(self.raw) - before if len(self.raw) > before else int((now - began) * rate)

    def ended(self, deadline: float = DEADLINE) -> int:
        """Read until the program ends; its exit status."""
        end = time.monotonic() + deadline
        while self.process.poll() is None:
            assert time.monotonic() < end, f"still running after {deadline} s; the screen:\n{self.text}"
            if self.master < 0 or not self.read(0.05):
                select.select([], [], [], 0.01)
        while self.master >= 0 and self.read(0.05):
            pass
        return self.process.returncode

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    @property
    def is_restored(self) -> bool:
        """The shell's prompt would be usable: cooked mode, normal screen, cursor, wrap, no other modes left."""
        now, off = termios.tcgetattr(self.master), bytes(self.raw)
        return now[:4] == self.before[:4] and all(
            off.rfind(end) > off.rfind(start)
            for start, end in (
                (b"\x1b[?1049h", b"\x1b[?1049l"),
                (b"\x1b[?25l", b"\x1b[?25h"),
                (b"\x1b[?7l", b"\x1b[?7h"),
                (b"\x1b[?2004h", b"\x1b[?2004l"),
                (b"\x1b[>", b"\x1b[<u"),
                (b"\x1b[?1004h", b"\x1b[?1004l"),
            )
        )

    def _answer(self, data: str) -> None:
        if self.answers and self.master >= 0:
            os.write(self.master, data.encode())


class Answering(pyte.Screen):
    """pyte's screen, but its answers reach the program."""

    def __init__(self, width: int, height: int, answer: Callable[[str], None]) -> None:
        super().__init__(width, height)
        self._to_program = answer

    def write_process_input(self, data: str) -> None:
        if hasattr(self, "_to_program"):
            self._to_program(data)


def _own_session() -> None:
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def demo(*arguments: str) -> list[str]:
    """How to run the demo app of this folder."""
    return [sys.executable, "-m", "tests.pty.demo_app", *arguments]
