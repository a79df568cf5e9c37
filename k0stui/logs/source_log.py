"""The lines of one source: columns and packed blocks, and warnings kept longest. Numbers are never used again."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from k0stui.logs.blocks import Texts
from k0stui.logs.hot import HotSpans
from k0stui.logs.parse import FOLDED, LATE, MARK, HeadReader, Heads
from k0stui.logs.record import Records
from k0stui.logs.template import Templates
from k0stui.model.log import Level, Source

HOT = 12 * 1024 * 1024
"""Bytes of one source's newest text kept unpacked: some 50,000 lines."""

LINE = 16
"""Bytes of a line's columns: time 8, template 4, tag 2, level 1, flags 1."""

KEPT_EACH = 5
"""Of one template in one dropped block: a flood of errors cannot push out the one line that explains it either."""

JITTER = 2_000_000
"""Microseconds. Corrected time that runs back less than this is the estimate of the offset moving, not the clock."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Lines of one template that a host counted and did not send."""

    count: int
    first: int
    """Microseconds, the host's clock."""
    last: int


@dataclass(slots=True)
class Counters:
    """What came of one source, exactly: read = stored + folded."""

    stored: int = 0
    folded: int = 0
    """Counted on the host, not sent."""
    suppressed: int = 0
    """Dropped by journald's own rate limit before anyone could read them."""
    unparsed: int = 0
    late: int = 0
    dropped: int = 0
    """Stored once, and gone for the budget's sake."""
    gaps: int = 0
    """Ranges of time that were not read."""


@dataclass(slots=True)
class Gap:
    """A range of time of which lines are missing here, and why."""

    start: int
    """Microseconds, our clock."""
    end: int
    why: str
    lines: int | None = None
    """How many; None: not known."""


@dataclass(slots=True)
class Kept:
    """Warnings and errors of dropped blocks, oldest first."""

    numbers: deque[int] = field(default_factory=deque)
    texts: dict[int, tuple[str, int, int, int, int, int]] = field(default_factory=dict)
    """Number to text, time, level, flags, template, tag."""
    size: int = 0


