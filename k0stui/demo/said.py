"""What a simulated host prints, and how it is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from k0stui.demo.controller import Controller
from k0stui.demo.fleet import Fleet
from k0stui.demo.worker import Worker
from k0stui.ports import Command

H = TypeVar("H", Controller, Worker)


@dataclass(frozen=True, slots=True)
class Said:
    """The end of a command."""

    stdout: bytes = b""
    stderr: bytes = b""
    status: int = 0
    takes: float = 0.0
    """Seconds of fleet time until it is there."""


def say(text: str | bytes = b"", *, error: str = "", status: int = 0, takes: float = 0.0) -> Said:
    stdout = text.encode() if isinstance(text, str) else text
    return Said(stdout, error.encode(), status, takes)


REFUSED = say(error="curl: (7) Failed to connect to 127.0.0.1: Connection refused\n", status=7)
"""curl at a port or socket where nothing listens."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One command at one moment."""

    fleet: Fleet
    host: Controller | Worker
    command: Command

    @property
    def now(self) -> float:
        return self.fleet.now

    @property
    def arguments(self) -> tuple[str, ...]:
        """`$1`, `$2` … of a script."""
        return self.command.argv[4:]

    def wall(self, moment: float) -> datetime:
        """The date of a moment by this host's clock, right or wrong."""
        return self.fleet.wall(moment) + timedelta(seconds=self.host.clock_ahead)

    @property
    def controller(self) -> Controller:
        """The host, of which only controllers are asked this."""
        if not isinstance(self.host, Controller):
            raise Elsewhere(self.host.name)
        return self.host

    @property
    def worker(self) -> Worker:
        if not isinstance(self.host, Worker):
            raise Elsewhere(self.host.name)
        return self.host


class Elsewhere(Exception):
    """The question makes no sense on this kind of host."""


Answer = Callable[[Asked], Said]


def rfc3339(moment: datetime) -> str:
    """`2026-11-22T13:38:29Z`, as objects write times."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def micros(moment: datetime) -> str:
    """`2026-11-22T13:38:29.735980Z`, as leases do."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
