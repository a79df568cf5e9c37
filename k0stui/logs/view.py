"""What a log pane shows: the lines of all hosts that pass a filter, in one order, folded, with exact counters.

A view works in slices: `advance()` does a few milliseconds and says whether there is more. New lines come first, then
history, newest first: the first screenful is there at once, however much is stored.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain

from k0stui.logs.collapse import NUMBER, NUMBER_BITS, Folder, Group
from k0stui.logs.detail import line_of
from k0stui.logs.histogram import Bucket, Counts
from k0stui.logs.match import EVER, Matcher
from k0stui.logs.order import Order
from k0stui.logs.parse import CONTINUATION, FOLDED, MARK
from k0stui.logs.rows import LogRow, ViewCounters, folded, held_back
from k0stui.logs.source_log import SourceLog
from k0stui.logs.store import LogStore
from k0stui.logs.terms import Filter
from k0stui.model.log import Level

_PLAIN = bytes(flag & (MARK | FOLDED) for flag in range(256))
"""Zero for the flags of lines that count as one."""

UNFOLDED = 1_000
"""Members that an opened fold shows, the newest: more would have to be fetched, and nobody reads them."""


class _Reading:
    """How far one source has been read, at both ends."""

    __slots__ = ("end", "folder", "kept", "log", "place", "start", "swept")

    def __init__(self, log: SourceLog, place: int, folding: bool, *, history: bool) -> None:
        self.log = log
        self.place = place
        self.folder = Folder(log, place, folding)
        self.start = self.end = log.end if history else log.first
        """Of a source that appeared while the view was open all lines are new ones."""
        self.kept: list[int] | None = None if history else []
        """Kept numbers still to be searched, rising; None: not begun."""
        self.swept = log.first


class View:
    """A filter over a store, kept up to date by `advance()`."""

    def __init__(self, store: LogStore, wanted: Filter, now: datetime, *, folding: bool = True) -> None:
        self.filter = wanted
        self._store = store
        self._folding = folding
        self._match = Matcher(store, wanted, now)
        self._order = Order()
        self._counts = Counts()
        self._waiting: list[tuple[int, int]] = []
        """Rows of history whose place among other sources' is not certain yet."""
        self._readings: list[_Reading] = []
        self._known = 0
        self._sweep: int | None = None
        self._opened: dict[int, list[int]] = {}
        self._take_in_sources(history=True)

    def __len__(self) -> int:
        return len(self._order)

    # -- work

    def advance(self) -> bool:
        """Do one slice of work; whether there is more."""
        self._take_in_sources(history=False)
        if self._read_new() or self._drop_dead():
            return True
        return self._read_history()

    def finish(self) -> None:
        """Do all work there is: for commands and tests, where nobody waits for a key."""
        while self.advance():
            pass

    @property
    def complete(self) -> bool:
        """History has been searched to its start."""
        return not self._waiting and all(reading.kept == [] for reading in self._readings)

    def _take_in_sources(self, *, history: bool) -> None:
        for place in range(self._known, len(self._store.logs)):
            log = self._store.logs[place]
            if self._match.takes(log):
                self._readings.append(_Reading(log, place, self._folding, history=history))
        self._known = len(self._store.logs)

    def _read_new(self) -> bool:
        """One piece of lines that came since."""
        for reading in self._readings:
            log = reading.log
            if reading.end < log.end:
                start = max(reading.end, log.first)
                stop = log.texts.piece_end(start)
                self._take_new(reading, self._match.passing(log, start, stop))
                reading.end = stop
                return True
        return False

    def _take_new(self, reading: _Reading, numbers: Sequence[int]) -> None:
        log = reading.log
        numbers = self._counted(log, numbers)
        if not self._folding:
            for number in numbers:
                self._order.add(log.times[number - log.first], reading.place << NUMBER_BITS | number)
            return
        for number in self._joined(reading, numbers, forward=True):
            at = number - log.first
            ref = reading.folder.forward(number, log.times[at], log.flags[at], log.templates[at])
            if ref >= 0:
                self._order.add(log.times[at], ref)

    def _counted(self, log: SourceLog, numbers: Sequence[int]) -> Sequence[int]:
        """Those of a piece that lie within the filter's time; counted."""
        times, levels, flags, first = log.times, log.levels, log.flags, log.first
        low, high = self._match.bounds
        if low or high < EVER:
            numbers = [number for number in numbers if low <= times[number - first] < high]
        if not numbers:
            return numbers
        single = not any(flags[numbers[0] - first : numbers[-1] + 1 - first].translate(_PLAIN))
        if single and isinstance(numbers, range):
            self._counts.add_range(times, levels, numbers.start - first, numbers.stop - first)
        elif single:
            self._counts.add_each(times, levels, [number - first for number in numbers])
        else:
            self._count_mixed(log, numbers)
        return numbers

    def _count_mixed(self, log: SourceLog, numbers: Sequence[int]) -> None:
        """Where marks are among them, or lines that stand for others."""
        times, levels, flags, first = log.times, log.levels, log.flags, log.first
        for number in numbers:
            at = number - first
            if not flags[at] & MARK:
                self._count(log, number, times[at], levels[at], flags[at])

    def _count(self, log: SourceLog, number: int, time: int, level: int, flags: int) -> None:
        if flags & FOLDED:
            fold, offset = log.folds[number], log.offset_at(number)
            self._counts.spread(min(fold.first - offset, time), time, level, fold.count)
        else:
            self._counts.add(time, level, 1)

    def _joined(self, reading: _Reading, numbers: Sequence[int], *, forward: bool) -> Sequence[int]:
        """Those that are left when the lines of floods have joined their rows, many at a time."""
        if not numbers:
            return numbers
        log, first = reading.log, reading.log.first
        start, end = numbers[0] - first, numbers[-1] - first
        shapes = _picked(log.templates, numbers, first)
        floods = reading.folder.flooding(set(shapes), log.times[start], log.times[end], forward=forward)
        if not floods:
            return numbers
        plain, left = numbers, []
        if any(log.flags[start : end + 1].translate(_PLAIN)):
            alone = [log.flags[number - first] & (MARK | FOLDED) for number in numbers]
            left = [number for number, mark in zip(numbers, alone, strict=True) if mark]
            plain = [number for number, mark in zip(numbers, alone, strict=True) if not mark]
            shapes = _picked(log.templates, plain, first)
        lines = Counter(shapes)
        for shape, group in floods.items():
            if lines[shape]:
                reading.folder.join(group, *_ends(log, plain, shapes, shape), lines[shape])
        if lines.keys() <= floods.keys():
            return left
        left += [number for number, shape in zip(plain, shapes, strict=True) if shape not in floods]
        return sorted(left)

    def _read_history(self) -> bool:
        """One piece of the source whose unread part is newest; then the rows whose place is certain go in."""
        reading = max((each for each in self._readings if each.kept != []), key=_frontier, default=None)
        if reading is None:
            self._settle(-1)
            return False
        if reading.kept is None and reading.start > reading.log.first:
            self._take_history(reading)
        else:
            self._take_kept(reading)
        self._settle(max((_frontier(each) for each in self._readings if each.kept != []), default=-1))
        return True

    def _take_history(self, reading: _Reading) -> None:
        log = reading.log
        stop = reading.start
        start = max(log.texts.piece_start(stop), log.first)
        numbers = self._counted(log, self._match.passing(log, start, stop))
        reading.start = start
        if not self._folding:
            base = reading.place << NUMBER_BITS
            self._waiting += [(log.times[number - log.first], base | number) for number in numbers]
            return
        for number in reversed(self._joined(reading, numbers, forward=False)):
            at = number - log.first
            self._place_old(reading, number, log.times[at], log.flags[at], log.templates[at])

    def _take_kept(self, reading: _Reading) -> None:
        """Warnings and errors that outlived their blocks, a thousand at a time."""
        log = reading.log
        if reading.kept is None:
            reading.kept = [number for number in log.kept.numbers if number < reading.start]
        for number in reversed(reading.kept[-1_000:]):
            if log.alive(number) and self._match.passes(log, number):
                time, level, flags, template, _ = log.row(number)
                if not flags & MARK:
                    self._count(log, number, time, level, flags)
                self._place_old(reading, number, time, flags, template)
        del reading.kept[-1_000:]

    def _place_old(self, reading: _Reading, number: int, time: int, flags: int, template: int) -> None:
        ref = reading.place << NUMBER_BITS | number
        if self._folding:
            ref = reading.folder.backward(number, time, flags, template)
        if ref >= 0:
            self._waiting.append((time, ref))

    def _settle(self, frontier: int) -> None:
        """Put waiting rows newer than every unread line in front of the others, but for lines that came late."""
        ready = sorted(row for row in self._waiting if row[0] >= frontier)
        if not ready:
            return
        self._waiting = [row for row in self._waiting if row[0] < frontier]
        first = self._order.first_time
        for time, ref in ready:
            if first is not None and time > first:
                self._order.add(time, ref)
        self._order.prepend([row for row in ready if first is None or row[0] <= first])

    def _drop_dead(self) -> bool:
        """Take out rows of lines that were dropped, one chunk at a time, oldest first."""
        if self._sweep is None:
            if all(reading.swept == reading.log.first for reading in self._readings):
                return False
            for reading in self._readings:
                reading.swept = reading.log.first
            self._sweep = self._order.chunks
        self._sweep -= 1
        if self._sweep < 0:
            self._sweep = None
            for reading in self._readings:
                reading.folder.forget_dead()
            return False
        self._order.keep(self._sweep, self._alive)
        return True

    def _alive(self, ref: int) -> bool:
        log = self._store.logs[ref >> NUMBER_BITS]
        return log.alive(ref & NUMBER) or ((group := self._group(ref)) is not None and log.alive(group.newest))

    # -- what is shown

    def rows(self, start: int, stop: int) -> tuple[LogRow, ...]:
        """The rows `start` to `stop`, oldest first; fewer at the end."""
        return tuple(self._row(ref) for ref in self._order.slice(max(0, start), stop))

    def _row(self, ref: int) -> LogRow:
        log = self._store.logs[ref >> NUMBER_BITS]
        group = self._group(ref)
        number = group.newest if group else ref & NUMBER
        line = line_of(self._store, log, number) if log.alive(number) else None
        return LogRow(ref, line, held_back(log, number) if group is None else folded(log, group))

    def _group(self, ref: int) -> Group | None:
        for reading in self._readings:
            if reading.place == ref >> NUMBER_BITS:
                return reading.folder.groups.get(ref)
        return None

    def members(self, key: int) -> tuple[LogRow, ...]:
        """The lines of a fold that are here, oldest first: at most the newest thousand."""
        group = self._group(key)
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
            passing = self._match.passing(log, start, stop)
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
        return self._order.index_at(time)

    def index_of(self, key: int) -> int | None:
        """Where a row stands now; None: it is gone."""
        log = self._store.logs[key >> NUMBER_BITS]
        if not log.alive(key & NUMBER):
            return None
        start = self._order.index_at(log.row(key & NUMBER)[0])
        for offset, ref in enumerate(self._order.slice(start, start + 10_000)):
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
                yield from enumerate(self._order.slice(start, start + 1_000), start)
            return
        for stop in range(index, 0, -1_000):
            start = max(0, stop - 1_000)
            yield from reversed(list(enumerate(self._order.slice(start, stop), start)))

    def histogram(self, buckets: int, start: int | None = None, end: int | None = None) -> tuple[Bucket, ...]:
        """Lines shown per span of time, by level; the whole range where none is given (microseconds)."""
        return self._counts.histogram(buckets, start, end, [r.log for r in self._readings])

    @property
    def counters(self) -> ViewCounters:
        every = [log.counters for log in self._store.logs]
        return ViewCounters(
            stored=sum(each.stored for each in every),
            shown=self._counts.total,
            rows=len(self._order),
            folded=sum(each.folded for each in every),
            suppressed=sum(each.suppressed for each in every),
            unparsed=sum(each.unparsed for each in every),
            late=sum(each.late for each in every),
            dropped=sum(each.dropped for each in every),
            gaps=sum(each.gaps for each in every),
        )


def _picked(column: array[int], numbers: Sequence[int], first: int) -> Sequence[int]:
    """What a column has for these numbers; its own first is `first`."""
    if isinstance(numbers, range):
        return column[numbers.start - first : numbers.stop - first]
    return [column[number - first] for number in numbers]


def _ends(log: SourceLog, numbers: Sequence[int], shapes: Sequence[int], shape: int) -> tuple[int, int, int]:
    """The first and the last line of a template, and the last that is no continuation (-1: none)."""
    flags, base = log.flags, log.first
    first = numbers[shapes.index(shape)]
    found = (number for number, one in zip(reversed(numbers), reversed(shapes), strict=True) if one == shape)
    last = next(found)
    heads = (number for number in chain((last,), found) if not flags[number - base] & CONTINUATION)
    return first, last, next(heads, -1)


def _frontier(reading: _Reading) -> int:
    """The time of the newest line of history not read yet; -1: only kept lines, or none, are left."""
    at = reading.start - reading.log.first
    if reading.kept is None and 0 < at <= len(reading.log.times):
        return reading.log.times[at - 1]
    return -1 if not reading.kept else reading.log.kept.texts[reading.kept[-1]][1]