class SourceLog:
    """The lines of one source."""

    def __init__(self, source: Source, templates: Templates, hot: int = HOT, component: str = "") -> None:
        self.source = source
        self.counters = Counters()
        self.gaps: list[Gap] = []
        self.restarts: list[int] = []
        """When k0s was started anew there: microseconds, our clock."""
        self.folds: dict[int, Fold] = {}
        self.hot = HotSpans()
        self.kept = Kept()
        self.texts = Texts(hot)
        self._heads = HeadReader(templates, component)
        self._first = 0
        self.times = array("q")
        """Corrected: by our clock."""
        self.levels = bytearray()
        self.flags = bytearray()
        self.templates = array("I")
        self.by_template: Counter[int] = Counter()
        """Lines per template, dropped ones and those counted on the host included."""
        self.by_level: Counter[int] = Counter()
        self._tags = array("H")
        self._tag_names: list[str] = []
        self._tag_numbers: dict[str, int] = {}
        self._offsets: list[tuple[int, int]] = [(0, 0)]
        """From number on: microseconds that the host is ahead of us."""
        self._boots: list[tuple[int, str]] = [(0, "")]

    @property
    def first(self) -> int:
        """The number of the oldest line whose block is still here."""
        return self._first

    @property
    def end(self) -> int:
        """The number that the next line will get."""
        return self._first + len(self.times)

    @property
    def size(self) -> int:
        """Bytes that this takes, near enough."""
        return self.texts.size + LINE * len(self.times) + self.kept.size

    @property
    def oldest(self) -> int | None:
        """Corrected time of the oldest line; None: no line yet."""
        return self.times[0] if self.times else None

    def set_offset(self, offset: int) -> None:
        """From the next line on the host's clock is `offset` microseconds ahead of ours."""
        if self._offsets[-1][1] != offset:
            self._offsets.append((self.end, offset))

    def set_boot(self, boot: str) -> None:
        """The next lines are of this boot."""
        if self._boots[-1][1] != boot:
            self._boots.append((self.end, boot))

    def extend(self, records: Records, late_before: int = -1) -> None:
        """Append what was read, in the host's own order; lines older than `late_before` (corrected) are marked late."""
        start = self.end
        heads = self._heads.read(records)
        self.times.extend(self._corrected(records.times))
        self._extend(records, heads)
        self.counters.stored += len(records)
        self.counters.unparsed += len(records.unparsed)
        self.hot.add(self.times, self.templates, start - self._first)
        if late_before >= 0 and records.times:
            self._mark_late(start, late_before)

    def _extend(self, records: Records, heads: Heads) -> None:
        self.texts.extend(records.texts)
        self.levels += heads.levels
        self.flags += heads.flags
        self.templates.extend(heads.templates)
        self.by_template.update(heads.templates)
        for level in set(heads.levels):
            self.by_level[level] += heads.levels.count(level)
        tags = records.tags
        if tags and tags.count(tags[0]) == len(tags):
            self._tags.extend(array("H", [self._tag(tags[0])]) * len(tags))
        else:
            self._tags.extend(map(self._tag, tags))

    def add(self, text: str, time: int, level: int, flags: int, template: int = 0) -> int:
        """Append one line that is our own: a mark, or the stand-in of a fold. `time` is corrected already."""
        number = self.end
        last = self.times[-1] if self.times else time
        self.texts.extend([text])
        self.times.append(last if 0 < last - time < JITTER else time)
        self.levels.append(level)
        self.flags.append(flags)
        self.templates.append(template)
        self._tags.append(self._tag(""))
        return number

    def _tag(self, tag: str) -> int:
        number = self._tag_numbers.get(tag)
        if number is None:
            if len(self._tag_names) > 65_000:
                return self._tag("")
            number = self._tag_numbers[tag] = len(self._tag_names)
            self._tag_names.append(tag)
        return number

    def _corrected(self, times: list[int]) -> Iterable[int]:
        """By our clock; small steps back are levelled, and a line without time takes that of the one before."""
        offset = self._offsets[-1][1]
        last = self.times[-1] if self.times else 0
        if times and last + offset <= times[0] and times[0] >= 0 and times == sorted(times):
            return times if not offset else [time - offset for time in times]
        return self._levelled(times, offset, last)

    def _levelled(self, times: list[int], offset: int, last: int) -> Iterator[int]:
        for time in times:
            corrected = time - offset if time >= 0 else last
            if corrected < last and last - corrected < JITTER:
                corrected = last
            last = corrected
            yield corrected

    def _mark_late(self, start: int, late_before: int) -> None:
        for index in range(start - self._first, len(self.times)):
            if self.times[index] >= late_before:
                return
            self.flags[index] |= LATE
            self.counters.late += 1

    def alive(self, number: int) -> bool:
        """Whether the line can still be read."""
        return number >= self._first or number in self.kept.texts

    def text(self, number: int) -> str:
        """
        Raises:
            IndexError: it was dropped.
        """
        kept = self.kept.texts.get(number)
        return self.texts[number] if kept is None else kept[0]

    def row(self, number: int) -> tuple[int, int, int, int, str]:
        """Time, level, flags, template and tag.

        Raises:
            IndexError: it was dropped.
        """
        if number >= self._first:
            at = number - self._first
            tag = self._tag_names[self._tags[at]]
            return self.times[at], self.levels[at], self.flags[at], self.templates[at], tag
        if number not in self.kept.texts:
            raise IndexError(number)
        _, time, level, flags, template, tag_number = self.kept.texts[number]
        return time, level, flags, template, self._tag_names[tag_number]

    def offset_at(self, number: int) -> int:
        """Microseconds that the host was ahead when this line came."""
        return self._offsets[bisect_right(self._offsets, number, key=_number) - 1][1]

    def boot_at(self, number: int) -> str:
        """The boot id of the time when this line came, where it is known."""
        return self._boots[bisect_right(self._boots, number, key=_number) - 1][1]

    def gap_at(self, time: int) -> Gap | None:
        """The gap that a mark at this time tells of, if what is missing there can be asked for again."""
        found = (gap for gap in self.gaps if gap.why == "skipped" and abs(gap.end - time) < JITTER)
        return next(found, None)

    def drop_oldest(self) -> int:
        """Drop the oldest block, but its warnings and errors; how many lines went."""
        first, texts = self.texts.drop_oldest()
        count = len(texts)
        gone = count - self._keep(first, texts)
        if count:
            self._note_drop(self.times[0], self.times[count - 1], gone)
        for column in (self.times, self.levels, self.flags, self.templates, self._tags):
            del column[:count]
        for number in [number for number in self.folds if number < first + count and number not in self.kept.texts]:
            del self.folds[number]
        self._first = first + count
        self.counters.dropped += gone
        return gone

    def _keep(self, first: int, texts: list[str]) -> int:
        """Keep what must outlast the block; how many."""
        seen: dict[int, int] = {}
        kept = 0
        for index, text in enumerate(texts):
            level, flags, template = self.levels[index], self.flags[index], self.templates[index]
            if level < Level.WARNING and not flags & MARK:
                continue
            seen[template] = seen.get(template, 0) + 1
            if seen[template] <= KEPT_EACH or flags & (MARK | FOLDED):
                line = (text, self.times[index], level, flags, template, self._tags[index])
                self.kept.texts[first + index] = line
                self.kept.numbers.append(first + index)
                self.kept.size += len(text) + 250
                kept += 1
        return kept

    def _note_drop(self, start: int, end: int, lines: int) -> None:
        """Dropped ranges of one source touch: one gap that grows."""
        last = self.gaps[0] if self.gaps else None
        if last is not None and last.why == "dropped":
            last.end, last.lines = end, (last.lines or 0) + lines
        else:
            self.gaps.insert(0, Gap(start, end, "dropped", lines))

    def drop_kept(self) -> None:
        """Let the oldest kept line go."""
        number = self.kept.numbers.popleft()
        self.kept.size -= len(self.kept.texts.pop(number)[0]) + 250
        self.folds.pop(number, None)
        self.counters.dropped += 1


def _number(entry: tuple[int, object]) -> int:
    return entry[0]
