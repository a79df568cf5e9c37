"""One line of a host's log, as it is shown: when, where, who said it, how bad, and what."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from typing import NewType

from k0stui.model.host import HostName

Micros = NewType("Micros", int)
"""Microseconds since 1970, UTC: journald's own unit."""


class Level(IntEnum):
    """How bad the line says it is; the inner level, never journald's PRIORITY (k0s wraps its children at info)."""

    UNKNOWN = 0
    """The line says nothing that we understand. Neither good nor bad: only `level:?` finds it."""
    DEBUG = 1
    INFO = 2
    WARNING = 3
    ERROR = 4
    FATAL = 5

    @property
    def letter(self) -> str:
        """As klog has it, and as the pane shows it."""
        return "?DIWEF"[self]


@dataclass(frozen=True, slots=True)
class Source:
    """One stream of lines: a unit's journal on one host, or one container's log files there."""

    host: HostName
    unit: str
    """`k0scontroller`, `k0sworker`; for a pod file the container: `konnectivity-agent`, `nllb`."""

    def __str__(self) -> str:
        return f"{self.host} {self.unit}"


@dataclass(frozen=True, slots=True)
class LogLine:
    """One record, read completely: what is made when a line is drawn, matched by a rare field, or exported."""

    source: Source
    time: Micros
    """By the host's own clock."""
    corrected: Micros
    """The same by our clock, as far as the host's offset was known when the line came."""
    level: Level
    component: str
    """Empty where the line names none."""
    location: str
    """`server.go:528`: where in the program. Changes with its version; for grouping, never for matching."""
    pid: int
    """Of the process that wrote it, where the line says so; else of the one that journald heard it from; else 0."""
    message: str
    """The innermost text, without wrappers and escapes."""
    fields: tuple[tuple[str, str], ...]
    """What else the line says, as pairs, in its order."""
    template: str
    """What it shares with its repeats: component, location and masked error, or the masked message."""
    raw: str
    """As the host wrote it, control characters and all. Not for a screen."""
    boot: str = ""
    flags: frozenset[str] = field(default_factory=frozenset)
    """Of `continuation`, `late`, `unparsed`, `mark`, `folded`."""

    @property
    def host(self) -> HostName:
        return self.source.host

    @property
    def at(self) -> datetime:
        """Corrected time, aware UTC."""
        return datetime.fromtimestamp(self.corrected / 1e6, UTC)
