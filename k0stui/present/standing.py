"""HELD and EXPOSED: what stands on every screen until it is over, with its clock, its cause and what it waits for.

Both are facts of the cluster, whoever made them so. What an operation of ours knows better (since when) comes from its
journal; else the clock runs from the first look that showed it. Source: safety.md section 4.1, screens.md section 2.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from k0stui.model import wiring
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.event import Kind
from k0stui.model.observed import Known
from k0stui.model.operation import Operation
from k0stui.plans.exposure import exposed, listens, unsure
from k0stui.present.cells import Cell, Line, Tone, took
from k0stui.present.happened import Happened, spans_of
from k0stui.present.look import Look
from k0stui.rules.agents_held import RULE as AGENTS_HELD
from k0stui.rules.facts.wording import counted, names


@dataclass(frozen=True, slots=True)
class Stand:
    """One of the two, while it lasts."""

    since: datetime
    seen: datetime
    """The newest look that showed it; older than the look on the screen: nobody could look since."""
    nodes: tuple[str, ...] = ()
    """Held: whose agents wait. Exposed: whose agents dial a balancer that is not there."""
    is_told: bool = False
    """A journal says since when; else it may stand longer than we look."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands now; None: it does not."""

    held: Stand | None = None
    exposed: Stand | None = None


NOTHING = Standing()


def standing(
    look: Look, before: Standing = NOTHING, operation: Operation | None = None, happened: Sequence[Happened] = ()
) -> Standing:
    """What this look shows. Where it could not see, what stood before stands on: unknown is never "over"."""
    snapshot, now = look.snapshot, look.now
    span = spans_of(happened, Kind.HELD, (Kind.RELEASED,)) if operation and operation.held else None
    dark = exposed(snapshot)
    dark_since = operation.exposed_since if operation and operation.exposed else None
    return Standing(
        _stand(_held(look), before.held, span[0] if span else None, now, sees=_sees_daemonset(snapshot)),
        _stand(dark, before.exposed, dark_since, now, sees=not unsure(snapshot)),
    )


def _stand(
    nodes: tuple[str, ...], before: Stand | None, told: datetime | None, now: datetime, *, sees: bool
) -> Stand | None:
    if not nodes and told is None:
        return None if sees else before
    since = told or (before.since if before else now)
    return Stand(since, now if nodes or sees or before is None else before.seen, nodes, told is not None)


def _held(look: Look) -> tuple[str, ...]:
    """Nodes of agents that wait for a new target; the rule knows an OnDelete of the owner's own from ours."""
    return next((found.subjects for found in look.diagnosis.findings if found.rule == AGENTS_HELD.id), ())


def _sees_daemonset(snapshot: ClusterSnapshot) -> bool:
    return isinstance(snapshot.daemonset(wiring.DAEMONSET), Known)


def banner_lines(stands: Standing, look: Look) -> tuple[Line, ...]:
    """One line for each, EXPOSED first and in reverse video; empty where nothing stands."""
    lines: list[Line] = []
    if stands.exposed is not None:
        words = f"{_exposed_words(stands.exposed)}{_doubt(stands.exposed, look)}"
        lines.append((Cell(f" EXPOSED {_clock(stands.exposed, look)}  {words} ", Tone.BANNER),))
    if stands.held is not None:
        words = f"  {_held_words(stands.held, look)}{_doubt(stands.held, look)}"
        lines.append((Cell(f"HELD {_clock(stands.held, look)}", Tone.WARN), Cell(words)))
    return tuple(lines)


def _clock(stand: Stand, look: Look) -> str:
    """`8m22s`, or `8m22s+` where it began before we looked."""
    return f"{took((look.now - stand.since).total_seconds())}{'' if stand.is_told else '+'}"


def _exposed_words(stand: Stand) -> str:
    where = names(stand.nodes) if stand.nodes else "workers"
    return f"no balancer for the agents of {where}: restart these first"


def _held_words(stand: Stand, look: Look) -> str:
    """Who waits, and how much of what they wait for is there."""
    workers = look.snapshot.workers
    ready = sum(map(listens, workers))
    who = counted(len(stand.nodes), "agent") if stand.nodes else "agents"
    stay = "stays" if len(stand.nodes) == 1 else "stay"
    return f"{who} {stay} where they are until every worker has its balancer: {ready} of {len(workers)} have"


def _doubt(stand: Stand, look: Look) -> str:
    """Since when nobody could look."""
    return f" (not seen for {took((look.now - stand.seen).total_seconds())})" if stand.seen < look.now else ""
