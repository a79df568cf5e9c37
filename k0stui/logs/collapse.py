"""Repeats as one row: neighbours of one template and host, and floods wherever they lie. Counts stay exact.

A row holds lines of one source. Lines join it while nothing else of that source stands between and no more than ten
seconds, or while the template is a flood (`hot.py`): then other lines remain visible around a row that counts in place.
"""

from __future__ import annotations

from k0stui.logs.parse import CONTINUATION, FOLDED, MARK
from k0stui.logs.source_log import SourceLog

PAUSE = 10_000_000
"""Microseconds of silence that end a fold outside of a flood: two errors an hour apart are two rows."""

NUMBER_BITS = 40
"""Of a reference: the line's number; above it the place of its source in the store."""

NUMBER = (1 << NUMBER_BITS) - 1


class Group:
    """The lines of one row."""

    __slots__ = ("count", "first", "first_time", "last", "last_time", "newest", "ref", "span", "template")

    def __init__(self, ref: int, template: int, number: int, time: int, count: int, span: int) -> None:
        self.ref = ref
        """Of the row: the line by which it was placed."""
        self.template = template
        self.first = self.last = self.newest = number
        """`newest` is the line shown: the last that was sent and is no continuation, as far as there is one."""
        self.first_time = self.last_time = time
        self.count = count
        """Lines, with those that were counted on the host."""
        self.span = span
        """The flood that it belongs to (its first second), or -1."""


class Folder:
    """Groups of one source, growing at both ends: new lines after the last, history before the first."""

    def __init__(self, log: SourceLog, place: int, folding: bool = True) -> None:
        self._log = log
        self._base = place << NUMBER_BITS
        self._folding = folding
        self.groups: dict[int, Group] = {}
        """Rows of more than one line, by reference."""
        self._after: Group | None = None
        self._before: Group | None = None
        self._floods_after: dict[int, Group] = {}
        self._floods_before: dict[int, Group] = {}

    def forward(self, number: int, time: int, flags: int, template: int) -> int:
        """Add the next newer line; the reference of the row that it opens, or -1 where it joined one."""
        last = self._after
        if last is not None and last.template == template and time - last.last_time < PAUSE and self._joins(flags):
            self._grow_after(last, number, time, flags)
            return -1
        span = self._log.hot.span(template, time)
        if span >= 0 and self._joins(flags):
            flood = self._floods_after.get(template)
            if flood is not None and flood.span == span:
                self._grow_after(flood, number, time, flags)
                return -1
        group = self._opened(number, time, flags, template, span)
        self._after = group
        if span >= 0:
            self._floods_after[template] = group
        if self._before is None:
            self._before = group
            self._floods_before.setdefault(template, group)
        return group.ref

    def backward(self, number: int, time: int, flags: int, template: int) -> int:
        """Add the next older line; the reference of the row that it opens, or -1 where it joined one."""
        last = self._before
        if last is not None and last.template == template and last.first_time - time < PAUSE and self._joins(flags):
            self._grow_before(last, number, time, flags)
            return -1
        span = self._log.hot.span(template, time)
        if span >= 0 and self._joins(flags):
            flood = self._floods_before.get(template)
            if flood is not None and flood.span == span:
                self._grow_before(flood, number, time, flags)
                return -1
        group = self._opened(number, time, flags, template, span)
        self._before = group
        if span >= 0:
            self._floods_before[template] = group
            self._floods_after.setdefault(template, group)
        if self._after is None:
            self._after = group
        return group.ref

    def forget_dead(self) -> None:
        """Let go of rows whose every line was dropped: nobody asks for them again."""
        alive = self._log.alive
        self.groups = {ref: group for ref, group in self.groups.items() if alive(ref & NUMBER) or alive(group.newest)}

    def flooding(self, templates: set[int], start: int, end: int, *, forward: bool) -> dict[int, Group]:
        """Of these templates those whose lines all join a row that there is: one flood from before `start` to `end`."""
        if not self._folding:
            return {}
        floods = self._floods_after if forward else self._floods_before
        found: dict[int, Group] = {}
        for template in templates & floods.keys():
            span = self._log.hot.span(template, start)
            if span >= 0 and floods[template].span == span == self._log.hot.span(template, end):
                found[template] = floods[template]
        return found

    def join(self, group: Group, first: int, last: int, newest: int, lines: int) -> None:
        """Let so many plain lines join, from number `first` to `last`; `newest` is the last that is no continuation."""
        if group.count == 1:
            self.groups[group.ref] = group
        group.count += lines
        times, base = self._log.times, self._log.first
        if last > group.last:
            group.last, group.last_time = last, max(group.last_time, times[last - base])
            group.newest = newest if newest >= 0 else group.newest
        if first < group.first:
            group.first, group.first_time = first, min(group.first_time, times[first - base])

    def _joins(self, flags: int) -> bool:
        return self._folding and not flags & MARK

    def _opened(self, number: int, time: int, flags: int, template: int, span: int) -> Group:
        count = self._weight(number, flags)
        group = Group(self._base | number, template, number, time, count, span)
        group.first_time = self._since(number, time, flags)
        if flags & MARK:
            group.template = -1
        if count != 1:
            self.groups[group.ref] = group
        return group

    def _weight(self, number: int, flags: int) -> int:
        return self._log.folds[number].count if flags & FOLDED else 1

    def _since(self, number: int, time: int, flags: int) -> int:
        """When the first of the lines was said that this one stands for."""
        return min(time, self._log.folds[number].first - self._log.offset_at(number)) if flags & FOLDED else time

    def _grow_after(self, group: Group, number: int, time: int, flags: int) -> None:
        if group.count == 1:
            self.groups[group.ref] = group
        group.count += 1 if not flags & FOLDED else self._weight(number, flags)
        group.last = number
        if time > group.last_time:
            group.last_time = time
        if not flags & (CONTINUATION | FOLDED) or _worth(flags) >= max(1, self._worth_of(group)):
            group.newest = number

    def _grow_before(self, group: Group, number: int, time: int, flags: int) -> None:
        if group.count == 1:
            self.groups[group.ref] = group
        group.count += 1 if not flags & FOLDED else self._weight(number, flags)
        group.first = number
        group.first_time = min(group.first_time, self._since(number, time, flags))
        if _worth(flags) > self._worth_of(group):
            group.newest = number

    def _worth_of(self, group: Group) -> int:
        at = group.newest - self._log.first
        return _worth(self._log.flags[at]) if at >= 0 else 0


def _worth(flags: int) -> int:
    """How well a line shows what its fold is: one that was sent, one that stands for others, a further line of one."""
    return 0 if flags & CONTINUATION else 1 if flags & FOLDED else 2
