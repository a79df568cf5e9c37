"""Follows the logs of all hosts: one bounded batch after another, each from where the last one ended, into one store.

Each host is followed on its own: one that hangs makes its own rows old and no other's. Whatever is lost on the way is
a record in the stream and a counter; what is not lost comes exactly once.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from k0stui.errors import NotPermitted, ProbeFailed, ToolMissing, Unreachable
from k0stui.logs import marks
from k0stui.logs.board import Board, Phase, Refill, Stream, Unfolding
from k0stui.logs.file_stream import FileStream
from k0stui.logs.files import OPENRC_FILES, POD_FILES
from k0stui.logs.store import LogStore
from k0stui.logs.stream import JournalStream, Moment, Span, micros
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.host import HostName
from k0stui.model.log import Source
from k0stui.model.observed import Known
from k0stui.ports import Clock, Command, Reply, Shell

REFUSED = 30.0
"""Seconds until a host that refused its journal is asked again: somebody may be granting the right just now."""

FLOODED = 2.0
"""Seconds between batches of a host that floods: to begin a batch costs it as much as to read a thousand lines, and of
the flood only its number is sent."""

NO_JOURNAL = "{}: no journal there that can be asked again (OpenRC); only what is followed can be shown"

BACKOFF = (1.0, 2.0, 4.0, 8.0, 10.0)
"""Seconds until a host that was lost is asked again."""


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
    since: datetime | None = None
    """Begin there instead of at the newest lines."""


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


class Watching(Protocol):
    """`engine.observe.Watch`, as far as following needs it."""

    clock: Clock

    def snapshot(self, *, keep: bool = True) -> ClusterSnapshot: ...

    def shells(self) -> dict[HostName, Shell]: ...


async def follow_watched(
    watch: Watching, store: LogStore, board: Board, channel: Callable[[Shell], Shell], since: datetime | None = None
) -> None:
    """Follow every host that is watched from when it has told its name, and fetch ranges that are wanted.

    `channel` gives the shell for logs beside the one for questions.
    """
    known: dict[HostName, Followed] = {}
    async with asyncio.TaskGroup() as group:
        while True:
            shells = watch.shells()
            for followed in followed_hosts(watch.snapshot(keep=False), shells, channel, since):
                if (name := followed.shell.host) not in known:
                    known[name] = followed
                    group.create_task(
                        follow_host(followed, store, watch.clock, board, lambda _: None), name=f"logs of {name}"
                    )
            while board.wanted:
                wanted = board.wanted.popleft()
                for each in known.values():
                    if (span := missing(each, wanted, store)) is not None:
                        group.create_task(look_back(each, span, store, watch.clock, board), name="look back")
            while board.unfold and (unfolding := board.unfold.popleft()):
                group.create_task(unfold(known.get(unfolding.source.host), unfolding, watch.clock, board))
            while board.refill and (gap := board.refill.popleft()):
                group.create_task(refill(known.get(gap.source.host), gap, store, watch.clock, board))
            await watch.clock.sleep(0.5)


def followed_hosts(
    snapshot: ClusterSnapshot,
    shells: Mapping[HostName, Shell],
    channel: Callable[[Shell], Shell],
    since: datetime | None = None,
) -> tuple[Followed, ...]:
    """Those hosts of a snapshot that answered and whose role is known."""
    found = []
    for host in snapshot.hosts:
        role, shell = host.known_role, shells.get(host.name)
        if host.is_reachable and role is not None and shell is not None:
            unit = "k0scontroller" if role.is_controller else "k0sworker"
            openrc = isinstance(host.identity, Known) and host.identity.value.init == "openrc"
            found.append(Followed(_Named(host.name, channel(shell)), unit, role.is_worker, openrc, since))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Named:
    """A shell under the name that the host has in snapshots."""

    host: HostName
    inner: Shell

    async def run(self, command: Command) -> Reply:
        return await self.inner.run(command)

    async def close(self) -> None:
        await self.inner.close()


def missing(followed: Followed, wanted: Span, store: LogStore) -> Span | None:
    """What of a wanted range lies before the first line that we have of a host; None: nothing does."""
    source = Source(followed.shell.host, followed.unit)
    known = [log.times[0] for log in store.logs if log.source == source and log.times]
    if not known:
        return wanted
    first = datetime.fromtimestamp(min(known) / 1e6, UTC)
    return Span(wanted.since, first) if wanted.since < first else None


async def look_back(followed: Followed, span: Span, store: LogStore, clock: Clock, board: Board) -> str:
    """Fetch a closed range of one host's journal into a log of its own; why it could not be had, or nothing."""
    if followed.openrc:
        return NO_JOURNAL.format(followed.shell.host)
    source = Source(followed.shell.host, followed.unit)
    stream = JournalStream(source, store, span, store.past(source))
    why = await _fetched(followed, stream, clock, board, uncapped=False)
    if why:
        store.mark(store.log(source), micros(clock.now()), marks.gone(str(followed.shell.host), why))
    return why


