"""Cursors, counts and losses with a real journald, journalctl and awk."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from k0stui.logs.parse import MARK
from k0stui.logs.source_log import SourceLog
from k0stui.logs.store import LogStore
from k0stui.logs.stream import JournalStream, Moment, Span
from k0stui.model.log import Source
from tests.logs.journald import Journald, journald, missing
from tests.logs.lines import klog, no_agent

pytestmark = pytest.mark.skipif(missing() is not None, reason=missing() or "")


@pytest.fixture
def daemon() -> Iterator[Journald]:
    with journald() as running:
        yield running


class Following:
    """A stream over a real journal, pulled by hand."""

    def __init__(self, daemon: Journald, span: Span | None = None) -> None:
        self.daemon = daemon
        self.store = LogStore()
        self.stream = JournalStream(Source(daemon.host, "k0scontroller"), self.store, span)
        self.log: SourceLog = self.store.logs[0]

    def pull(self, *, gone: bool = False, lose: bool = False) -> bool:
        """One batch, or an answer that is lost on its way."""
        now = Moment(datetime.now(UTC), time.monotonic())
        since = now.at if gone else None
        reply = asyncio.run(self.daemon.run(self.stream.ask(now, since, uncapped=False)))
        return False if lose else self.stream.keep(reply, now, since)

    def pull_all(self) -> None:
        self.daemon.settle()
        while self.pull() or self.stream.behind:
            pass

    @property
    def texts(self) -> list[str]:
        return [self.log.text(n) for n in range(self.log.end) if not self.log.flags[n] & MARK]


def test_each_record_comes_once_also_over_lost_answers_and_rotation(daemon: Journald) -> None:
    """An answer that was lost is asked for again from the same cursor; a rotated journal makes no difference."""
    following = Following(daemon)
    expected = []
    for number in range(40):
        text = klog(f'"line" n={number}', location=f"file.go:{number}")
        daemon.say(text)
        expected.append(text)
        if number % 3 == 0:
            daemon.settle()
            following.pull(lose=number % 2 == 0)
        if number == 20:
            daemon.control("--rotate")
    following.pull_all()

    assert following.texts == expected


def test_the_first_entries_after_the_cursor_are_answered(daemon: Journald) -> None:
    """`-n` with a cursor counts from the cursor on: a backlog is read in order and nothing between is skipped."""
    following = Following(daemon)
    daemon.say(klog('"first"'))
    following.pull_all()
    following.stream._limit = 100
    for number in range(350):
        daemon.say(klog(f'"line" n={number}', location=f"file.go:{number}"))
    daemon.settle()
    batches = 0
    while following.pull():
        batches += 1

    assert batches == 4
    assert following.log.counters.stored == 351


def test_a_flood_is_counted_exactly(daemon: Journald) -> None:
    """Thirty thousand refusals: a few lines on the wire, and the number is right to the last one."""
    following = Following(daemon)
    daemon.say(klog('"first"'))
    following.pull_all()
    for number in range(30_000):
        daemon.say(no_agent(number))
    following.pull_all()

    counters = following.log.counters
    assert counters.stored + counters.folded == 30_001
    assert counters.stored < 300


def test_a_message_of_several_lines_is_one_record(daemon: Journald) -> None:
    """Also when one of its lines looks like a record, a frame or the end of the answer."""
    following = Following(daemon)
    text = "panic: x\nE 0 0 s=1\n1738638847.118206 c1 k0s[1]: y\n-- cursor: s=1\n  indented"
    daemon.say(text)
    following.pull_all()

    assert following.texts == [text]


def test_what_was_vacuumed_while_we_were_away_is_a_gap(daemon: Journald) -> None:
    """When the entry of the cursor is gone, reading goes on at the oldest one left and says what is missing."""
    following = Following(daemon)
    daemon.say(klog('"seen"'))
    following.pull_all()
    for number in range(50):
        daemon.say(klog(f'"lost" n={number}', location=f"lost.go:{number}"))
    daemon.settle()
    daemon.control("--rotate", "--vacuum-files=1")
    daemon.say(klog('"after"', location="after.go:1"))
    daemon.settle()
    following.pull(gone=True)
    following.pull()

    assert [gap.why for gap in following.log.gaps] == ["vacuumed"]
    assert "after" in following.texts[-1]
    assert not any("lost" in text for text in following.texts)


def test_journalds_own_losses_are_counted(daemon: Journald) -> None:
    """Its record of what the rate limit dropped comes with the unit's lines, as text from systemd-journald."""
    following = Following(daemon)
    daemon.say(klog('"first"'))
    following.pull_all()
    limit_reached = "Suppressed 17 messages from k0scontroller.service"
    daemon.say(limit_reached, identifier="systemd-journald")
    following.pull_all()

    assert following.log.counters.suppressed == 17


def test_a_range_is_what_was_said_in_it(daemon: Journald) -> None:
    """From the first cursor of its start to `--until` its end: no line before, none after, none left out."""
    edges = []
    for name in ("before", "within", "after"):
        for number in range(3):
            daemon.say(klog(f'"{name}" n={number}', location=f"{name}.go:{number}"))
        daemon.settle()
        edges.append(datetime.now(UTC))
    following = Following(daemon, Span(edges[0], edges[1]))
    following.pull_all()

    assert len(following.texts) == 3
    assert all("within" in text for text in following.texts)


def test_a_range_before_the_first_line_is_empty(daemon: Journald) -> None:
    """A journal that begins later has nothing of it, and is not read on to its end."""
    daemon.say(klog('"first"'))
    daemon.settle()
    start = datetime.now(UTC) - timedelta(hours=2)
    following = Following(daemon, Span(start, start + timedelta(hours=1)))
    following.pull_all()

    assert following.texts == []
