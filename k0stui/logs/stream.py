"""Where one host's stream stands: what to ask next, and what an answer changes. The loop around it is `engine/follow`.

The cursor moves only after all of an answer has been kept: an answer that was lost is asked for again, and one that
came is never asked for twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import compress

from k0stui.logs import marks
from k0stui.logs.batch import (
    LIMIT,
    LOOKING_BACK,
    LOOKING_BACK_BYTES,
    UNITS,
    Ask,
    Batch,
    cursor_time,
    first_command,
    journal_command,
    read_first,
    read_journal,
)
from k0stui.logs.parse import CONTINUATION, MARK
from k0stui.logs.processes import Processes
from k0stui.logs.record import Records
from k0stui.logs.skew import Skew
from k0stui.logs.source_log import Fold, Gap, SourceLog
from k0stui.logs.squelch import Squelch
from k0stui.logs.store import LogStore
from k0stui.model.log import Source
from k0stui.ports import Command, Reply

BEHIND = timedelta(minutes=10)
"""Of log waiting after a full batch: then reading goes on at now. Follow shows *now* (k9s#1019: 14 min behind)."""

SKEWED = 50_000
"""Microseconds of a host's clock from ours from which on a time means another line there."""

CATCH_UP = 500_000
"""Lines read without a pause in between before reading goes on at now."""

_HEADS = bytes(not flags & (CONTINUATION | MARK) for flags in range(256))
"""By flags: whether it is the first line of a record."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, by the clock that is handed in."""

    at: datetime
    monotonic: float


@dataclass(frozen=True, slots=True)
class _Return:
    """A host was gone and is back."""

    gone: datetime
    back: datetime
    read_to: int
    """Microseconds, its clock: the last line read before."""
    oldest: int | None
    """The oldest line that its journal still has."""

    @property
    def lost_some(self) -> bool:
        """The journal does not reach back to the last line read."""
        return self.oldest is not None and 0 < self.read_to < self.oldest


@dataclass(frozen=True, slots=True)
class Span:
    """A range of time that is wanted, by our clock."""

    since: datetime
    until: datetime | None = None
    """None: to its end, and on from there."""


class JournalStream:
    """One host's journal: its cursor, its floods, its clock. With a `span` it begins there instead of at the newest
    lines, and skips nothing; it has an end where the span has one."""

    def __init__(self, source: Source, store: LogStore, span: Span | None = None, log: SourceLog | None = None) -> None:
        self.behind = False
        """More is waiting than one batch took: ask again at once."""
        self._name = str(source.host)
        self._store = store
        self._log = log or store.log(source)
        self._span = span
        self._seeking: int | None = 0 if span else None
        """The host's clock ahead of ours in microseconds, as far as it was known when the first line was sought;
        None: it is found."""
        self._ahead = 0
        """The same, when it was found: both ends of the span are told to the host by one measure."""
        self._units = (source.unit,) if source.unit in UNITS else UNITS
        self._squelch = Squelch()
        self._processes = Processes()
        self._skew = Skew()
        self._cursor = ""
        self._systemd = 0
        self._limit = LIMIT
        self._recovered = 0
        self._returned: _Return | None = None
        """Told when all that was waiting has been read."""
        self._reaching = False
        """The cursor's entry is gone from the journal: the next request begins at the oldest one left."""
        self._skipped_from: int | None = None
        self._notes: set[str] = set()
        self._asked = Ask()

    @property
    def floods(self) -> bool:
        """The host counts lines of a flood for us."""
        return self._squelch.floods

    def ask(self, now: Moment, gone: datetime | None, *, uncapped: bool) -> Command:
        """The command for the next batch; `gone` since when the host could not be asked before this."""
        if self._span is not None and self._seeking is not None:
            return first_command(self._units, micros(self._span.since) + self._seeking)
        ask = Ask(
            self._cursor,
            self._squelch.hot(now.monotonic),
            limit=self._limit,
            systemd=self._systemd,
            resuming=gone is not None,
            reaching=self._reaching,
            units=self._units,
            until=self._until,
        )
        if self._span is not None:
            ask = replace(ask, show=LOOKING_BACK, bytes=LOOKING_BACK_BYTES)
        self._asked = ask.uncapped() if uncapped else ask
        return journal_command(self._asked)

    def keep(self, reply: Reply, now: Moment, gone: datetime | None) -> bool:
        """Keep the answer; whether it brought anything.

        Raises:
            ProbeFailed: the answer cannot be used, with its subclasses; asking again asks for the same lines.
        """
        return any([*self.keeping(reply, now, gone)])

    def keeping(self, reply: Reply, now: Moment, gone: datetime | None) -> Iterator[bool]:
        """The same in slices of a few milliseconds, between which others may have their turn. Take all of them."""
        if self._seeking is not None:
            self._found(reply)
            return
        if reply.cut:
            self._limit = max(self._limit // 4, 100)
        batch = read_journal(reply, self._asked)
        self._look_at_clock(batch, reply, now)
        if gone is not None and self._asked.cursor:
            self._returned = _Return(gone, now.at, cursor_time(self._asked.cursor), batch.oldest)
            self._recovered = 0
            if self._returned.lost_some:
                self._reaching = self.behind = True
                return
        self._reaching = False
        yield from self._store_batch(batch, now)
        self._go_on(batch, now)
        yield bool(batch.read)

    def _found(self, reply: Reply) -> None:
        """The first line of the span, sought anew where the host's clock turns out to be far from ours."""
        cursor, clock = read_first(reply)
        sought = self._seeking or 0
        if clock is not None:
            self._skew.add(micros(reply.asked), micros(reply.answered), clock)
            self._log.set_offset(self._skew.offset)
            # The host said its time somewhere between question and answer: on a busy one that may be a second.
            low, high = clock - micros(reply.answered), clock - micros(reply.asked)
            if not low - SKEWED <= sought <= high + SKEWED:
                self._seeking, self.behind = self._skew.offset, True
                return
        self._seeking, self._ahead, self._cursor = None, sought, cursor
        self._reaching = self.behind = bool(cursor)

    @property
    def _until(self) -> int:
        """For the host: the end of the span by its clock."""
        if self._span is None or self._span.until is None:
            return 0
        return micros(self._span.until) + self._ahead - 1

    def _look_at_clock(self, batch: Batch, reply: Reply, now: Moment) -> None:
        if batch.clock is None:
            return
        self._skew.add(micros(reply.asked), micros(reply.answered), batch.clock)
        self._log.set_offset(self._skew.offset)
        if self._skew.step is not None:
            self._say(marks.stepped(self._name, self._skew.step), now)

    def _store_batch(self, batch: Batch, now: Moment) -> Iterator[bool]:
        log = self._log
        log.set_boot(batch.boot)
        times = [time for each in batch.held for time in (each.first, each.last)]
        for records in batch.pieces():
            if records.times:
                times += [max(records.times), min((time for time in records.times if time > 0), default=0)]
                self._store_piece(records, now)
                yield True
        for each in batch.held:
            fold = Fold(each.count, each.first, each.last)
            self._store.fold(log, each.key, fold, self._squelch.sample(each.key))
        self._squelch.learn(batch.held, _span(times), now.monotonic)
        log.counters.suppressed += batch.suppressed
        for note in set(batch.notes) - self._notes:
            self._notes.add(note)
            self._say(marks.noted(self._name, note), now)

    def _store_piece(self, records: Records, now: Moment) -> None:
        log, start = self._log, self._log.end
        if self._skipped_from is not None:
            self._tell_skip(records.times[0])
        at = 0
        for place, tag in self._processes.begun(records.tags, log.boot_at(log.end)):
            self._store.append(log, records.part(at, place))
            text = marks.restarted(self._name, tag, booted=self._processes.booted)
            log.restarts.append(records.times[place] - log.offset_at(log.end))
            self._store.mark(log, log.restarts[-1], text)
            at = place
        self._store.append(log, records.part(at, len(records)) if at else records)
        start = max(start, log.first)
        heads = log.flags[start - log.first :].translate(_HEADS)
        templates = compress(log.templates[start - log.first :], heads)
        for template, number in dict(zip(templates, compress(range(start, log.end), heads), strict=True)).items():
            self._squelch.saw(self._store.templates[template].key, log.text(number), now.monotonic)

    def _go_on(self, batch: Batch, now: Moment) -> None:
        self._recovered += batch.read
        self._systemd = batch.systemd
        self._cursor = batch.cursor
        self.behind = batch.full
        if batch.full and self._too_far(batch, now):
            self._skipped_from = batch.last_time
            self._cursor, self._recovered = "", 0
        elif not batch.full:
            self._tell_return()
            self._recovered = 0
            self._limit = LIMIT
            if self._span is not None and self._span.until is None:
                self._span = None  # all of it has been read: from here on it is followed

    def _too_far(self, batch: Batch, now: Moment) -> bool:
        if self._span is not None:
            return False
        waiting = micros(now.at) + self._skew.offset - batch.last_time
        return waiting > BEHIND.total_seconds() * 1e6 or self._recovered >= CATCH_UP

    def _tell_skip(self, first: int) -> None:
        start, end = (self._skipped_from or 0) - self._skew.offset, first - self._skew.offset
        self._skipped_from = None
        self._store.mark(self._log, end, marks.skipped(self._name, start, end), Gap(start, end, "skipped"))

    def _tell_return(self) -> None:
        """After all that waited has been read: how much came, and whether the journal still had the beginning of it."""
        if self._returned is None:
            return
        returned, self._returned = self._returned, None
        at, lost, gap = micros(returned.back), "0", None
        if returned.oldest is not None and returned.lost_some:
            offset = self._skew.offset
            lost, gap = "an unknown number", Gap(returned.read_to - offset, returned.oldest - offset, "vacuumed")
        text = marks.back(self._name, micros(returned.gone), at, self._recovered, lost)
        self._store.mark(self._log, at, text, gap)

    def _say(self, text: str, now: Moment) -> None:
        self._store.mark(self._log, micros(now.at), text)


def micros(at: datetime) -> int:
    """Microseconds since 1970."""
    return int(at.timestamp() * 1e6)


def _span(times: list[int]) -> float:
    """Seconds between the first and the last."""
    known = [time for time in times if time > 0]
    return (max(known) - min(known)) / 1e6 if known else 0.0
