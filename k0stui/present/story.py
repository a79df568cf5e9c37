"""The parts that the stories of all hosts have: who it is, what its clock and rights are, what is found about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from k0stui.model.cluster import HostObservation
from k0stui.model.finding import Finding
from k0stui.model.observed import Known, Lack, Unknown, value_or
from k0stui.present.cells import SIGNS, Cell, Line, Tone, age, sign
from k0stui.present.look import Look
from k0stui.present.states import reason
from k0stui.present.verdict import TONES

T = TypeVar("T")

LABEL = 11
"""Columns for what a line is about, indent included."""


def fact(label: str, text: Cell | str, tone: Tone = Tone.PLAIN) -> Line:
    """One line of a story: what it is about, then what is known of it."""
    return (Cell(f"  {label}".ljust(LABEL), Tone.DIM), text if isinstance(text, Cell) else Cell(text, tone))


def told(observed: Known[T] | Unknown, word: Callable[[T], str]) -> Cell:
    """The value in words; else why there is none, with what it was before."""
    if isinstance(observed, Known):
        return Cell(word(observed.value))
    was = ""
    if observed.last is not None:
        was = f" (was: {word(observed.last.value)})"  # type: ignore[arg-type]
    if observed.lack in (Lack.UNREACHABLE, Lack.HOST_KEY):
        return Cell(was.strip() or "-", Tone.UNKNOWN if was else Tone.DIM)  # why is said once, above
    tone = Tone.DENIED if observed.lack is Lack.NOT_PERMITTED else Tone.UNKNOWN
    return Cell(f"{reason(observed)}{was}", tone)


def common_lines(host: HostObservation, look: Look) -> tuple[Line, ...]:
    """Name, address, role; why it does not answer; findings; clock and rights."""
    lines = [_who(host, look), *_silence(host), *(_finding(found) for found in look.about(host.name))]
    lines.append(fact("ssh", _ssh(host)))
    return tuple(lines)


def _who(host: HostObservation, look: Look) -> Line:
    role = host.known_role.value if host.known_role else "role unknown"
    status = value_or(host.status, None)
    version = f"  {status.version}, pid {status.pid}" if status else ""
    found = "  discovered" if host.discovered else ""
    seen = host.connection.age(look.now).total_seconds() if _was_seen(host.connection) else None
    return (
        Cell(host.name, Tone.HEAD),
        Cell(f"  {host.address}  {role}{version}{found}"),
        Cell(f"   {age(seconds=seen)} ago" if seen is not None else "", Tone.DIM),
    )


def _was_seen(connection: Known[Any] | Unknown) -> bool:
    return isinstance(connection, Known) or connection.last is not None


def _silence(host: HostObservation) -> tuple[Line, ...]:
    connection = host.connection
    if isinstance(connection, Known) or connection.lack is Lack.NOT_ASKED:
        return ()
    advice: tuple[Line, ...] = ()
    if connection.lack is Lack.HOST_KEY:
        advice = (fact("", f"look at it with: ssh-keygen -F {host.address}; k0stui never accepts a changed key"),)
    return (fact("silent", Cell(reason(connection, host.name), Tone.WARN)), *advice)


def _finding(found: Finding) -> Line:
    tone = TONES[found.severity]
    return (
        Cell("  finding ".ljust(LABEL), Tone.DIM),
        Cell(f"{sign(tone)} {SIGNS[tone].word} ", tone),
        Cell(f"{found.rule}: {found.sentence}"),
    )


def _ssh(host: HostObservation) -> Cell:
    connection = value_or(host.connection, None)
    if connection is None:
        return Cell("-", Tone.DIM)
    clock = told(
        host.clock, lambda found: f"clock {found.offset * 1000:+.0f} ms, round trip {found.round_trip * 1000:.0f} ms"
    )
    rights = "sudo ok" if connection.sudo else "NO SUDO: what only root may read is unknown"
    return Cell(f"{clock.text}; {rights}", Tone.PLAIN if connection.sudo else Tone.DENIED)
