"""Lines as they come, once each and in order."""

from __future__ import annotations

from datetime import UTC, datetime

from k0stui.logs.filter import parse
from k0stui.logs.store import LogStore
from k0stui.logs.tail import Tail
from tests.logs.lines import START, log_of, own, records

NOW = datetime.fromtimestamp(START / 1e6, UTC)
EVER = 1 << 62


def said(tail: Tail, until: int = EVER) -> list[str]:
    return [row.line.message for row in tail.take(until) if row.line]


def test_each_line_once_and_hosts_in_one_order() -> None:
    """Two hosts' lines come in the order of time, and none comes again."""
    store = LogStore()
    store.append(log_of(store, "c1"), records(own("one"), own("three"), step=2_000))
    store.append(log_of(store, "c2"), records(own("two"), start=START + 1_000))
    tail = Tail(store, parse(""), NOW)

    assert said(tail) == ["one", "two", "three"]
    store.append(log_of(store, "c2"), records(own("four"), start=START + 9_000))
    assert said(tail) == ["four"]
    assert said(tail) == []


def test_lines_wait_until_the_window_has_passed() -> None:
    """A line newer than the time given is kept for later, so that one from a slower host can come before it."""
    store = LogStore()
    store.append(log_of(store, "c1"), records(own("late"), start=START + 2_000_000))
    tail = Tail(store, parse(""), NOW)

    assert said(tail, START + 1_000_000) == []
    store.append(log_of(store, "c2"), records(own("early"), start=START + 1_500_000))
    assert said(tail) == ["early", "late"]


def test_the_filter_and_its_times_hold() -> None:
    """Only what passes comes, also by time."""
    store = LogStore()
    store.append(log_of(store), records(own("a1"), own("b"), own("a2"), step=10_000_000))

    assert said(Tail(store, parse("a since:03:14:20"), NOW.replace(minute=20))) == ["a2"]
