"""What a simulated host wrote to its journal: events one by one, floods as a rate whose lines are made when read."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from k0stui.demo.host import Machine


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of the journal."""

    number: int
    """journald's sequence number, from 1."""
    at: float
    """Fleet time."""
    pid: int
    text: str
    """MESSAGE, complete: k0s' own `time="…" level=…` wrapper is put on when it is shown, for it holds a time of day."""
    level: str = "info"
    component: str = ""
    stream: str = ""
    extra: str = ""


Line = Callable[[int], tuple[str, str]]
"""From the number of a flood's line to its component and its klog text after the time."""


@dataclass
class Flood:
    """A stretch of time in which lines come at a steady rate."""

    begin: float
    rate: float
    """Lines per second."""
    line: Line
    first: int
    """Number of its first entry."""
    end: float | None = None

    def count(self, until: float) -> int:
        upto = until if self.end is None else min(until, self.end)
        return max(0, int((upto - self.begin) * self.rate))


@dataclass
class Journal:
    """Events and floods of one host, numbered together."""

    machine: Machine
    entries: list[Entry] = field(default_factory=list)
    floods: list[Flood] = field(default_factory=list)

    def write(self, component: str, text: str, level: str = "info", stream: str = "stderr", extra: str = "") -> None:
        """One line now. A child's line (with `stream`) is always wrapped at level info by k0s."""
        now = self.machine.timeline.now
        self.entries.append(
            Entry(self.total(now) + 1, now, self.machine.unit.main_pid, text, level, component, stream, extra)
        )

    def flood(self, rate: float, line: Line) -> None:
        """From now on `rate` lines per second; 0 ends it."""
        now = self.machine.timeline.now
        if self.floods and self.floods[-1].end is None:
            self.floods[-1].end = now
        if rate > 0:
            self.floods.append(Flood(now, rate, line, self.total(now) + 1))

    def total(self, until: float) -> int:
        """How many entries were written up to then."""
        return bisect_right(self.entries, until, key=lambda entry: entry.at) + sum(
            flood.count(until) for flood in self.floods
        )

    def since(self, number: int, until: float) -> Iterator[Entry]:
        """The entries after `number`, oldest first, none later than `until`."""
        start = self._time_of(number)
        yield from (entry for entry in self.between(start, until) if entry.number > number)

    def newest(self, count: int, until: float) -> list[Entry]:
        """The last `count` entries."""
        total = self.total(until)
        return list(self.since(max(0, total - count), until))[-count:]

    def between(self, begin: float, end: float) -> Iterator[Entry]:
        """Entries of a stretch of time, numbered as `total` counts, oldest first."""
        number = self.total(begin)
        low = bisect_right(self.entries, begin, key=lambda entry: entry.at)
        high = bisect_right(self.entries, end, key=lambda entry: entry.at)
        found = [*self.entries[low:high], *self._flooded(begin, end)]
        for offset, entry in enumerate(sorted(found, key=lambda entry: entry.at), 1):
            yield Entry(
                number + offset,
                entry.at,
                entry.pid,
                entry.text,
                entry.level,
                entry.component,
                entry.stream,
                entry.extra,
            )

    def _flooded(self, begin: float, end: float) -> Iterator[Entry]:
        pid = self.machine.unit.main_pid
        for flood in self.floods:
            for index in range(flood.count(begin), flood.count(end)):
                component, text = flood.line(flood.first + index)
                yield Entry(0, flood.begin + (index + 1) / flood.rate, pid, text, "info", component, "stderr")

    def _time_of(self, number: int) -> float:
        """A time at which not more than `number` entries were written: bisection, for floods are not stored."""
        low, high = -1e7, self.machine.timeline.now
        if self.total(low) > number:
            return low
        while high - low > 0.001:
            middle = (low + high) / 2
            low, high = (middle, high) if self.total(middle) <= number else (low, middle)
        return low


def digits(*parts: object, modulo: int = 10**19) -> int:
    """A number that looks random and is always the same for the same parts."""
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()) % modulo
