"""The journal of a simulated host in batches, as the log channel asks for it; the folding is the real awk's work."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice

from k0stui.demo.errand import Done, Errand
from k0stui.demo.journal import Entry
from k0stui.demo.lines import cursor, short_unix
from k0stui.demo.said import Asked, Said, say
from k0stui.logs.batch import Ask, first_command, journal_command
from k0stui.logs.files import files_command

SYSTEMD = 252
"""What `journalctl --version` says."""

_TEXT = journal_command(Ask()).argv[2]
_FIRST = first_command((), 0).argv[2]
_FILES = files_command((), None).argv[2]


def is_batch(asked: Asked) -> bool:
    return asked.command.argv[:2] == ("sh", "-c") and asked.command.argv[2] == _TEXT


def is_files(asked: Asked) -> bool:
    return asked.command.argv[:2] == ("sh", "-c") and asked.command.argv[2] == _FILES


def files(asked: Asked) -> Said:
    """A simulated host has no log files of containers: none is found, and the clock is UTC."""
    return say("Z +0000\nEND\n")


def is_first(asked: Asked) -> bool:
    return asked.command.argv[:2] == ("sh", "-c") and asked.command.argv[2] == _FIRST


def first(asked: Asked) -> Said:
    """`since units` -> the cursor of the first entry of that time or later."""
    begin = asked.now + float(asked.arguments[0]) - asked.wall(asked.now).timestamp()
    journal, number = asked.host.journal, asked.host.journal.total(begin)
    end, step = begin, 1.0
    while end < asked.now and journal.total(end) == number:
        end, step = end + step, step * 2
    entry = next(iter(journal.between(begin, min(end, asked.now))), None)
    return say(_head(asked, "") + (f"C {cursor(asked, entry)}\n" if entry else ""))


def batch(asked: Asked) -> Errand:
    """`cursor lines show hot program wishes units each bytes` -> the lines, folded."""
    since, lines, show, hot, program, wishes, units, each, size = asked.arguments
    head = _head(asked, wishes).encode()
    options = ("-v", f"show={show}", "-v", f"each={each}", "-v", f"bytes={size}")

    def journal() -> bytes:
        found = entries_after(asked, since, int(lines.lstrip("+")))
        return "".join(journalctl(asked, [entry for entry in found if _is_before(asked, entry, units)])).encode()

    def finish(done: Done) -> Said:
        return Said(head + done.stdout, done.stderr, done.status)

    environment = {"HOT": hot, "LC_ALL": "C", "PATH": os.environ.get("PATH", "/usr/bin:/bin")}
    return Errand(("awk", *options, program), journal, environment, finish)


def entries_after(asked: Asked, since: str, lines: int) -> Iterable[Entry]:
    """The first `lines` after a cursor (`--after-cursor=`) or from it on (`--cursor=`); without one the newest."""
    journal, now = asked.host.journal, asked.now
    match = re.search(r"\bi=([0-9a-f]+)", since)
    if match is None:
        return journal.newest(lines, now)
    number = int(match[1], 16) - since.startswith("--cursor=")
    return islice(journal.since(number, _end(asked, since, number + lines)), lines)


def _end(asked: Asked, since: str, number: int) -> float:
    """A time after the cursor's by which so many entries were written: a flood of hours is not made as a whole."""
    when = re.search(r"\bt=([0-9a-f]+)", since)
    ago = asked.wall(asked.now).timestamp() - int(when[1], 16) / 1e6 if when else 1e6
    end, step = asked.now - ago, 1.0
    while end < asked.now and asked.host.journal.total(end) < number:
        end, step = end + step, step * 2
    return min(end, asked.now)


def _is_before(asked: Asked, entry: Entry, options: str) -> bool:
    """Whether an entry is not later than `--until=@SECONDS`, where that is given."""
    until = re.search(r"--until=@([\d.]+)", options)
    return until is None or asked.wall(entry.at).timestamp() <= float(until[1])


def journalctl(asked: Asked, entries: list[Entry]) -> Iterator[str]:
    """What journalctl prints with --show-cursor, and its status as the question's script adds it."""
    yield from (f"{short_unix(asked, entry)}\n" for entry in entries)
    if entries:
        yield f"-- cursor: {cursor(asked, entries[-1])}\n"
    yield "R 0\n"


def _head(asked: Asked, wishes: str) -> str:
    head = f"H {asked.wall(asked.now).timestamp():.9f} +0000\n"
    if "v" in wishes:
        head += f"V {SYSTEMD}\n"
    if "o" in wishes:
        first = next(iter(asked.host.journal.since(0, asked.now)), None)
        head += f"O {asked.wall(first.at).timestamp():.6f}\n" if first else ""
    return head


def journal_lines(asked: Asked, count: int) -> Said:
    """The newest lines, for whoever asks journalctl by hand."""
    return say("".join(f"{short_unix(asked, entry)}\n" for entry in asked.host.journal.newest(count, asked.now)))
