"""When which template was a flood: more than twenty lines in a second. Such a template folds in place."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter

RATE = 20
"""Lines of one template in one second (of the log's time) from which on it is a flood."""

BRIDGE = 3
"""Seconds. Floods come in bursts (the API server dials in fives): quieter seconds between them do not end one."""


REMEMBERED = 4_000
"""Templates whose last second is kept; then those are forgotten that have been quiet."""


class HotSpans:
    """Per template of one source: the spans of seconds in which it was a flood."""

    def __init__(self) -> None:
        self._second: dict[int, list[int]] = {}
        """Template to the second under way and its count."""
        self._spans: dict[int, list[list[int]]] = {}
        """Template to spans of seconds, in the order of time."""

    def add(self, times: array[int], templates: array[int], start: int) -> None:
        """Count the lines from index `start` on, second by second."""
        while start < len(times):
            second = times[start] // 1_000_000
            end = max(start + 1, bisect_left(times, (second + 1) * 1_000_000, start))
            for template, lines in Counter(templates[start:end]).items():
                self._count(template, second, lines)
            start = end

    def _count(self, template: int, second: int, lines: int) -> None:
        if len(self._second) > REMEMBERED:
            self._second = {one: last for one, last in self._second.items() if last[0] >= second - BRIDGE}
        last = self._second.get(template)
        if last is None or last[0] != second:
            last = self._second[template] = [second, 0]
        last[1] += lines
        if last[1] >= RATE:
            self._heat(template, second, second)

    def weigh(self, template: int, first: int, last: int, count: int) -> None:
        """Count lines that were folded on the host; times in microseconds."""
        start, end = first // 1_000_000, last // 1_000_000
        if count >= RATE * (end - start + 1):
            self._heat(template, start, end)

    def _heat(self, template: int, start: int, end: int) -> None:
        spans = self._spans.setdefault(template, [])
        if spans and spans[-1][0] - BRIDGE <= end and start <= spans[-1][1] + BRIDGE:
            spans[-1][0], spans[-1][1] = min(spans[-1][0], start), max(spans[-1][1], end)
        else:
            spans.append([start, end])

    def span(self, template: int, time: int) -> int:
        """Which flood of this template `time` (microseconds) lies in: its start; -1: none."""
        spans = self._spans.get(template)
        if not spans:
            return -1
        second = time // 1_000_000
        span = spans[bisect_right(spans, second, key=_start) - 1]
        return span[0] if span[0] <= second <= span[1] + 1 else -1


def _start(span: list[int]) -> int:
    return span[0]
