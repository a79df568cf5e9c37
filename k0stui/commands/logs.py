"""`k0stui logs FILTER`: the journals of all hosts, filtered and in order, as text or JSON Lines.

Without a time: the newest thousand lines of each host. Exit 0: lines were shown; 1: none passed the filter; 2: bad
input, or a host's log could not be read (what the others said is shown all the same); 130: a `--follow` interrupted.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from k0stui.commands.opening import observing
from k0stui.commands.printing import show_lines
from k0stui.engine.follow import follow_logs, read_newest
from k0stui.engine.followed import Followed, followed_hosts
from k0stui.engine.look_back import read_range
from k0stui.engine.observe import Watch
from k0stui.errors import UsageError
from k0stui.logs.board import Board
from k0stui.logs.export import losses, record
from k0stui.logs.filter import parse
from k0stui.logs.presets import PRESETS
from k0stui.logs.rows import LogRow
from k0stui.logs.store import REORDER, LogStore
from k0stui.logs.stream import Span, micros
from k0stui.logs.tail import Tail
from k0stui.logs.terms import Field, Filter, Since, Until
from k0stui.logs.view import View
from k0stui.logs.when import read_when
from k0stui.model.cluster import ClusterSnapshot
from k0stui.ports import Clock, Shell
from k0stui.present.harmless import harmless_line
from k0stui.present.logs import row_text

SHOWN, NOTHING, COULD_NOT_READ = 0, 1, 2

BEFORE_UNTIL = timedelta(hours=1)
"""Where only an end is given, the range begins so long before it."""

PRINTED = 0.5
"""Seconds between two looks at what has come."""


def run(arguments: argparse.Namespace) -> int:
    if getattr(arguments, "replay", None):
        raise UsageError("a recording holds no stream of logs; `k0stui replay DIR` shows what it holds.")
    wanted = filter_of(arguments)
    return asyncio.run(_follow(arguments, wanted) if arguments.follow else _show(arguments, wanted))


def filter_of(arguments: argparse.Namespace) -> Filter:
    """The filter that argv means: words, a preset's name, `--since`, `--until` and `--only`.

    Raises:
        FilterError: with what is wrong and where.
    """
    words = arguments.filter
    if len(words) == 1 and words[0] in PRESETS:
        _complain([f"{words[0]} is a preset: {PRESETS[words[0]]}"])
        words = [PRESETS[words[0]]]
    found = parse(words[0] if len(words) == 1 else " ".join(map(_typed, words)))
    for option, when in (("since", arguments.since), ("until", arguments.until)):
        if when:
            found = found.both(parse(f'{option}:"{when}"'))
    if arguments.only:
        found = found.both(Filter((Field("host", tuple(arguments.only)),)))
    return found


def _typed(word: str) -> str:
    """One of several arguments: the shell took its quotes away, so `No agent` is two words between them."""
    quoted = any(mark in word for mark in '"/') or ":" in word or not any(letter.isspace() for letter in word)
    return word if quoted else f'"{word}"'


def span_of(wanted: Filter, now: datetime) -> Span | None:
    """The range that the filter's times name; None: it names none."""
    begins = [read_when(term.when, now) for term in wanted.of(Since) if isinstance(term, Since)]
    ends = [read_when(term.when, now) for term in wanted.of(Until) if isinstance(term, Until)]
    if not begins and not ends:
        return None
    end = min(ends, default=None)
    return Span(max(begins, default=(end or now) - BEFORE_UNTIL), end)


def channel(shell: Shell) -> Shell:
    """The shell for logs beside the one for questions, where the way to the host has one."""
    own = getattr(shell, "log_channel", None)
    return own() if own is not None else shell


async def _show(arguments: argparse.Namespace, wanted: Filter) -> int:
    """Read all once, then print what passes, oldest first."""
    store, board = LogStore(), Board()
    async with observing(arguments) as watch:
        hosts, complaints = await _hosts(watch, wanted)
        now = watch.clock.now()
        span = span_of(wanted, now)
        closed = Span(span.since, span.until or now) if span else None
        async with asyncio.TaskGroup() as group:
            reading = [group.create_task(_read(host, closed, store, watch.clock, board)) for host in hosts]
    complaints += [why for task in reading if (why := task.result())]
    view = View(store, wanted, now, folding=not arguments.json)
    view.finish()
    shown = view.rows(0, len(view))
    show_lines(_lines(shown, as_json=arguments.json))
    if not shown:
        complaints.append(f"0 of {view.counters.stored + view.counters.folded} lines pass this filter")
    _complain([*complaints, *losses(store)])
    return COULD_NOT_READ if len(complaints) > (not shown) else SHOWN if shown else NOTHING


async def _follow(arguments: argparse.Namespace, wanted: Filter) -> int:
    """Print what passes as it comes, until interrupted."""
    if wanted.of(Until):
        raise UsageError("--follow has no end; leave out --follow, or the time at which it should stop.")
    store, board = LogStore(), Board()
    async with observing(arguments) as watch:
        hosts, complaints = await _hosts(watch, wanted)
        _complain(complaints)
        if not hosts:
            return COULD_NOT_READ
        span = span_of(wanted, watch.clock.now())
        begun = [replace(host, since=span.since if span else None) for host in hosts]
        tail = Tail(store, wanted, watch.clock.now())
        async with asyncio.TaskGroup() as group:
            group.create_task(follow_logs(begun, store, watch.clock, board, lambda _: None), name="follow")
            while True:
                await watch.clock.sleep(PRINTED)
                now = watch.clock.now()
                show_lines(_lines(tail.take(micros(now) - REORDER), as_json=arguments.json))


async def _read(host: Followed, span: Span | None, store: LogStore, clock: Clock, board: Board) -> str:
    """A range, or the newest lines; why they could not be had, or nothing."""
    if span is None:
        return await read_newest(host, store, clock, board)
    return await read_range(host, span, store, clock, board)


async def _hosts(watch: Watch, wanted: Filter) -> tuple[tuple[Followed, ...], list[str]]:
    """The hosts that the filter does not leave out, and why some of them cannot be read.

    Raises:
        UsageError: it names none.
    """
    snapshot = await watch.look()
    names = [str(host.name) for host in snapshot.hosts]
    fields = [term for term in wanted.of(Field) if isinstance(term, Field) and term.name == "host"]
    taken = {name for name in names if all(field.holds(name) for field in fields)}
    if not taken:
        raise UsageError(f"no host is called so; there are {', '.join(names)}.")
    found = tuple(host for host in followed_hosts(snapshot, watch.shells(), channel) if str(host.shell.host) in taken)
    lost = taken - {str(host.shell.host) for host in found}
    return found, [_why_lost(snapshot, name) for name in sorted(lost)]


def _why_lost(snapshot: ClusterSnapshot, name: str) -> str:
    host = snapshot.find(name)
    return f"{name}: {getattr(host.connection, 'why', '') or 'not known whether k0s runs there'}" if host else name


def _lines(rows: Iterable[LogRow], *, as_json: bool) -> Iterable[str]:
    write: Callable[[LogRow], str] = record if as_json else row_text
    return map(write, rows)


def _complain(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        print(f"k0stui: {harmless_line(sentence)}", file=sys.stderr)
