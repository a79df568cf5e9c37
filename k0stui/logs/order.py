"""Rows in the order of time: cheap at both ends, and cheap where a late one is put in."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

CHUNK = 2_048
"""Rows. An insertion moves half of one; finding a row by its place looks at a thousandth of all."""


class Order:
    """References by time, in chunks. Equal times keep the order in which they came."""

    def __init__(self) -> None:
        self._times: list[array[int]] = []
        self._refs: list[array[int]] = []
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def first_time(self) -> int | None:
        """Of the oldest row."""
        return self._times[0][0] if self._times else None

    def add(self, time: int, ref: int) -> None:
        """Put one in: at the end as a rule, else behind all of its time or earlier."""
        self._length += 1
        if not self._times:
            self._times.append(array("q", [time]))
            self._refs.append(array("Q", [ref]))
            return
        at = len(self._times) - 1
        while at and self._times[at][0] > time:
            at -= 1
        times = self._times[at]
        if at == len(self._times) - 1 and time >= times[-1]:
            times.append(time)
            self._refs[at].append(ref)
        else:
            place = bisect_right(times, time)
            times.insert(place, time)
            self._refs[at].insert(place, ref)
        if len(times) > CHUNK:
            self._split(at)

    def _split(self, at: int) -> None:
        for columns in (self._times, self._refs):
            column = columns[at]
            middle = len(column) * 7 // 8 if at == len(columns) - 1 else len(column) // 2
            columns[at : at + 1] = [column[:middle], column[middle:]]

    def prepend(self, rows: Sequence[tuple[int, int]]) -> None:
        """Put (time, ref) in front of all, rising; older than what is there."""
        for end in range(len(rows), 0, -CHUNK):
            piece = rows[max(0, end - CHUNK) : end]
            self._times.insert(0, array("q", [time for time, _ in piece]))
            self._refs.insert(0, array("Q", [ref for _, ref in piece]))
        self._length += len(rows)
        if len(self._times) > 1 and len(self._times[0]) + len(self._times[1]) < CHUNK:
            for columns in (self._times, self._refs):
                columns[0:2] = [columns[0] + columns[1]]

    def slice(self, start: int, stop: int) -> list[int]:
        """The references of rows `start` to `stop`."""
        found: list[int] = []
        at = 0
        for refs in self._refs:
            if at + len(refs) > start and at < stop:
                found += refs[max(0, start - at) : stop - at]
            at += len(refs)
            if at >= stop:
                break
        return found

    def index_at(self, time: int) -> int:
        """How many rows are older than `time`."""
        before = 0
        for times in self._times:
            if times[-1] >= time:
                return before + bisect_left(times, time)
            before += len(times)
        return before

    def _find(self, index: int) -> tuple[int, int]:
        for at, refs in enumerate(self._refs):
            if index <= len(refs):
                return at, index
            index -= len(refs)
        return len(self._refs) - 1, len(self._refs[-1])

    @property
    def chunks(self) -> int:
        return len(self._refs)

    def keep(self, chunk: int, wanted: Callable[[int], bool]) -> None:
        """Drop from one chunk what is not wanted."""
        times, refs = self._times[chunk], self._refs[chunk]
        kept = [index for index, ref in enumerate(refs) if wanted(ref)]
        if len(kept) == len(refs):
            return
        self._length -= len(refs) - len(kept)
        self._times[chunk : chunk + 1] = [array("q", [times[index] for index in kept])] if kept else []
        self._refs[chunk : chunk + 1] = [array("Q", [refs[index] for index in kept])] if kept else []
