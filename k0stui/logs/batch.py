"""One bounded batch of a host's journal: the command that asks for it by cursor, and what it answered.

`journalctl -f` would be simpler and is worse: it cannot be held back, counts nothing exactly and stalls with a cursor
(systemd#4739). A batch resumes where the last one ended, whatever happened in between.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from importlib.resources import files

from k0stui.errors import NotPermitted, ProbeFailed, ToolMissing
from k0stui.logs.answer import Answer, HeldBack
from k0stui.logs.record import Records, ShortReader, decode
from k0stui.ports import CAP, Command, Reply, script

LIMIT = 20_000
"""Lines that one batch reads. At 100,000 lines/s of journalctl that is 0.2 s of the host's time."""

SHOW = 200
"""Lines that one batch sends at most, and as many warnings again."""

EACH = 5
"""Lines of one template that pass in one second of the log."""

BYTES = 64 * 1024
"""That one batch sends at most; what is over is counted under its template."""

FIRST = 1_000
"""Lines to begin with, when there is no cursor: the newest."""

TIMEOUT = 20.0
"""Seconds. The host ends journalctl itself after them."""

OLDEST_FIRST = 255
"""systemd. From here on `-n +N` names what `-n N` did before with a cursor: the first N after it (systemd#28777)."""

UNITS = ("k0scontroller", "k0sworker")

PIECE = 1_500
"""Lines that are kept in one go: some 4 ms."""

LOOKING_BACK = 5_000
"""Lines that one batch sends at most of a range that was asked for: nobody waits for the next second."""

LOOKING_BACK_BYTES = CAP // 2

_SCRIPT = """\
date '+H %s.%N %z'
case $6 in *v*) journalctl --version | sed -n 's/^systemd \\([0-9]*\\).*/V \\1/p';; esac
case $6 in *o*) journalctl -q --no-pager -o short-unix $7 | sed -n 's/^\\([0-9.]*\\) .*/O \\1/p;1q';; esac
read_journal() {
  timeout 20 nice -n 10 journalctl -q --no-pager -a -o short-unix --show-cursor "-n$2" ${1:+"$1"} $3
  echo "R $?"
}
if command -v awk >/dev/null; then
  HOT=$4; export HOT; read_journal "$1" "$2" "$7" | awk -v "show=$3" -v "each=$8" -v "bytes=$9" "$5"
else
  echo 'N no awk'; read_journal "$1" "$3" "$7"
fi
"""


_FIRST = """\
date '+H %s.%N %z'
command -v journalctl >/dev/null || exit 127
timeout 20 nice -n 10 journalctl -q --no-pager -o export "--since=@$1" $2 | sed -n '/^__CURSOR=/{s//C /p;q;}'
"""


@dataclass(frozen=True, slots=True)
class Hot:
    """A template that floods one host: from now on its lines are counted there."""

    key: str
    literal: str
    """What every line of it contains and no other line does: found a hundred times faster than a key. May be empty."""
    samples: int
    """Lines of it that pass all the same in this batch."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What to ask one host next."""

    cursor: str = ""
    """Of the last line answered; empty: begin with the newest lines."""
    hot: tuple[Hot, ...] = ()
    limit: int = LIMIT
    show: int = SHOW
    each: int = EACH
    bytes: int = BYTES
    systemd: int = 0
    """The host's version; 0: not known, the answer will say."""
    resuming: bool = False
    """After a loss of connection: the answer says how far back the journal goes."""
    reaching: bool = False
    """The cursor's entry is gone: begin with the first one left. After a cursor that it does not find an older
    journalctl leaves that one out (systemd#30288)."""
    units: tuple[str, ...] = UNITS
    until: int = 0
    """Microseconds since 1970 by the host's clock: no line after them; 0: to the end."""

    def uncapped(self) -> Ask:
        """The same without squelch, for `:uncap`."""
        most = self.limit
        return replace(self, hot=(), show=most, each=most, bytes=CAP // 2)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one answer brought."""

    lines: list[str]
    """As journalctl wrote them."""
    held: tuple[HeldBack, ...] = ()
    read: int = 0
    """Lines that the host read: all that came since the cursor, or the limit. Sent and held back add up to it."""
    cursor: str = ""
    """Where the next batch begins; the old one where nothing came."""
    full: bool = False
    """The limit was reached: more is waiting."""
    clock: int | None = None
    """Microseconds since 1970 by the host's clock, when it began to answer."""
    zone: timedelta = timedelta(0)
    systemd: int = 0
    oldest: int | None = None
    """The oldest line of the units, where asked: what lay before it is gone."""
    suppressed: int = 0
    """Lines that journald's rate limit dropped, by its own records in this batch."""
    notes: tuple[str, ...] = ()
    """What the host could not do, in words."""

    def pieces(self) -> Iterator[Records]:
        """What the lines say, so many at a time that nobody waits for a key meanwhile."""
        reader = ShortReader()
        for at in range(0, len(self.lines), PIECE):
            yield reader.feed(self.lines[at : at + PIECE])
        yield reader.end()

    @property
    def records(self) -> Records:
        """All at once."""
        found = Records()
        for piece in self.pieces():
            found.join(piece)
        return found

    @property
    def boot(self) -> str:
        return cursor_part(self.cursor, "b")

    @property
    def last_time(self) -> int:
        """Of the cursor: microseconds by the host's clock; 0: no cursor."""
        return cursor_time(self.cursor)


@cache
def program() -> str:
    """`fold.awk` as it is sent: without comments and indentation, a third shorter."""
    text = (files("k0stui.logs") / "fold.awk").read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("#"))


