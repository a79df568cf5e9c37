"""What was done, written down before it is done: an append-only file of JSON lines, synced line by line.

One record is `{seq, op, epoch, host, step, attempt, state, wall, mono, payload, crc32}`: `payload` is the event,
`state` what it made of the step (or of the operation). A last line without its newline was torn by a crash and is
dropped: nothing was done on it, since an act follows only a whole, synced record. Anything else that is not right (a
gap in `seq`, a bad checksum, a line that is no record) means that people decide: `JournalBroken`.

Appending blocks for one fsync, milliseconds, in a process that draws nothing: on purpose, nothing may overtake it.
"""

from __future__ import annotations

import fcntl
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from k0stui.errors import JournalBroken, UsageError
from k0stui.model.event import Effect, Event
from k0stui.model.operation import Operation, Plan, begin, decode_plan
from k0stui.model.transition import advance, fold

JOURNAL, PLAN = "journal.jsonl", "plan.json"
FREE = 64 * 2**20
"""Bytes that must be free where the journal lies (gate C-09); an operation writes some 100 KiB."""


@dataclass(frozen=True, slots=True)
class Record:
    """One line."""

    seq: int
    """From 1, without a gap."""
    op: str
    epoch: int
    host: str
    step: str
    attempt: int
    state: str
    """`S0` … `SX` of the step, or the operation's state where no step is meant."""
    wall: datetime
    """UTC, our clock: for people."""
    mono: float
    """Seconds of our monotonic clock: for durations within one process."""
    payload: Event

    def line(self) -> bytes:
        """The record with its checksum, newline included."""
        body = msgspec.json.encode(self)
        return body[:-1] + b',"crc32":%d}\n' % zlib.crc32(body)


def state_home(environment: Mapping[str, str]) -> Path:
    """Where operations are kept: `$XDG_STATE_HOME/k0stui/operations`, by default below ~/.local/state."""
    base = environment.get("XDG_STATE_HOME", "")
    root = Path(base) if base.startswith("/") else Path(environment.get("HOME", "/root")) / ".local/state"
    return root / "k0stui/operations"


class Journal:
    """The journal of one operation, open for appending."""

    def __init__(self, directory: Path, operation: Operation, lines: list[bytes]) -> None:
        self.operation = operation
        """The fold of all that is written, this process's events included."""
        self.directory = directory
        self.lines = lines
        """All records as they are in the file: copied to the controllers, so that another machine can adopt."""
        self._seq = len(lines)
        self._dead = ""
        self._file = os.open(directory / JOURNAL, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW)

    @classmethod
    def create(cls, home: Path, operation: str, plan: Plan) -> Journal:
        """A new operation: its directory (0700), its plan, and an empty journal, all synced.

        Raises:
            JournalBroken: the disk does not keep what is written, or is too full.
        """
        directory = home / operation
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            directory.mkdir(mode=0o700)
            _write(directory / PLAN, plan.canonical())
            _write(directory / JOURNAL, b"")
            _sync_directory(directory)
            _sync_directory(home)
            if os.statvfs(directory).f_bavail * os.statvfs(directory).f_frsize < FREE:
                raise OSError(28, "less than 64 MiB free")
        except OSError as error:
            raise JournalBroken(f"{directory}: {error.strerror}: no act without a journal") from error
        return cls(directory, begin(operation, plan), [])

    def claim(self) -> None:
        """From here on nobody else writes it, until it is closed or this process ends: two writers would number their
        records alike, and nobody could read them again.

        Raises:
            UsageError: another process of this machine does.
        """
        with suppress(BlockingIOError):
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(self._file).st_size == sum(map(len, self.lines)):
                return
        raise UsageError(f"{self.operation.id} is carried on by another process of this machine: stop that one first.")

    @classmethod
    def rebuilt(cls, home: Path, operation: str, plan: bytes, lines: Iterable[bytes]) -> Journal:
        """The journal of another machine, from the copies that its controllers have.

        Raises:
            JournalBroken: records are missing or damaged, or this machine has an operation of that name.
        """
        decoded = decode_plan(plan)
        whole = b"".join(merged(lines))
        fold(begin(operation, decoded), (record.payload for record in parse(whole)))
        journal = cls.create(home, operation, decoded)
        journal._keep(whole)
        journal.close()
        return cls.reopen(journal.directory)

    @classmethod
    def reopen(cls, directory: Path) -> Journal:
        """An operation begun earlier; a torn last line is cut off.

        Raises:
            JournalBroken: see `read`.
        """
        raw = _read(directory / JOURNAL)
        whole = raw[: raw.rfind(b"\n") + 1]
        if len(whole) < len(raw):
            os.truncate(directory / JOURNAL, len(whole))
        operation = folded(directory, tuple(parse(whole)))
        return cls(directory, operation, whole.splitlines(keepends=True))

    def append(self, event: Event, wall: datetime, mono: float) -> tuple[Effect, ...]:
        """Write one event and wait until the disk has it; `operation` is what it made of it. What must be done now.

        Raises:
            JournalBroken: it cannot be kept, now or ever again in this process, or it is not possible now.
        """
        event = replace(event, at=wall)
        after, effects = advance(self.operation, event)
        record = self._record(after, event, wall, mono)
        self._keep(record.line())
        self.lines.append(record.line())
        self._seq, self.operation = record.seq, after
        return effects

    @property
    def is_alive(self) -> bool:
        """Whether it can still be written to."""
        return not self._dead

    def close(self) -> None:
        with suppress(OSError):
            os.close(self._file)

    def _record(self, after: Operation, event: Event, wall: datetime, mono: float) -> Record:
        step = next((step for step in after.steps if step.id == event.step), None)
        host, attempt = (str(step.host or ""), step.attempt) if step else ("", 0)
        state = step.state.value if step else after.state.value
        return Record(self._seq + 1, after.id, after.epoch, host, event.step, attempt, state, wall, mono, event)

    def _keep(self, line: bytes) -> None:
        """After one failed write or fsync nothing more is believed: the kernel may have dropped the page."""
        if self._dead:
            raise JournalBroken(self._dead)
        try:
            if os.write(self._file, line) != len(line):
                raise OSError(28, "only a part was written")
            os.fsync(self._file)
        except OSError as error:
            self._dead = f"{self.directory / JOURNAL}: {error.strerror}: no act without a journal"
            raise JournalBroken(self._dead) from error


