"""Those who watch an executor: what its journal tells, what it waits for, how it ended, as lines and an exit status."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from k0stui.commands.carrying import is_own_fleet, plan_in, start
from k0stui.commands.printing import show_lines
from k0stui.connect import executor_process
from k0stui.engine.journal import Record, parse, read
from k0stui.errors import UsageError
from k0stui.model.operation import Operation
from k0stui.model.rows import ACTING
from k0stui.present.cells import plain
from k0stui.present.happened import Happened, happened_line, told
from k0stui.present.harmless import harmless_line
from k0stui.present.operation import is_done, needs_person, next_words, result_text

DONE, STOPPED, BAD_INPUT, PERSON = 0, 1, 2, 3
"""Exit status of `run` and `resume`: done and proven; refused, stopped or paused; bad input; a person must decide."""


class Follower:
    """Prints what is new in a journal, and what is waited for."""

    def __init__(self, directory: Path, write: Callable[[str], None]) -> None:
        self.directory = directory
        self.plan = plan_in(directory)
        self._write = write
        self._size = self._shown = 0
        self._awaited = ""

    def show(self, awaits: str = "") -> None:
        """New records; then what is awaited, when that is another sentence than before."""
        path = self.directory / "journal.jsonl"
        if path.stat().st_size != self._size:
            raw = path.read_bytes()
            self._size = len(raw)
            happened = [happened_of(record) for record in parse(raw)]
            for it in told(happened[self._shown :]):
                self._write(plain(happened_line(it, self.plan)).rstrip())
            self._shown = len(happened)
        kind = re.sub(r"\d+", "", awaits.partition(" (")[0])
        if awaits and kind != self._awaited:
            self._write(f"          ... {awaits}")
        self._awaited = kind


def happened_of(record: Record) -> Happened:
    """A record of the journal as what is read of it."""
    return Happened(record.wall, record.host, record.attempt, record.payload)


async def follow(directory: Path, write: Callable[[str], None]) -> Operation:
    """Watch an executor's socket until it ends; the operation then.

    Raises:
        UsageError: none answers.
    """
    follower = Follower(directory, write)
    async for message in executor_process.watch(directory):
        follower.show(str(message.get("awaits", "")))
    follower.show()
    operation = read(directory)[0]
    if operation.state in ACTING:
        write(f"          the executor has ended: {_last_line(directory / executor_process.LOG)}")
    return operation


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else "it said nothing; was it killed?"


async def see_through(directory: Path, arguments: argparse.Namespace, words: Sequence[str] = ()) -> int:
    """Start the executor, watch it to its end or pause, and say how it stands; the exit status."""
    if is_own_fleet(arguments):
        raise UsageError(
            "a simulated fleet of this process ends with it; `k0stui demo --serve DIR` gives one that stays."
        )
    pid = start(directory, arguments, words)
    print(f"operation {directory.name}, executor pid {pid}, its log: {directory / executor_process.LOG}", flush=True)
    return say_end(await follow(directory, print_line))


def say_end(operation: Operation) -> int:
    """The last lines, and the exit status."""
    print_line(f"{operation.id}: {result_text(operation)}")
    if not is_done(operation) or operation.leftovers:
        show_lines(f"  {words}" for words in next_words(operation))
    return exit_status(operation)


def exit_status(operation: Operation) -> int:
    if is_done(operation):
        return DONE
    return PERSON if needs_person(operation) or operation.exposed else STOPPED


def print_line(line: str) -> None:
    print(harmless_line(line), flush=True)


def say_left(directory: Path) -> None:
    """What becomes of it when its viewer is interrupted."""
    message = f"no longer watched: the executor finishes the host in flight, then waits; k0stui resume {directory.name}"
    print(f"\n{message}", file=sys.stderr)


async def is_carried(directory: Path) -> bool:
    """Whether an executor answers for this operation on this machine."""
    try:
        _, writer = await asyncio.open_unix_connection(str(directory / executor_process.SOCKET))
    except OSError:
        return False
    writer.close()
    return True
