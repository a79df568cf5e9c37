"""Where one host's stream stands: what to ask next, and what an answer changes. The loop around it is `engine/follow`.

The cursor moves only after all of an answer has been kept: an answer that was lost is asked for again, and one that
came is never asked for twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

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
from k0stui.logs.files import Piece, files_command, read_files
from k0stui.logs.record import CriReader, FileReader, decode
from k0stui.logs.skew import Skew
from k0stui.logs.source_log import Fold, Gap, SourceLog
from k0stui.logs.squelch import Squelch
from k0stui.logs.store import LogStore
from k0stui.model.host import HostName
from k0stui.model.log import Source
from k0stui.ports import Command, Reply

BEHIND = timedelta(minutes=10)
"""Of log waiting after a full batch: then reading goes on at now. Follow shows *now* (k9s#1019: 14 min behind)."""

SKEWED = 50_000
"""Microseconds of a host's clock from ours from which on a time means another line there."""

CATCH_UP = 500_000
"""Lines read without a pause in between before reading goes on at now."""


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
        self._units = (source.unit,) if source.unit in UNITS else UNITS
        self._squelch = Squelch()
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
        if self._seeking is not None:
            self._found(reply)
            return False
        if reply.cut:
            self._limit = max(self._limit // 4, 100)
        batch = read_journal(reply, self._asked)
        self._look_at_clock(batch, reply, now)
        if gone is not None and self._asked.cursor:
            self._returned = _Return(gone, now.at, cursor_time(self._asked.cursor), batch.oldest)
            self._recovered = 0
            if self._returned.lost_some:
                self._reaching = self.behind = True
                return False
        self._reaching = False
        self._store_batch(batch, now)
        self._go_on(batch, now)
        return bool(batch.read or batch.records)

    def _found(self, reply: Reply) -> None:
        """The first line of the span, sought anew where the host's clock turns out to be far from ours."""
        cursor, clock = read_first(reply)
        if clock is not None:
            self._skew.add(micros(reply.asked), micros(reply.answered), clock)
            self._log.set_offset(self._skew.offset)
        if abs(self._skew.offset - (self._seeking or 0)) > SKEWED:
            self._seeking, self.behind = self._skew.offset, True
            return
        self._seeking, self._cursor = None, cursor
        self._reaching = self.behind = bool(cursor)

    @property
    def _until(self) -> int:
        """For the host: the end of the span by its clock."""
        if self._span is None or self._span.until is None:
            return 0
        return micros(self._span.until) + self._skew.offset - 1

    def _look_at_clock(self, batch: Batch, reply: Reply, now: Moment) -> None:
        if batch.clock is None:
            return
        self._skew.add(micros(reply.asked), micros(reply.answered), batch.clock)
        self._log.set_offset(self._skew.offset)
        if self._skew.step is not None:
            self._say(marks.stepped(self._name, self._skew.step), now)

    def _store_batch(self, batch: Batch, now: Moment) -> None:
        log, start = self._log, self._log.end
        log.set_boot(batch.boot)
        if self._skipped_from is not None and batch.records.times:
            self._tell_skip(batch.records.times[0])
        self._store.append(log, batch.records)
        self._remember_samples(start, now)
        for each in batch.held:
            fold = Fold(each.count, each.first, each.last)
            self._store.fold(log, each.key, fold, self._squelch.sample(each.key))
        self._squelch.learn(batch.held, _span(batch), now.monotonic)
        log.counters.suppressed += batch.suppressed
        for note in set(batch.notes) - self._notes:
            self._notes.add(note)
            self._say(marks.noted(self._name, note), now)

    def _remember_samples(self, start: int, now: Moment) -> None:
        log = self._log
        for number in range(max(start, log.first), log.end):
            key = self._store.templates[log.templates[number - log.first]].key
            self._squelch.saw(key, log.text(number), now.monotonic)

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


class FileStream:
    """Some log files of one host, by inode and offset."""

    def __init__(self, source: Source, store: LogStore, patterns: tuple[str, ...], *, pods: bool) -> None:
        self._source = source
        """Of k0s' own files; a pod's file is a source of its own."""
        self._store = store
        self._patterns = patterns
        self._pods = pods
        self._positions: dict[int, int] | None = None
        self._readers: dict[int, CriReader | FileReader] = {}

    def ask(self) -> Command:
        """The command for what came since."""
        return files_command(self._patterns, self._positions)

    def keep(self, reply: Reply) -> bool:
        """Keep the answer; whether it brought anything."""
        pieces = read_files(reply, first=self._positions is None)
        if pieces or reply.exit_status == 0:
            self._positions = (self._positions or {}) | {piece.inode: piece.next_offset for piece in pieces}
        for piece in pieces:
            if piece.data:
                self._store.append(self._log(piece), self._reader(piece).feed(decode(piece.data).split("\n")[:-1]))
        return any(piece.data for piece in pieces)

    def _reader(self, piece: Piece) -> CriReader | FileReader:
        reader = self._readers.get(piece.inode)
        if reader is None:
            reader = self._readers[piece.inode] = CriReader() if self._pods else FileReader()
        return reader

    def _log(self, piece: Piece) -> SourceLog:
        if not self._pods:
            return self._store.log(self._source)
        host: HostName = self._source.host
        return self._store.log(Source(host, piece.container), piece.container)


def micros(at: datetime) -> int:
    """Microseconds since 1970."""
    return int(at.timestamp() * 1e6)


def _span(batch: Batch) -> float:
    """Seconds of log that a batch covers."""
    times = [time for time in batch.records.times if time > 0]
    times += [time for each in batch.held for time in (each.first, each.last)]
    return (max(times) - min(times)) / 1e6 if times else 0.0
