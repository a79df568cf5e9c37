"""Asks the terminal whether its background is dark, while the program is still loading.

The question goes out first and the answer is read after the imports, so it costs no time. A second question, for the
device's attributes, which every terminal answers, follows it: when that answer is there, no other will come, and none
is left over to be taken for typed keys.
"""

from __future__ import annotations

import os
import re
import select
import sys
import termios
import time
import tty
from types import TracebackType
from typing import Any

QUESTION = b"\x1b]11;?\x1b\\\x1b[c"

LIMIT = 0.5
"""Seconds to wait after the imports: a round trip over a bad line. A terminal that answers is faster."""

_ANSWER = re.compile(rb"\x1b\]11;rgba?:([0-9a-fA-F]+)/([0-9a-fA-F]+)/([0-9a-fA-F]+)")
_END = re.compile(rb"\x1b\[\?[\d;]*c")


class BackgroundQuestion:
    """`with BackgroundQuestion() as question: import ...; dark = question.is_dark()`. Leaves the terminal as it was."""

    def __init__(self, source: int | None = None) -> None:
        self._fd = -1
        self._before: list[Any] | None = None
        self._source = source

    def __enter__(self) -> BackgroundQuestion:
        try:
            fd = self._source if self._source is not None else sys.__stdin__.fileno()  # type: ignore[union-attr]
            self._before = termios.tcgetattr(fd)
            self._fd = fd
            tty.setcbreak(fd, termios.TCSANOW)
            os.write(fd, QUESTION)
        except (OSError, ValueError, AttributeError, termios.error):
            self._fd = -1  # no terminal, or one that is read-only: nothing is asked
        except SystemExit:
            self.__exit__(None, None, None)  # a signal came before the `with` had begun
            raise
        return self

    def is_dark(self, limit: float = LIMIT) -> bool | None:
        """True, False, or None when the terminal does not say. Waits at most `limit` seconds."""
        answer = self._read(limit)
        found = _ANSWER.search(answer)
        if not found:
            return None
        red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in found.groups())
        return bool(0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.5)

    def _read(self, limit: float) -> bytes:
        answer, deadline = b"", time.monotonic() + limit
        while self._fd >= 0 and not _END.search(answer) and (left := deadline - time.monotonic()) > 0:
            if not select.select([self._fd], [], [], left)[0]:
                break
            data = os.read(self._fd, 1024)
            if not data:
                break
            answer += data
        return answer

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._fd >= 0 and self._before is not None:
            termios.tcsetattr(self._fd, termios.TCSANOW, self._before)
