"""Ranges of a journal that somebody wants: before what is there, under a fold, in a gap; each fetched once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from k0stui.engine.ask import words
from k0stui.engine.followed import Followed
from k0stui.logs import marks
from k0stui.logs.board import Board, Refill, Unfolding
from k0stui.logs.store import LogStore
from k0stui.logs.stream import JournalStream, Moment, Span, micros
from k0stui.ports import Clock

NO_JOURNAL = "{}: no journal there that can be asked again (OpenRC); only what is followed can be shown"


async def read_range(followed: Followed, span: Span, store: LogStore, clock: Clock, board: Board) -> str:
    """Read a range of one host's logs once; why it could not be had, or nothing.

    Container files have no index by time: their newest 64 KiB are read in any case.
    """
    if why := await look_back(followed, span, store, clock, board):
        return why
    try:
        for files in followed.files(store):
            files.keep(await followed.shell.run(files.ask()))
    except Exception as error:  # noqa: BLE001 - no line of a host may end the logs of all the others
        return words(error)
    return ""


def missing(followed: Followed, wanted: Span, store: LogStore) -> Span | None:
    """What of a wanted range lies before the first line that we have of a host; None: nothing does."""
    known = [log.times[0] for log in store.logs if log.source == followed.source and log.times]
    if not known:
        return wanted
    first = datetime.fromtimestamp(min(known) / 1e6, UTC)
    return Span(wanted.since, first) if wanted.since < first else None


async def look_back(followed: Followed, span: Span, store: LogStore, clock: Clock, board: Board) -> str:
    """Fetch a closed range of one host's journal into a log of its own; why it could not be had, or nothing."""
    if followed.openrc:
        return NO_JOURNAL.format(followed.shell.host)
    source = followed.source
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
    except Exception as error:  # noqa: BLE001 - no line of a host may end the logs of all the others
        return words(error)
    finally:
        board.fetching -= 1