def parse(raw: bytes) -> Iterator[Record]:
    """The records of a journal; a last line without its newline is left out.

    Raises:
        JournalBroken: a line before the end is damaged, missing or no record.
    """
    lines = raw.split(b"\n")[:-1]
    for seq, line in enumerate(lines, 1):
        yield _record(line, seq)


def folded(directory: Path, records: tuple[Record, ...]) -> Operation:
    """What `records` made of the plan that lies beside them; raises JournalBroken."""
    plan = decode_plan(_read(directory / PLAN))
    operation = begin(directory.name, plan)
    if any(record.op != directory.name for record in records):
        raise JournalBroken(f"{directory / JOURNAL}: it is the journal of another operation")
    return fold(operation, (record.payload for record in records))


def read(directory: Path) -> tuple[Operation, tuple[Record, ...]]:
    """An operation and its records, for those who only look; raises JournalBroken."""
    records = tuple(parse(_read(directory / JOURNAL)))
    return folded(directory, records), records


def find(home: Path, operation: str = "") -> Path:
    """The directory of one operation; without a name the only unfinished one.

    Raises:
        UsageError: there is none, or more than one.
    """
    if operation:
        if "/" in operation or not (home / operation / PLAN).is_file():
            raise UsageError(f"there is no operation {operation!r} here; `k0stui operations` lists them")
        return home / operation
    unfinished = [directory for directory in directories(home) if not read(directory)[0].state.is_over]
    if len(unfinished) != 1:
        names = ", ".join(directory.name for directory in unfinished) or "none"
        raise UsageError(f"name the operation; unfinished: {names}")
    return unfinished[0]


def directories(home: Path) -> tuple[Path, ...]:
    """All operations of this machine, oldest first."""
    found = home.glob(f"*/{PLAN}") if home.is_dir() else ()
    return tuple(path.parent for path in sorted(found, key=lambda path: (path.stat().st_mtime, path)))


def merged(lines: Iterable[bytes]) -> list[bytes]:
    """One journal out of the copies of several hosts, in order.

    The guard's own lines between them are left out. Where two operators wrote the same number, the one of the higher
    epoch counts, and what the fenced one wrote after it does not.
    """
    best: dict[int, tuple[int, bytes]] = {}
    for line in lines:
        seq, epoch = _number(line)
        if seq and epoch > best.get(seq, (-1, b""))[0]:
            best[seq] = (epoch, line)
    kept: list[bytes] = []
    highest = 0
    for seq in sorted(best):
        epoch, line = best[seq]
        if epoch >= highest:
            highest = epoch
            kept.append(line)
    return kept


def _number(line: bytes) -> tuple[int, int]:
    """seq and epoch of a line that is a whole record, zeros for any other."""
    try:
        body = line.rstrip(b"\n").rpartition(b',"crc32":')[0] + b"}"
        record = msgspec.json.decode(body, type=Record)
        return (record.seq, record.epoch) if line.endswith(b"\n") else (0, 0)
    except (ValueError, msgspec.DecodeError):
        return (0, 0)


def _record(line: bytes, seq: int) -> Record:
    body, mark, checksum = line.rpartition(b',"crc32":')
    body += b"}"
    # Byte for byte: `int` would also take ` 7 ` for 7.
    if not mark or checksum != b"%d}" % zlib.crc32(body):
        raise JournalBroken(f"journal line {seq}: its checksum is wrong; resume by hand only")
    try:
        record = msgspec.json.decode(body, type=Record)
    except (ValueError, msgspec.DecodeError) as error:
        raise JournalBroken(f"journal line {seq} is no record ({error}); resume by hand only") from error
    if record.seq != seq:
        raise JournalBroken(f"journal line {seq} has number {record.seq}: records are missing; resume by hand only")
    return record


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise JournalBroken(f"{path}: {error.strerror}") from error


def _write(path: Path, content: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, content)
        os.fsync(file)
    finally:
        os.close(file)


def _sync_directory(path: Path) -> None:
    file = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def as_json(record: Record) -> dict[str, Any]:
    """For `--json` and exports."""
    plain: dict[str, Any] = json.loads(msgspec.json.encode(record))
    return plain
