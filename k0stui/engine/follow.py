"""Follows the logs of all hosts: one bounded batch after another, each from where the last one ended, into one store.

Each host is followed on its own: one that hangs makes its own rows old and no other's. Whatever is lost on the way is
a record in the stream and a counter; what is not lost comes exactly once.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from k0stui.errors import NotPermitted, ProbeFailed, ToolMissing, Unreachable
from k0stui.logs import marks
from k0stui.logs.files import OPENRC_FILES, POD_FILES
from k0stui.logs.store import LogStore
from k0stui.logs.stream import FileStream, JournalStream, Moment, micros
from k0stui.model.host import HostName
from k0stui.model.log import Source
from k0stui.ports import Clock, Command, Reply, Shell

WATCHED = 1.0
"""Seconds between batches while a pane shows them."""

UNWATCHED = 2.0
"""Seconds between batches for rules and counters."""

REFUSED = 30.0
"""Seconds until a host that refused its journal is asked again: somebody may be granting the right just now."""

BACKOFF = (1.0, 2.0, 4.0, 8.0, 10.0)
"""Seconds until a host that was lost is asked again."""


class Phase(Enum):
    """How the stream of one host fares: what the pane says of it."""

    WAITING = "waiting"
    FOLLOWING = "following"
    GONE = "gone"
    REFUSED = "refused"


@dataclass(slots=True)
class Stream:
    """The state of one host's stream."""

    phase: Phase = Phase.WAITING
    why: str = ""
    since: datetime | None = None
    batches: int = 0
    bytes: int = 0
    """Received, before any decompression: what `:debug` shows as the cost."""
    seconds: float = 0.0
    """That the host was busy for us, by our clock."""


@dataclass(slots=True)
class Board:
    """What the screens and `follow_logs` tell each other."""

    watched: bool = True
    uncapped_until: float = 0.0
    """Monotonic: until then nothing is folded on the hosts (`:uncap 30s`)."""
    streams: dict[HostName, Stream] = field(default_factory=dict)

    @property
    def pace(self) -> float:
        return WATCHED if self.watched else UNWATCHED


@dataclass(frozen=True, slots=True)
class Followed:
    """One host whose logs are wanted."""

    shell: Shell
    """A log channel of its own, so that a long batch delays no probe."""
    unit: str
    """`k0scontroller` or `k0sworker`: what its journal is called here."""
    worker: bool = False
    """Pods run on it: follow the files of agent and balancer too."""
    openrc: bool = False
    """No journal: follow k0s' own files."""


async def follow_logs(
    hosts: Iterable[Followed], store: LogStore, clock: Clock, board: Board, changed: Callable[[HostName], None]
) -> None:
    """Follow all hosts until cancelled; `changed` is called after each batch that brought anything."""
    async with asyncio.TaskGroup() as group:
        for followed in hosts:
            group.create_task(
                follow_host(followed, store, clock, board, changed), name=f"logs of {followed.shell.host}"
            )


async def follow_host(
    followed: Followed, store: LogStore, clock: Clock, board: Board, changed: Callable[[HostName], None]
) -> None:
    """Follow one host until cancelled."""
    follower = _Follower(followed, store, clock, board)
    await clock.sleep(_phase(followed.shell.host) * board.pace)
    while True:
        if await follower.turn():
            changed(followed.shell.host)
        await clock.sleep(follower.pause)


def _phase(host: HostName) -> float:
    """0 to 1: hosts take turns within the pace instead of answering all at once."""
    return zlib.crc32(host.encode()) % 997 / 997


class _Follower:
    """The streams of one host, and how they fare."""

    def __init__(self, followed: Followed, store: LogStore, clock: Clock, board: Board) -> None:
        self.pause = 0.0
        """Seconds until the next turn."""
        self._shell = followed.shell
        self._source = Source(followed.shell.host, followed.unit)
        self._store = store
        self._clock = clock
        self._board = board
        self._stream = board.streams.setdefault(followed.shell.host, Stream())
        self._journal = None if followed.openrc else JournalStream(self._source, store)
        self._files = _file_streams(followed, self._source, store)
        self._failures = 0
        self._gone: datetime | None = None

    async def turn(self) -> bool:
        """Ask for what came since; whether anything did, be it only bad news."""
        before = self._stream.phase
        try:
            brought = await self._ask_all()
        except Unreachable as error:
            self._lost(str(error))
        except ProbeFailed as error:
            self._refused(error)
        else:
            self._is(Phase.FOLLOWING, "")
            self._failures, self._gone = 0, None
            self.pause = 0.0 if self._behind else self._board.pace
            return brought or before is not Phase.FOLLOWING
        return before is not self._stream.phase

    @property
    def _behind(self) -> bool:
        return self._journal is not None and self._journal.behind

    async def _ask_all(self) -> bool:
        brought = False
        if self._journal is not None:
            now = self._now()
            uncapped = now.monotonic < self._board.uncapped_until
            reply = await self._ask(self._journal.ask(now, self._gone, uncapped=uncapped))
            brought = self._journal.keep(reply, self._now(), self._gone)
        if not self._behind:
            for files in self._files:
                brought |= files.keep(await self._ask(files.ask()))
        return brought

    async def _ask(self, command: Command) -> Reply:
        started = self._clock.monotonic()
        reply = await self._shell.run(command)
        self._stream.batches += 1
        self._stream.bytes += len(reply.stdout)
        self._stream.seconds += self._clock.monotonic() - started
        return reply

    def _now(self) -> Moment:
        return Moment(self._clock.now(), self._clock.monotonic())

    def _is(self, phase: Phase, why: str) -> None:
        if self._stream.phase is not phase:
            self._stream.since = self._clock.now()
        self._stream.phase, self._stream.why = phase, why

    def _lost(self, why: str) -> None:
        if self._gone is None:
            self._gone = self._clock.now()
            self._say(why)
        self._is(Phase.GONE, why)
        self.pause = BACKOFF[min(self._failures, len(BACKOFF) - 1)]
        self._failures += 1

    def _refused(self, error: ProbeFailed) -> None:
        """An answer that cannot be used may be a passing fault; a lacking right or tool stays for a while."""
        if self._stream.phase is not Phase.REFUSED:
            self._say(str(error))
        self._is(Phase.REFUSED, str(error))
        lasting = isinstance(error, NotPermitted | ToolMissing)
        self.pause = REFUSED if lasting else BACKOFF[min(self._failures, len(BACKOFF) - 1)]
        self._failures += 1

    def _say(self, why: str) -> None:
        log = self._store.log(self._source)
        self._store.mark(log, micros(self._clock.now()), marks.gone(str(self._shell.host), why))


def _file_streams(followed: Followed, source: Source, store: LogStore) -> list[FileStream]:
    streams = []
    if followed.openrc:
        streams.append(FileStream(source, store, OPENRC_FILES, pods=False))
    if followed.worker:
        streams.append(FileStream(source, store, POD_FILES, pods=True))
    return streams