async def unfold(followed: Followed | None, unfolding: Unfolding, clock: Clock, board: Board) -> None:
    """Fetch all lines of a range, with those that the host would only count."""
    if followed is None or followed.openrc:
        unfolding.why = NO_JOURNAL.format(unfolding.source.host)
    else:
        stream = JournalStream(unfolding.source, unfolding.store, unfolding.span)
        unfolding.why = await _fetched(followed, stream, clock, board, uncapped=True)
    unfolding.done = True


async def refill(followed: Followed | None, wanted: Refill, store: LogStore, clock: Clock, board: Board) -> None:
    """Fill a gap; it is none any more when all of it came."""
    if followed is None:
        return
    start, end = (datetime.fromtimestamp(time / 1e6, UTC) for time in (wanted.gap.start, wanted.gap.end))
    if not await look_back(followed, Span(start, end), store, clock, board):
        for log in store.logs:
            if wanted.gap in log.gaps:
                log.gaps.remove(wanted.gap)


async def _fetched(followed: Followed, stream: JournalStream, clock: Clock, board: Board, *, uncapped: bool) -> str:
    """Pull a stream to the end of its span; why it could not be done, or nothing."""
    board.fetching += 1
    try:
        while True:
            now = Moment(clock.now(), clock.monotonic())
            reply = await followed.shell.run(stream.ask(now, None, uncapped=uncapped))
            for _ in stream.keeping(reply, now, None):
                await asyncio.sleep(0)
            if not stream.behind:
                return ""
    except (Unreachable, ProbeFailed) as error:
        return str(error)
    finally:
        board.fetching -= 1


async def read_once(followed: Followed, span: Span | None, store: LogStore, clock: Clock, board: Board) -> str:
    """Read one host's logs once: a range of its journal, or the newest lines; why they could not be had, or nothing.

    Container files have no index by time: their newest 64 KiB are read in any case.
    """
    if span is None:
        follower = _Follower(followed, store, clock, board)
        await follower.turn()
        return board.streams[followed.shell.host].why
    if why := await look_back(followed, span, store, clock, board):
        return why
    source = Source(followed.shell.host, followed.unit)
    try:
        for files in _file_streams(followed, source, store):
            files.keep(await followed.shell.run(files.ask()))
    except (Unreachable, ProbeFailed) as error:
        return str(error)
    return ""


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
        span = Span(followed.since) if followed.since else None
        self._journal = None if followed.openrc else JournalStream(self._source, store, span)
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
            self.pause = 0.0 if self._behind else self._pace
            return brought or before is not Phase.FOLLOWING
        return before is not self._stream.phase

    @property
    def _pace(self) -> float:
        flooded = self._journal is not None and self._journal.floods
        return max(self._board.pace, FLOODED) if flooded else self._board.pace

    @property
    def _behind(self) -> bool:
        return self._journal is not None and self._journal.behind

    async def _ask_all(self) -> bool:
        brought = False
        if self._journal is not None:
            now = self._now()
            uncapped = now.monotonic < self._board.uncapped_until
            reply = await self._ask(self._journal.ask(now, self._gone, uncapped=uncapped))
            for part in self._journal.keeping(reply, self._now(), self._gone):
                brought |= part
                await asyncio.sleep(0)
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
