"""How many lines when, by level; what is not known is said, never drawn as nothing."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from k0stui.logs.source_log import Gap, SourceLog
from k0stui.model.log import Level


@dataclass(frozen=True, slots=True)
class Bucket:
    """One column of the histogram."""

    start: int
    """Microseconds, our clock."""
    end: int
    infos: int
    """With debug lines and those of unknown level."""
    warnings: int
    errors: int
    unknown: bool
    """Lines may be missing: a gap, or a time before a source's first line."""
    restarts: int = 0
    """Times that k0s was started anew, of all sources."""

    @property
    def lines(self) -> int:
        return self.infos + self.warnings + self.errors


class Counts:
    """Lines per second and level, added one by one."""

    def __init__(self) -> None:
        self.total = 0
        self._seconds: dict[int, int] = {}
        """Second * 8 + level, to lines."""

    def add(self, time: int, level: int, lines: int) -> None:
        self.total += lines
        key = time // 1_000_000 * 8 + level
        self._seconds[key] = self._seconds.get(key, 0) + lines

    def spread(self, first: int, last: int, level: int, lines: int) -> None:
        """Lines of which only their number is known between two times: evenly, second by second."""
        end = last // 1_000_000
        seconds = range(min(first // 1_000_000, end), end + 1)[-max(1, lines) :]
        each, rest = divmod(lines, len(seconds))
        for place, second in enumerate(seconds):
            self.add(second * 1_000_000, level, each + (place < rest))

    def add_range(self, times: array[int], levels: bytearray, start: int, end: int) -> None:
        """The same for all lines of the columns from index `start` to `end`, second by second."""
        while start < end:
            second = times[start] // 1_000_000
            stop = max(start + 1, bisect_left(times, (second + 1) * 1_000_000, start, end))
            piece = levels[start:stop]
            for level in set(piece):
                self.add(second * 1_000_000, level, piece.count(level))
            start = stop

    def add_each(self, times: array[int], levels: bytearray, places: Sequence[int]) -> None:
        """The same for the lines at some places of the columns."""
        self.total += len(places)
        for key, lines in Counter([times[at] // 1_000_000 * 8 + levels[at] for at in places]).items():
            self._seconds[key] = self._seconds.get(key, 0) + lines

    def histogram(
        self, buckets: int, start: int | None, end: int | None, logs: Sequence[SourceLog]
    ) -> tuple[Bucket, ...]:
        """`buckets` spans between start and end; none where nothing was counted and no range is given."""
        if start is None or end is None:
            if not self._seconds:
                return ()
            start, end = min(self._seconds) // 8 * 1_000_000, (max(self._seconds) // 8 + 1) * 1_000_000
        width = max(-(-(end - start) // buckets), 1)
        sums = [[0] * 8 for _ in range(buckets)]
        for key, lines in self._seconds.items():
            at = (key // 8 * 1_000_000 - start) // width
            if 0 <= at < buckets:
                sums[at][key % 8] += lines
        known_from, gaps = _known_from(logs), [gap for log in logs for gap in log.gaps if gap.why != "dropped"]
        restarts = Counter((time - start) // width for log in logs for time in log.restarts)
        return tuple(
            _bucket(start + at * width, start + (at + 1) * width, by_level, known_from, gaps, restarts[at])
            for at, by_level in enumerate(sums)
        )


def _bucket(start: int, end: int, by_level: list[int], known_from: float, gaps: Sequence[Gap], restarts: int) -> Bucket:
    infos = sum(by_level[: Level.WARNING])
    errors = by_level[Level.ERROR] + by_level[Level.FATAL]
    unknown = end <= known_from or any(gap.start < end and start < gap.end for gap in gaps)
    return Bucket(start, end, infos, by_level[Level.WARNING], errors, unknown, restarts)


def _known_from(logs: Sequence[SourceLog]) -> float:
    """Before that the lines of some source are not here; infinity: one has none yet."""
    return max((inf if (oldest := _oldest(log, logs)) is None else oldest for log in logs), default=-inf)


def _oldest(log: SourceLog, logs: Sequence[SourceLog]) -> int | None:
    """Of all logs of the same source: a range of the past may have been fetched later. None: no line yet."""
    return min((one.oldest for one in logs if one.source == log.source and one.oldest is not None), default=None)
