"""Follows the logs of all hosts: one bounded batch after another, each from where the last one ended, into one store.

Each host is followed on its own: one that hangs makes its own rows old and no other's. Whatever is lost on the way is
a record in the stream and a counter; what is not lost comes exactly once.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Protocol

from k0stui.engine.ask import words
from k0stui.engine.followed import Followed, followed_hosts
from k0stui.engine.look_back import look_back, missing, refill, unfold
from k0stui.errors import NotPermitted, ToolMissing, Unreachable
from k0stui.logs import marks
from k0stui.logs.board import Board, Phase, Stream
from k0stui.logs.store import LogStore
from k0stui.logs.stream import JournalStream, Moment, Span, micros
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.host import HostName
from k0stui.ports import Clock, Command, Reply, Shell

REFUSED = 30.0
"""Seconds until a host that refused its journal is asked again: somebody may be granting the right just now."""

FLOODED = 2.0
"""Seconds between batches of a host that floods: to begin a batch costs it as much as to read a thousand lines, and of
the flood only its number is sent."""

BACKOFF = (1.0, 2.0, 4.0, 8.0, 10.0)
"""Seconds until a host that was lost is asked again."""


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


async def follow_watched(watch: Watching, store: LogStore, board: Board, channel: Callable[[Shell], Shell]) -> None:
    """Follow every host that is watched from when it has told its name, and fetch ranges that are wanted.

    `channel` gives the shell for logs beside the one for questions.
    """
    known: dict[HostName, Followed] = {}
    async with asyncio.TaskGroup() as group:
        while True:
            for followed in followed_hosts(watch.snapshot(keep=False), watch.shells(), channel):
                if (name := followed.shell.host) not in known:
                    known[name] = followed
                    group.create_task(
                        follow_host(followed, store, watch.clock, board, lambda _: None), name=f"logs of {name}"
                    )
            for range_ in _wanted(known, store, watch.clock, board):
                group.create_task(range_, name="a range of logs")
            await watch.clock.sleep(0.5)


def _wanted(
    known: Mapping[HostName, Followed], store: LogStore, clock: Clock, board: Board
) -> Iterator[Coroutine[None, None, object]]:
    """What the board asks for, each once: what lies before, under a fold, in a gap."""
    while board.wanted:
        wanted = board.wanted.popleft()
        for each in known.values():
            if (span := missing(each, wanted, store)) is not None:
                yield look_back(each, span, store, clock, board)
    while board.unfold:
        unfolding = board.unfold.popleft()
        yield unfold(known.get(unfolding.source.host), unfolding, clock, board)
    while board.refill:
        gap = board.refill.popleft()
        yield refill(known.get(gap.source.host), gap, store, clock, board)


async def read_newest(followed: Followed, store: LogStore, clock: Clock, board: Board) -> str:
    """Read one host's newest lines once; why they could not be had, or nothing."""
    await _Follower(followed, store, clock, board).turn()
    return board.streams[followed.shell.host].why


def _phase(host: HostName) -> float:
    """0 to 1: hosts take turns within the pace instead of answering all at once."""
    return zlib.crc32(host.encode()) % 997 / 997


class _Follower:
    """The streams of one host, and how they fare."""

    def __init__(self, followed: Followed, store: LogStore, clock: Clock, board: Board) -> None:
        self.pause = 0.0
        """Seconds until the next turn."""
        self._shell = followed.shell
        self._source = followed.source
        self._store = store
        self._clock = clock
        self._board = board
        self._stream = board.streams.setdefault(followed.shell.host, Stream())
        span = Span(followed.since) if followed.since else None
        self._journal = None if followed.openrc else JournalStream(self._source, store, span)
        self._files = followed.files(store)
        self._failures = 0
        self._gone: datetime | None = None

    async def turn(self) -> bool:
        """Ask for what came since; whether anything did, be it only bad news."""
        before = self._stream.phase
        try:
            brought = await self._ask_all()
        except Unreachable as error:
            self._lost(str(error))
        except Exception as error:  # noqa: BLE001 - no line of a host may end the logs of all the others
            self._refused(error)
        else:
            self._is(Phase.FOLLOWING, "")
            self._failures, self._gone = 0, None
            self.pause = 0.0 if self._journal_behind or any(files.behind for files in self._files) else self._pace
            return brought or before is not Phase.FOLLOWING
        return before is not self._stream.phase

    @property
    def _pace(self) -> float:
        flooded = self._journal is not None and self._journal.floods
        return max(self._board.pace, FLOODED) if flooded else self._board.pace

    @property
    def _journal_behind(self) -> bool:
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
        if not self._journal_behind:
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

    def _refused(self, error: Exception) -> None:
        """An answer that cannot be used may be a passing fault; a lacking right or tool stays for a while."""
        if self._stream.phase is not Phase.REFUSED:
            self._say(words(error))
        self._is(Phase.REFUSED, words(error))
        lasting = isinstance(error, NotPermitted | ToolMissing)
        self.pause = REFUSED if lasting else BACKOFF[min(self._failures, len(BACKOFF) - 1)]
        self._failures += 1

    def _say(self, why: str) -> None:
        log = self._store.log(self._source)
        self._store.mark(log, micros(self._clock.now()), marks.gone(str(self._shell.host), why))
