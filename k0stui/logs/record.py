"""From the bytes that a host sends to records: one time, one tag, one text each, however the bytes were cut.

Three forms come: `journalctl -o short-unix` (the stream), `-o json` (single records, recordings) and files, which are
CRI (`/var/log/pods`) or k0s' own lines (OpenRC). Readers are total: any bytes give records, at worst unparsed ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import NamedTuple

from k0stui.logs.iso import iso_micros

LINE_CAP = 16 * 1024
"""Characters kept of one record. k0s cuts its children's lines at 16 KiB itself (pkg/supervisor/supervisor.go)."""


class Record(NamedTuple):
    """One line of a log, before anything in its text is read."""

    time: int
    """Microseconds since 1970 by the host's clock; -1: the line says none, take the one before it."""
    tag: str
    """`k0s[812]`, `systemd-journald[312]`; empty for files."""
    text: str
    """The message; further lines of it follow after newlines. No NUL."""
    parsed: bool = True
    """False: the bytes had none of the forms; `text` is all of them."""


@dataclass(slots=True)
class Records:
    """Records in columns: a million objects would cost 300 MB and a garbage collection of 130 ms."""

    times: list[int] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    unparsed: set[int] = field(default_factory=set)
    """Indexes of those that had no known form."""

    def __len__(self) -> int:
        return len(self.times)

    def __getitem__(self, index: int) -> Record:
        return Record(self.times[index], self.tags[index], self.texts[index], index not in self.unparsed)

    def __iter__(self) -> Iterator[Record]:
        return (self[index] for index in range(len(self)))

    def add(self, record: Record) -> None:
        if not record.parsed:
            self.unparsed.add(len(self.times))
        self.times.append(record.time)
        self.tags.append(record.tag)
        self.texts.append(record.text)

    def part(self, start: int, stop: int) -> Records:
        """Those from index `start` to `stop`."""
        unparsed = {index - start for index in self.unparsed if start <= index < stop}
        return Records(self.times[start:stop], self.tags[start:stop], self.texts[start:stop], unparsed)

    def join(self, other: Records) -> None:
        """Append another's records."""
        self.unparsed |= {len(self.times) + index for index in other.unparsed}
        self.times += other.times
        self.tags += other.tags
        self.texts += other.texts

    def pop(self) -> Record | None:
        """Take the last away."""
        if not self.times:
            return None
        last = self[len(self) - 1]
        self.unparsed.discard(len(self) - 1)
        for column in (self.times, self.tags, self.texts):
            column.pop()
        return last


def gathered(records: Iterable[Record]) -> Records:
    """Columns of single records."""
    done = Records()
    for record in records:
        done.add(record)
    return done


def decode(data: bytes) -> str:
    """Text of a host's bytes: what is no UTF-8, and NUL (our block separator), becomes U+FFFD."""
    return data.decode("utf-8", "replace").replace("\0", "\ufffd")


