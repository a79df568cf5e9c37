"""An answer with its age, or the reason why there is none. Unknown is never healthy, and never zero."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Generic, TypeVar

from k0stui.errors import NotObserved

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Lack(Enum):
    """Why an answer is missing: what a pane shows in its place."""

    NOT_ASKED = "not asked"
    UNREACHABLE = "unreachable"
    HOST_KEY = "host key"
    NO_ANSWER = "no answer"
    """Connected, but the command did not end in time."""
    NOT_PERMITTED = "no permission"
    TOOL_MISSING = "tool missing"
    FAILED = "failed"
    """It answered something that the reader does not understand."""
    STALE = "stale"
    """It was known, longer ago than a pace and its limit; `last` keeps the value for display."""


@dataclass(frozen=True, slots=True)
class Known(Generic[T_co]):
    """A value as it was at one instant."""

    value: T_co
    at: datetime

    def age(self, now: datetime) -> timedelta:
        return now - self.at


@dataclass(frozen=True, slots=True)
class Unknown:
    """No value, and why."""

    why: str
    """One sentence for the operator, without the host's name where the row has it."""
    at: datetime
    lack: Lack = Lack.FAILED
    last: Known[object] | None = None
    """The value before, for display only ("was 4 agents, 40 s ago"): no rule and no gate may read it."""

    def age(self, now: datetime) -> timedelta:
        return now - (self.last.at if self.last else self.at)


Observed = Known[T] | Unknown


def require(observed: Known[T] | Unknown, what: str = "") -> T:
    """The value.

    Raises:
        NotObserved: there is none; the message says what is missing and why.
    """
    if isinstance(observed, Known):
        return observed.value
    raise NotObserved(f"{what}: {observed.why}" if what else observed.why)


def value_or(observed: Known[T] | Unknown, default: T) -> T:
    """The value, or `default`. For display and for evidence that is not needed, never for a judgement."""
    return observed.value if isinstance(observed, Known) else default


def aged(observed: Known[T] | Unknown, now: datetime, limit: timedelta) -> Known[T] | Unknown:
    """The same, but a value older than `limit` becomes `Unknown` that remembers it."""
    if isinstance(observed, Unknown) or now - observed.at <= limit:
        return observed
    seconds = int((now - observed.at).total_seconds())
    return Unknown(f"last answer {seconds} s ago", now, Lack.STALE, observed)


def succeeding(new: Known[T] | Unknown, old: Known[T] | Unknown | None) -> Known[T] | Unknown:
    """`new`, remembering the last value known in `old` where `new` has none."""
    if isinstance(new, Known) or new.last is not None or old is None:
        return new
    return replace(new, last=old if isinstance(old, Known) else old.last)
