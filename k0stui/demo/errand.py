"""Work that a real program of this machine does for a simulated host: the guard's `sh`, the log channel's `awk`.

The texts that hosts run are run, not imitated. An errand is made from the model, run without it (on another thread
where there is a server to keep alive), and its result taken back into the model.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from k0stui.demo.said import Said

LIMIT = 30.0
"""Seconds of real time; they take a tenth of one."""


@dataclass(frozen=True, slots=True)
class Done:
    """How the program ended."""

    status: int
    stdout: bytes
    stderr: bytes


@dataclass(frozen=True, slots=True)
class Errand:
    """One program to run, and what its end means."""

    argv: tuple[str, ...]
    stdin: bytes | Callable[[], bytes]
    """What takes long to make is made where the program runs."""
    environment: Mapping[str, str]
    finish: Callable[[Done], Said]
    alone: bool = False
    """No second one on the same host meanwhile: both would work on one folder."""

    def run(self) -> Done:
        """Blocks."""
        given = self.stdin() if callable(self.stdin) else self.stdin
        try:
            done = subprocess.run(
                self.argv, input=given, capture_output=True, env=dict(self.environment), timeout=LIMIT, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return Done(127, b"", f"{self.argv[0]}: {error}\n".encode())
        return Done(done.returncode, done.stdout, done.stderr)
