"""Lines that pass a filter as they come, each once, in order of time as far as the reorder window reaches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from heapq import heappop, heappush

from k0stui.logs.collapse import NUMBER, NUMBER_BITS
from k0stui.logs.detail import line_of
from k0stui.logs.match import Matcher
from k0stui.logs.rows import LogRow, held_back
from k0stui.logs.source_log import SourceLog
from k0stui.logs.store import LogStore
from k0stui.logs.terms import Filter


class Tail:
    """What has not been taken yet."""

    def __init__(self, store: LogStore, wanted: Filter, now: datetime) -> None:
        self._store = store
        self._match = Matcher(store, wanted, now)
        self._next: dict[int, int] = {}
        """By the place of a source: the number of the first line not looked at."""
        self._waiting: list[tuple[int, int]] = []
        """Time and reference, as a heap."""

    def take(self, until: int) -> list[LogRow]:
        """Those not later than `until` (microseconds, our clock), oldest first. One that came late comes at once."""
        for place, log in enumerate(self._store.logs):
            if self._match.takes(log):
                for number in self._passing(log, self._next.get(place, log.first)):
                    heappush(self._waiting, (log.row(number)[0], place << NUMBER_BITS | number))
            self._next[place] = log.end
        found = []
        while self._waiting and self._waiting[0][0] <= until:
            found.append(self._row(heappop(self._waiting)[1]))
        return found

    def _passing(self, log: SourceLog, start: int) -> Iterator[int]:
        low, high = self._match.bounds
        start = max(start, log.first)
        while start < log.end:
            stop = log.texts.piece_end(start)
            for number in self._match.passing(log, start, stop):
                if low <= log.times[number - log.first] < high:
                    yield number
            start = stop

    def _row(self, ref: int) -> LogRow:
        log, number = self._store.logs[ref >> NUMBER_BITS], ref & NUMBER
        return LogRow(ref, line_of(self._store, log, number) if log.alive(number) else None, held_back(log, number))