def journal_command(ask: Ask) -> Command:
    """The command for one batch."""
    limit = ask.limit if ask.cursor else FIRST
    lines = f"+{limit}" if ask.cursor and ask.systemd >= OLDEST_FIRST else str(limit)
    wishes = ("" if ask.systemd else "v") + ("o" if ask.resuming else "")
    units = _unit_options(ask.units) + (f" --until=@{ask.until / 1e6:.6f}" if ask.until else "")
    hot = "\n".join(f"{each.samples}\t{each.key}\t{each.literal}" for each in ask.hot)
    where = f"--{'' if ask.reaching else 'after-'}cursor={ask.cursor}" if ask.cursor else ""
    arguments = (where, lines, str(ask.show), hot, program(), wishes, units, str(ask.each), str(ask.bytes))
    return script(_SCRIPT, *arguments, sudo=True, timeout=TIMEOUT + 5)


def first_command(units: tuple[str, ...], since: int) -> Command:
    """Ask for the first line of a time (microseconds, the host's clock) or later: there a look back begins."""
    return script(_FIRST, f"{since / 1e6:.6f}", _unit_options(units), sudo=True, timeout=TIMEOUT + 5)


def read_first(reply: Reply) -> tuple[str, int | None]:
    """The cursor of that line, empty where there is none, and the host's clock in microseconds.

    Raises:
        NotPermitted, ToolMissing: as `read_journal`.
    """
    answer = Answer.of(decode(reply.stdout))
    _check_rights(reply, answer)
    return answer.first, answer.clock


def _unit_options(units: tuple[str, ...]) -> str:
    return " ".join(f"-u{unit}" for unit in units)


def read_journal(reply: Reply, ask: Ask) -> Batch:
    """Read the answer.

    Raises:
        NotPermitted: the login may not read the journal.
        ToolMissing: the host has no journalctl.
        ProbeFailed: journalctl failed otherwise, or the end of the answer is missing.
    """
    answer = Answer.of(decode(reply.stdout))
    _check(reply, answer)
    read, limit = (answer.read, ask.limit) if answer.ended else (_records_in(answer.lines), ask.show)
    return Batch(
        lines=answer.lines,
        held=tuple(answer.held),
        read=read,
        cursor=answer.cursor or ask.cursor,
        full=read >= limit and bool(ask.cursor),
        clock=answer.clock,
        zone=answer.zone,
        systemd=answer.systemd or ask.systemd,
        oldest=answer.oldest,
        suppressed=sum(_suppressed(line) for line in answer.lines if "Suppressed " in line),
        notes=tuple(answer.notes),
    )


def _check(reply: Reply, answer: Answer) -> None:
    _check_rights(reply, answer)
    said = reply.error_text
    if answer.status is None:
        raise ProbeFailed(f"the journal: the answer has no end (exit status {reply.exit_status}) {said}".rstrip())
    if answer.status == 1 and not said:
        return  # nothing matches: -n with -u says so by its status alone (systemd 252)
    if answer.status not in (0, 124) or (answer.status == 124 and not answer.cursor):
        raise ProbeFailed(f"journalctl: exit status {answer.status} {said}".rstrip())


def _check_rights(reply: Reply, answer: Answer) -> None:
    said = reply.error_text
    if "insufficient permissions" in said or "not seeing messages from other users" in said:
        raise NotPermitted("the journal: no permission; sudo, or membership in the group systemd-journal, grants it")
    if answer.status == 127 or (answer.status is None and reply.exit_status in (126, 127)):
        raise ToolMissing("journalctl: not on this host")


def _records_in(lines: list[str]) -> int:
    return sum(not line.startswith(" ") for line in lines)


_suppressed_text = re.compile(r"[0-9.]+ \S+ systemd-journald\[[0-9]+\]: Suppressed ([0-9]{1,12}) messages from ")


def _suppressed(line: str) -> int:
    """journald's own record of what its rate limit dropped; it comes with `-u`."""
    found = _suppressed_text.match(line)
    return int(found[1]) if found else 0


def cursor_part(cursor: str, name: str) -> str:
    """A field of journald's cursor (`s` file, `i` sequence number, `b` boot, `t` time); empty where it is not there."""
    for part in cursor.split(";"):
        if part.startswith(f"{name}="):
            return part[2:]
    return ""


def cursor_time(cursor: str) -> int:
    """Microseconds of the cursor's entry; 0 where it says none, or one that no calendar has."""
    found = re.fullmatch("[0-9a-f]{1,13}", cursor_part(cursor, "t"))
    return int(found[0], 16) if found else 0
