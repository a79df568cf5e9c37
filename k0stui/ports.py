"""What the loops need of the world, as narrow as it can be: Shell, KubeApi, Clock.

The real ones live in `connect/`, fakes in `tests/fakes.py`; both run the same conformity tests.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from k0stui.model.host import HostName

LIMIT = 10.0
"""Seconds that a host may take for one command, unless it says otherwise. `k0s status` may hang for minutes."""

CAP = 4 * 1024 * 1024
"""Bytes of stdout that are kept of one answer. 500 pods are 2.5 MB of JSON; a runaway journal is gigabytes."""


@dataclass(frozen=True, slots=True)
class Command:
    """One question to a host: an argument vector, never a string that a shell would split again."""

    argv: tuple[str, ...]
    sudo: bool = False
    """Run by root, through `sudo -n` unless the login is root already."""
    stdin: bytes = b""
    timeout: float = LIMIT
    """Seconds. The host ends the command itself after this time, and the asker stops waiting soon after."""
    cap: int = CAP
    """Bytes of stdout kept; what is over is dropped and marked in the reply."""

    def line(self) -> str:
        """The command as one could type it on the host: what screens show and `Y` copies."""
        words = shlex.join(self.argv)
        return f"sudo -n {words}" if self.sudo else words


def script(text: str, *arguments: str, sudo: bool = False, timeout: float = LIMIT) -> Command:
    """`sh -c text` with positional arguments: for questions that need a pipe or a loop. Values never enter the text."""
    return Command(("sh", "-c", text, "sh", *arguments), sudo=sudo, timeout=timeout)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a host answered."""

    exit_status: int
    """124 where the host's own `timeout` ended the command, 126/127 where it could not be started."""
    stdout: bytes
    stderr: bytes
    asked: datetime
    """UTC, our clock: when the request left. With `answered` the round trip, for clock offsets."""
    answered: datetime
    cut: bool = False
    """More came than the command's cap, and was dropped."""

    @property
    def text(self) -> str:
        """stdout as text; bytes that are no UTF-8 become U+FFFD."""
        return self.stdout.decode("utf-8", "replace")

    @property
    def error_text(self) -> str:
        """stderr as text, stripped."""
        return self.stderr.decode("utf-8", "replace").strip()


@runtime_checkable
class Shell(Protocol):
    """A way to ask one host."""

    @property
    def host(self) -> HostName:
        """Whom it asks."""
        ...

    async def run(self, command: Command) -> Reply:
        """Run one command and wait for its end; several may be under way at once.

        Raises:
            Unreachable: no connection, or it was lost before the answer was whole. The outcome is unknown then.
            NotPermitted: the command wants root and `sudo -n` is refused.
        """
        ...

    async def close(self) -> None:
        """Let go of the connection; commands under way end as `Unreachable`."""
        ...


@runtime_checkable
class KubeApi(Protocol):
    """One controller's own API server, and no other."""

    @property
    def host(self) -> HostName:
        """The controller it runs on."""
        ...

    async def get(self, path: str, *, timeout: float = LIMIT) -> bytes:
        """The raw body of `GET path`.

        Raises:
            Unreachable: no connection to this API server.
            NotPermitted: 401, 403, or no credentials could be had.
            ApiRefused: any other HTTP status of 400 and above.
        """
        ...

    async def patch(self, path: str, body: bytes, *, content_type: str, timeout: float = LIMIT) -> bytes:
        """`PATCH path`; raises as `get`. Only steps of an armed plan call it."""
        ...

    async def delete(self, path: str, body: bytes = b"", *, timeout: float = LIMIT) -> bytes:
        """`DELETE path` with options as body; raises as `get`. Only steps of an armed plan call it."""
        ...

    async def close(self) -> None: ...


class Clock(Protocol):
    """Time, so that tests can own it."""

    def now(self) -> datetime:
        """UTC, aware."""
        ...

    def monotonic(self) -> float:
        """Seconds; for limits and ages, never compared between machines."""
        ...

    async def sleep(self, seconds: float) -> None: ...


Json = Any
