"""What happened in an operation, as its journal tells it: a line for each record, and how long things took."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from k0stui.model.event import Event, Kind
from k0stui.model.operation import Plan
from k0stui.present.cells import Cell, Line, Tone
from k0stui.present.times import clock

Span = tuple[datetime, datetime | None]
"""From when to when; without an end it lasts."""

QUIET = frozenset({Kind.CHOSEN, Kind.GATED})
"""Events that only lead to the next one: kept in the journal, left out of what people read."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One record of a journal, as far as it is read."""

    at: datetime
    host: str
    attempt: int
    event: Event


def happened_line(happened: Happened, plan: Plan, zone: str = "UTC") -> Line:
    """`03:23:57 k0s-worker-2  INTENT  Restart k0sworker on k0s-worker-2`."""
    event = happened.event
    step = next((step for step in plan.steps if step.id == event.step), None)
    who = happened.host or (step.host or "cluster" if step else "operation")
    again = f" (attempt {happened.attempt})" if happened.attempt > 1 and event.kind is Kind.INTENT else ""
    title = step.title if step else ""
    said = "; ".join(part for part in (title + again, event.why) if part)
    return (
        Cell(f"{clock(happened.at, zone)} ", Tone.DIM),
        Cell(f"{who:<14} "),
        Cell(f"{event.kind.value.upper():<12} ", _tone(event.kind)),
        Cell(said),
    )


def _tone(kind: Kind) -> Tone:
    if kind in (Kind.VERIFIED, Kind.PROVEN, Kind.UNLOCKED, Kind.COVERED):
        return Tone.OK
    if kind in (Kind.FAILED, Kind.NEEDS_HUMAN, Kind.EXPOSED, Kind.HOLD_LOST, Kind.EPOCH_LOST):
        return Tone.CRIT
    if kind in (Kind.BLOCKED, Kind.REFUSED, Kind.LOCK_REFUSED, Kind.NOT_PROVEN, Kind.PAUSED, Kind.UNKNOWN):
        return Tone.WARN
    return Tone.PLAIN


def told(happened: Iterable[Happened]) -> Iterator[Happened]:
    """Without what only leads to the next one."""
    return (it for it in happened if it.event.kind not in QUIET)


def step_spans(happened: Sequence[Happened]) -> dict[str, Span]:
    """When each step was begun (its first INTENT), and when it was verified or failed."""
    spans: dict[str, Span] = {}
    for it in happened:
        event = it.event
        if event.kind is Kind.INTENT:
            spans[event.step] = (spans[event.step][0] if event.step in spans else it.at, None)
        elif event.kind in (Kind.VERIFIED, Kind.FAILED) and event.step in spans:
            spans[event.step] = (spans[event.step][0], it.at)
    return spans


def spans_of(happened: Sequence[Happened], begin: Kind, end: Sequence[Kind]) -> Span | None:
    """From the first `begin` to the last of `end` after it: HELD, EXPOSED, the proof."""
    first = next((it.at for it in happened if it.event.kind is begin), None)
    if first is None:
        return None
    return first, next((it.at for it in reversed(happened) if it.event.kind in end and it.at >= first), None)
