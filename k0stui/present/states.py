"""What stands in the place of a value: the value itself, or why there is none, never a zero and never a green word."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from k0stui.model.cluster import HostObservation
from k0stui.model.observed import Known, Lack, Unknown
from k0stui.present.cells import Cell, Tone, age, sign, span
from k0stui.present.look import Look

T = TypeVar("T")

STALE_AFTER = 3
"""Paces after which a value counts as stale."""

ORDER = (Tone.CRIT, Tone.WARN, Tone.UNKNOWN, Tone.DENIED, Tone.DIFFER, Tone.STALE, Tone.INFO, Tone.PLAIN, Tone.OK)
"""Problems first."""

WORDS = {
    Lack.NOT_ASKED: "asking",
    Lack.UNREACHABLE: "no answer",
    Lack.HOST_KEY: "host key changed",
    Lack.NO_ANSWER: "no answer in time",
    Lack.NOT_PERMITTED: "no permission",
    Lack.TOOL_MISSING: "a tool is missing there",
    Lack.FAILED: "unknown",
    Lack.STALE: "stale",
}


def rank(tone: Tone) -> int:
    """For sorting: 0 is worst."""
    return ORDER.index(tone) if tone in ORDER else len(ORDER)


def cell(observed: Known[T] | Unknown, told: Callable[[T], Cell]) -> Cell:
    """The value as `told` words it; else the sign of what is missing, with the last value in parentheses."""
    if isinstance(observed, Known):
        return told(observed.value)
    match observed.lack:
        case Lack.NOT_ASKED:
            return Cell("...", Tone.DIM)
        case Lack.NOT_PERMITTED:
            return Cell(sign(Tone.DENIED), Tone.DENIED)
        case Lack.TOOL_MISSING:
            return Cell("-", Tone.DIM)
        case Lack.STALE if observed.last:
            return Cell(f"~{told(observed.last.value).text}", Tone.STALE)  # type: ignore[arg-type]
        case _ if observed.last:
            return Cell(f"({told(observed.last.value).text})", Tone.UNKNOWN)  # type: ignore[arg-type]
    return Cell("?", Tone.UNKNOWN)


def age_cell(observed: Known[Any] | Unknown, look: Look) -> Cell:
    """How old the answer is; from three paces on it says that it is stale."""
    if isinstance(observed, Unknown) and observed.last is None:
        return Cell("-", Tone.DIM)
    seconds = observed.age(look.now).total_seconds()
    if seconds > look.pace * STALE_AFTER:
        return Cell(f"~{age(seconds)}", Tone.STALE)
    return Cell(age(seconds), Tone.DIM)


def oldest(observations: Iterable[Known[Any] | Unknown], now: datetime) -> Known[Any] | Unknown | None:
    """The answer that a derived value is as old as; what was never asked does not count."""
    asked = [one for one in observations if isinstance(one, Known) or one.last is not None]
    return max(asked, key=lambda one: one.age(now), default=None)


def silence(host: HostObservation, look: Look) -> Cell | None:
    """What stands in the row of a host that does not answer, instead of its values; None while it does."""
    connection = host.connection
    if isinstance(connection, Known):
        return None
    way = look.way(host.name)
    if connection.lack is Lack.NOT_ASKED:
        return Cell("... asking for the first time", Tone.DIM)
    if connection.lack is Lack.HOST_KEY:
        return Cell("ssh: host key changed; it is not asked again, Enter says more", Tone.WARN)
    why = without(host.name, connection.why)
    if way and way.retry_at and way.retry_at > look.now:
        why += f"; retry in {span((way.retry_at - look.now).total_seconds())}"
    return Cell(why, Tone.UNKNOWN)


def without(name: str, why: str) -> str:
    """A sentence without the host's name in front: the row has it."""
    return why.removeprefix(f"{name}: ")


def reason(observed: Unknown, name: str = "") -> str:
    """Why there is no value, and what was there before."""
    why = without(name, observed.why)
    word = WORDS[observed.lack]
    plain = observed.lack in (Lack.FAILED, Lack.STALE) or why.startswith(word)
    return why if plain else f"{word}: {why}" if why else word
