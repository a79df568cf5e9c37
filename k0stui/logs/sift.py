"""Sifts the lines of all sources by a filter: those that pass, folded, in one order, counted exactly.

It works in slices: `advance()` does a few milliseconds and says whether there is more. New lines come first, then
history, newest first: the first screenful is there at once, however much is stored.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import chain

from k0stui.logs.collapse import NUMBER, NUMBER_BITS, Folder, Group
from k0stui.logs.histogram import Counts
from k0stui.logs.match import EVER, Matcher
from k0stui.logs.order import Order
from k0stui.logs.parse import CONTINUATION, FOLDED, MARK
from k0stui.logs.source_log import SourceLog
from k0stui.logs.store import LogStore
from k0stui.logs.terms import Filter

_PLAIN = bytes(flag & (MARK | FOLDED) for flag in range(256))
"""Zero for the flags of lines that count as one."""


class Reading:
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


class Sift:
    """What passes a filter over a store, kept up to date by `advance()`."""

    def __init__(self, store: LogStore, wanted: Filter, now: datetime, *, folding: bool) -> None:
        self.match = Matcher(store, wanted, now)
        self.order = Order()
        self.counts = Counts()
        self.readings: list[Reading] = []
        self._store = store
        self._folding = folding
        self._waiting: list[tuple[int, int]] = []
        """Rows of history whose place among other sources' is not certain yet."""
        self._known = 0
        self._sweep: int | None = None
        self._take_in_sources(history=True)

    def advance(self) -> bool:
        """Do one slice of work; whether there is more."""
        self._take_in_sources(history=False)
        if self._read_new() or self._drop_dead():
            return True
        return self._read_history()

    @property
    def complete(self) -> bool:
        """History has been searched to its start."""
        return not self._waiting and all(reading.kept == [] for reading in self.readings)

    def _take_in_sources(self, *, history: bool) -> None:
        for place in range(self._known, len(self._store.logs)):
            log = self._store.logs[place]
            if self.match.takes(log):
                self.readings.append(Reading(log, place, self._folding, history=history))
        self._known = len(self._store.logs)

    def _read_new(self) -> bool:
        """One piece of lines that came since."""
        for reading in self.readings:
            log = reading.log
            if reading.end < log.end:
                start = max(reading.end, log.first)
                stop = log.texts.piece_end(start)
                self._take_new(reading, self.match.passing(log, start, stop))
                reading.end = stop
                return True
        return False

    def _take_new(self, reading: Reading, numbers: Sequence[int]) -> None:
        log = reading.log
        numbers = self._counted(log, numbers)
        if not self._folding:
            for number in numbers:
                self.order.add(log.times[number - log.first], reading.place << NUMBER_BITS | number)
            return
        for number in self._joined(reading, numbers, forward=True):
            at = number - log.first
            ref = reading.folder.forward(number, log.times[at], log.flags[at], log.templates[at])
            if ref >= 0:
                self.order.add(log.times[at], ref)

    def _counted(self, log: SourceLog, numbers: Sequence[int]) -> Sequence[int]:
        """Those of a piece that lie within the filter's time; counted."""
        times, levels, flags, first = log.times, log.levels, log.flags, log.first
        low, high = self.match.bounds
        if low or high < EVER:
            numbers = [number for number in numbers if low <= times[number - first] < high]
        if not numbers:
            return numbers
        single = not any(flags[numbers[0] - first : numbers[-1] + 1 - first].translate(_PLAIN))
        if single and isinstance(numbers, range):
            self.counts.add_range(times, levels, numbers.start - first, numbers.stop - first)
        elif single:
            self.counts.add_each(times, levels, [number - first for number in numbers])
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
            self.counts.spread(min(fold.first - offset, time), time, level, fold.count)
        else:
            self.counts.add(time, level, 1)

    def _joined(self, reading: Reading, numbers: Sequence[int], *, forward: bool) -> Sequence[int]:
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
        reading = max((each for each in self.readings if each.kept != []), key=_frontier, default=None)
        if reading is None:
            self._settle(-1)
            return False
        if reading.kept is None and reading.start > reading.log.first:
            self._take_history(reading)
        else:
            self._take_kept(reading)
        self._settle(max((_frontier(each) for each in self.readings if each.kept != []), default=-1))
        return True

    def _take_history(self, reading: Reading) -> None:
        log = reading.log
        stop = reading.start
        start = max(log.texts.piece_start(stop), log.first)
        numbers = self._counted(log, self.match.passing(log, start, stop))
        reading.start = start
        if not self._folding:
            base = reading.place << NUMBER_BITS
            self._waiting += [(log.times[number - log.first], base | number) for number in numbers]
            return
        for number in reversed(self._joined(reading, numbers, forward=False)):
            at = number - log.first
            self._place_old(reading, number, log.times[at], log.flags[at], log.templates[at])

    def _take_kept(self, reading: Reading) -> None:
        """Warnings and errors that outlived their blocks, a thousand at a time."""
        log = reading.log
        if reading.kept is None:
            reading.kept = [number for number in log.kept.numbers if number < reading.start]
        for number in reversed(reading.kept[-1_000:]):
            if log.alive(number) and self.match.passes(log, number):
                time, level, flags, template, _ = log.row(number)
                if not flags & MARK:
                    self._count(log, number, time, level, flags)
                self._place_old(reading, number, time, flags, template)
        del reading.kept[-1_000:]

    def _place_old(self, reading: Reading, number: int, time: int, flags: int, template: int) -> None:
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
        first = self.order.first_time
        for time, ref in ready:
            if first is not None and time > first:
                self.order.add(time, ref)
        self.order.prepend([row for row in ready if first is None or row[0] <= first])

    def _drop_dead(self) -> bool:
        """Take out rows of lines that were dropped, one chunk at a time, oldest first."""
        if self._sweep is None:
            if all(reading.swept == reading.log.first for reading in self.readings):
                return False
            for reading in self.readings:
                reading.swept = reading.log.first
            self._sweep = self.order.chunks
        self._sweep -= 1
        if self._sweep < 0:
            self._sweep = None
            for reading in self.readings:
                reading.folder.forget_dead()
            return False
        self.order.keep(self._sweep, self._alive)
        return True

    def _alive(self, ref: int) -> bool:
        log = self._store.logs[ref >> NUMBER_BITS]
        return log.alive(ref & NUMBER) or ((group := self.group(ref)) is not None and log.alive(group.newest))

    def group(self, ref: int) -> Group | None:
        """The fold that this row stands for, if any."""
        for reading in self.readings:
            if reading.place == ref >> NUMBER_BITS:
                return reading.folder.groups.get(ref)
        return None


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


def _frontier(reading: Reading) -> int:
    """The time of the newest line of history not read yet; -1: only kept lines, or none, are left."""
    at = reading.start - reading.log.first
    if reading.kept is None and 0 < at <= len(reading.log.times):
        return reading.log.times[at - 1]
    return -1 if not reading.kept else reading.log.kept.texts[reading.kept[-1]][1]
