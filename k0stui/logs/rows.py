"""The rows of a log pane, and its counters."""

from __future__ import annotations

from dataclasses import dataclass

from k0stui.logs.collapse import Group
from k0stui.logs.source_log import SourceLog
from k0stui.model.log import LogLine, Micros


@dataclass(frozen=True, slots=True)
class Folded:
    """The lines behind a row of more than one."""

    count: int
    since: Micros
    last: Micros
    rate: float
    """Lines per second between first and last."""
    live: bool
    """The newest line of its source belongs to it."""


@dataclass(frozen=True, slots=True)
class LogRow:
    """One row of the pane."""

    key: int
    """Stays the same while the row exists: cursor and bookmarks hold on to it."""
    line: LogLine | None
    """The newest line of the row. None: it was dropped for the budget's sake meanwhile."""
    folded: Folded | None = None
    opened: bool = False
    """A member of a fold that was opened."""


@dataclass(frozen=True, slots=True)
class ViewCounters:
    """What the status line says. All of them are counts of lines, but `rows` and `gaps`."""

    stored: int
    """In memory or once there, of all sources."""
    shown: int
    """That pass the filter, with those counted on the hosts."""
    rows: int
    folded: int
    """Counted on the hosts and not sent, of all sources."""
    suppressed: int
    unparsed: int
    late: int
    dropped: int
    gaps: int


def folded(log: SourceLog, group: Group) -> Folded:
    return _fold(group.count, group.first_time, group.last_time, live=group.last == log.end - 1)


def held_back(log: SourceLog, number: int) -> Folded | None:
    """What the host counted, where this row stands for it alone."""
    fold = log.folds.get(number)
    if fold is None:
        return None
    offset = log.offset_at(number)
    return _fold(fold.count, fold.first - offset, fold.last - offset, live=number == log.end - 1)


def _fold(count: int, since: int, last: int, *, live: bool) -> Folded:
    return Folded(count, Micros(since), Micros(last), count / max((last - since) / 1e6, 1.0), live)
