"""What a log pane shows: rows of the lines that pass a filter, the lines of a fold, a line's context, counters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from k0stui.logs.collapse import NUMBER, NUMBER_BITS, Group
from k0stui.logs.detail import line_of, with_error
from k0stui.logs.histogram import Bucket
from k0stui.logs.rows import LogRow, ViewCounters, folded, held_back
from k0stui.logs.sift import Sift
from k0stui.logs.source_log import SourceLog
from k0stui.logs.store import LogStore
from k0stui.logs.terms import Filter
from k0stui.model.log import Level

UNFOLDED = 1_000
"""Members that an opened fold shows, the newest: more would have to be fetched, and nobody reads them."""


class View:
    """A filter over a store, kept up to date by `advance()`."""

    def __init__(self, store: LogStore, wanted: Filter, now: datetime, *, folding: bool = True) -> None:
        self.filter = wanted
        self._store = store
        self._sift = Sift(store, wanted, now, folding=folding)

    def __len__(self) -> int:
        return len(self._sift.order)

    def advance(self) -> bool:
        """Do one slice of work; whether there is more."""
        return self._sift.advance()

    def finish(self) -> None:
        """Do all work there is: for commands and tests, where nobody waits for a key."""
        while self.advance():
            pass

    @property
    def complete(self) -> bool:
        """History has been searched to its start."""
        return self._sift.complete

    def rows(self, start: int, stop: int) -> tuple[LogRow, ...]:
        """The rows `start` to `stop`, oldest first; fewer at the end."""
        return tuple(self._row(ref) for ref in self._sift.order.slice(max(0, start), stop))

    def _row(self, ref: int) -> LogRow:
        log = self._store.logs[ref >> NUMBER_BITS]
        group = self._sift.group(ref)
        number = group.newest if group else ref & NUMBER
        told = line_of if group is None else with_error
        line = told(self._store, log, number) if log.alive(number) else None
        return LogRow(ref, line, held_back(log, number) if group is None else folded(log, group))

    def members(self, key: int) -> tuple[LogRow, ...]:
        """The lines of a fold that are here, oldest first: at most the newest thousand."""
        group = self._sift.group(key)
        log = self._store.logs[key >> NUMBER_BITS]
        if group is None:
            return (self._row(key),)
        found = self._newest_members(log, group)
        return tuple(LogRow(key, line_of(self._store, log, number), opened=True) for number in found)

    def _newest_members(self, log: SourceLog, group: Group) -> list[int]:
        found: list[int] = []
        stop = group.last + 1
        lowest = max(group.first, log.first)
        while stop > lowest and len(found) < UNFOLDED:
            start = max(log.texts.piece_start(stop), lowest)
            passing = self._sift.match.passing(log, start, stop)
            found += [n for n in reversed(passing) if log.templates[n - log.first] == group.template]
            stop = start
        return found[:UNFOLDED][::-1]

    def around(self, key: int, before: int, after: int) -> tuple[LogRow, ...]:
        """The lines of the same source around a row, filter or not: its context."""
        place, number = key >> NUMBER_BITS, key & NUMBER
        log = self._store.logs[place]
        numbers = range(max(log.first, number - before), min(log.end, number + after + 1))
        return tuple(LogRow(place << NUMBER_BITS | n, line_of(self._store, log, n)) for n in numbers)

    def index_at(self, time: int) -> int:
        """The row of `time` (microseconds, corrected), or the first after it."""
        return self._sift.order.index_at(time)

    def index_of(self, key: int) -> int | None:
        """Where a row stands now; None: it is gone."""
        log = self._store.logs[key >> NUMBER_BITS]
        if not log.alive(key & NUMBER):
            return None
        start = self._sift.order.index_at(log.row(key & NUMBER)[0])
        for offset, ref in enumerate(self._sift.order.slice(start, start + 10_000)):
            if ref == key:
                return start + offset
        return None

    def next_index(self, index: int, level: Level, step: int) -> int | None:
        """The next row after (`step` 1) or before (-1) `index` of this level or worse; None: there is none."""
        for at, ref in self._walk(index, step):
            log = self._store.logs[ref >> NUMBER_BITS]
            if log.alive(ref & NUMBER) and log.row(ref & NUMBER)[1] >= level:
                return at
        return None

    def _walk(self, index: int, step: int) -> Iterator[tuple[int, int]]:
        if step > 0:
            for start in range(index + 1, len(self), 1_000):
                yield from enumerate(self._sift.order.slice(start, start + 1_000), start)
            return
        for stop in range(index, 0, -1_000):
            start = max(0, stop - 1_000)
            yield from reversed(list(enumerate(self._sift.order.slice(start, stop), start)))

    def histogram(self, buckets: int, start: int | None = None, end: int | None = None) -> tuple[Bucket, ...]:
        """Lines shown per span of time, by level; the whole range where none is given (microseconds)."""
        return self._sift.counts.histogram(buckets, start, end, [r.log for r in self._sift.readings])

    @property
    def counters(self) -> ViewCounters:
        every = [log.counters for log in self._store.logs]
        return ViewCounters(
            stored=sum(each.stored for each in every),
            shown=self._sift.counts.total,
            rows=len(self._sift.order),
            folded=sum(each.folded for each in every),
            suppressed=sum(each.suppressed for each in every),
            unparsed=sum(each.unparsed for each in every),
            late=sum(each.late for each in every),
            dropped=sum(each.dropped for each in every),
            gaps=sum(each.gaps for each in every),
        )