class ShortReader:
    """`journalctl -o short-unix`: `1738638847.118206 HOST k0s[812]: text`, further lines of a record indented.

    journalctl indents them itself, so no message can pose as a record.
    """

    def __init__(self) -> None:
        self._waiting: Record | None = None
        self._indent = 0
        """Where the text of a record begins."""
        self._second = "\0"
        """How the line of the last record began, `1738638847.`, and between its microseconds and its text."""
        self._prefix = self._tag = ""

    def feed(self, lines: list[str]) -> Records:
        """The records that these lines complete; the last waits, since its next line may still come."""
        done = Records()
        if self._waiting is not None:
            done.add(self._waiting)
        self._read(lines, done)
        self._waiting = done.pop()
        return done

    def end(self) -> Records:
        """The record that still waits, if any."""
        done = Records()
        if self._waiting is not None:
            done.add(self._waiting)
        self._waiting = None
        return done

    def _read(self, lines: list[str], done: Records) -> None:
        """Line by line, but a run from one process within one second as a whole: that is how a flood comes."""
        at = 0
        while at < len(lines):
            at = self._read_one(lines, at, done)
            if at < len(lines) and lines[at].startswith(self._second):
                at = self._read_run(lines, at, done)

    def _read_one(self, lines: list[str], at: int, done: Records) -> int:
        line = lines[at]
        if line[:1] == " " and done.times:
            done.texts[-1] = _capped(f"{done.texts[-1]}\n{self._unindented(line)}")
            return at + 1
        record = short_record(line)
        done.add(record)
        if record.parsed and record.text:
            self._indent = len(line) - len(record.text)
            self._second, self._prefix, self._tag = line[:11], line[17 : self._indent], record.tag
        return at + 1

    def _read_run(self, lines: list[str], at: int, done: Records) -> int:
        """Take the lines from `at` on that begin as the one before did; where they end."""
        second, prefix, indent = self._second, self._prefix, self._indent
        run: list[str] = []
        for line in islice(lines, at, None):
            if not (line.startswith(prefix, 17) and line.startswith(second)) or len(line) > LINE_CAP:
                break
            run.append(line)
        micros = [line[11:17] for line in run]
        if not ("".join(micros) or "0").isdecimal():
            return at  # not journalctl's: each on its own
        base = int(second[:10] or 0) * 1_000_000
        done.times += [base + int(each) for each in micros]
        done.tags += [self._tag] * len(run)
        done.texts += [line[indent:] for line in run]
        return at + len(run)

    def _unindented(self, line: str) -> str:
        own = line[self._indent :]
        return own if line[: self._indent].isspace() else line.lstrip(" ")


def short_record(line: str) -> Record:
    """One line of `-o short-unix`; unparsed where it is none."""
    found = _short.match(line)
    if found is None:
        return Record(-1, "", _capped(line), parsed=False)
    time = int(found[1]) * 1_000_000 + int(found[2])
    return Record(time, found[3], _capped(line[found.end() :]))


_short = re.compile(r"([0-9]{10})\.([0-9]{6}) \S* ?((?:(?!: ).)*?):(?: |$)", re.DOTALL)


class CriReader:
    """`/var/log/pods/*/*/*.log`: `2026-11-22T13:38:19.28Z stderr F text`; `P`: the line goes on in the next."""

    def __init__(self) -> None:
        self._part: dict[str, Record] = {}

    def feed(self, lines: list[str]) -> Records:
        """The records that these lines complete."""
        return gathered(record for line in lines if (record := self._read(line)) is not None)

    def end(self) -> Records:
        """Parts whose end did not come."""
        rest = gathered(self._part.values())
        self._part.clear()
        return rest

    def _read(self, line: str) -> Record | None:
        stamp, _, rest = line.partition(" ")
        stream, _, rest = rest.partition(" ")
        mark, _, text = rest.partition(" ")
        time = iso_micros(stamp)
        if time < 0 or mark[:1] not in ("F", "P"):
            return Record(-1, "", _capped(line), parsed=False)
        before = self._part.pop(stream, None)
        record = Record(time, "", _capped(text if before is None else before.text + text))
        if mark[:1] == "P":
            self._part[stream] = record
            return None
        return record


class FileReader:
    """k0s' own lines under OpenRC (`/var/log/k0s.log`): local time without zone, whole seconds."""

    def __init__(self, utc_offset: timedelta = timedelta(0)) -> None:
        self.offset = utc_offset
        """Of the host's zone, positive to the east; the lines do not say it."""

    def feed(self, lines: list[str]) -> Records:
        """One record a line; a line without time (klog, a panic) takes the time of the one before."""
        return gathered(Record(self._time(line), "", _capped(line)) for line in lines if line)

    def end(self) -> Records:
        """None: lines stand alone."""
        return Records()

    def _time(self, line: str) -> int:
        if not line.startswith('time="'):
            return -1
        time = iso_micros(line[6 : line.find('"', 6)])
        return time if time < 0 else time - int(self.offset.total_seconds()) * 1_000_000


def _capped(text: str) -> str:
    return text if len(text) <= LINE_CAP else f"{text[:LINE_CAP]}[+{len(text) - LINE_CAP} characters]"
