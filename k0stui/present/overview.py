"""The head row, the verdict and its banner, the status bar: what stands around every screen."""

from __future__ import annotations

from k0stui.model.k0s import Version
from k0stui.model.observed import Known, value_or
from k0stui.present.cells import SIGNS, Cell, Line, Tone, age, sign
from k0stui.present.look import Look
from k0stui.present.mode import READ_ONLY, in_full
from k0stui.present.states import oldest
from k0stui.present.times import clock
from k0stui.present.verdict import Verdict

NARROW_ROWS = {"why": 2, "proof": 1, "not checked": 1, "next": 2, "also": 1, "muted": 1}
"""Rows that each line of the verdict may take where there is one column; those not named are left out there."""

ROOMY_ROWS = 2

HANG, NARROW_HANG = 14, 8
"""Where texts begin behind their labels."""


def head(look: Look, zone: str, mode: Cell, *, roomy: bool) -> tuple[Line, Line]:
    """Whose cluster, in which mode, how much was heard and how old it is."""
    snapshot = look.snapshot
    left = [Cell("k0stui ", Tone.DIM), Cell(f"{snapshot.cluster}  ", Tone.HEAD), in_full(mode), Cell("  ")]
    left.append(Cell(versions(look)))
    if roomy:
        counts = (
            f"  {len(snapshot.controllers)} controllers  {len(snapshot.workers)} workers  {look.matrix.expected} links"
        )
        left.append(Cell(counts, Tone.DIM))
    right = (Cell(f"  {clock(look.now, zone)}"), answered(look), oldest_age(look))
    return tuple(left), right


def versions(look: Look) -> str:
    """`v1.32.1+k0s.0`, or the first and the last where they differ."""
    found: set[Version] = {host.status.value.version for host in look.snapshot.hosts if isinstance(host.status, Known)}
    if not found:
        return ""
    return str(min(found)) if len(found) == 1 else f"{min(found)} .. {max(found)}"


def answered(look: Look) -> Cell:
    """`  ssh 7/7`."""
    hosts = look.snapshot.hosts
    reached = sum(host.is_reachable for host in hosts)
    return Cell(f"  ssh {reached}/{len(hosts)}", Tone.PLAIN if reached == len(hosts) else Tone.WARN)


def oldest_age(look: Look) -> Cell:
    """The age of the host that answered longest ago; nothing where none did."""
    last = oldest((host.connection for host in look.snapshot.hosts), look.now)
    return Cell(f"  age {age(last.age(look.now).total_seconds())}" if last else "", Tone.DIM)


def verdict_lines(told: Verdict, *, roomy: bool) -> tuple[tuple[Line, int], ...]:
    """The verdict as lines, each with the rows that it may take."""
    word = SIGNS[told.tone].word
    since = Cell(f" {told.since}" if told.since else "", Tone.DIM)
    mark = f"{sign(told.tone)} {word}"
    gap = " " * ((HANG if roomy else NARROW_HANG) - len(mark))
    beside = "proof" if not roomy and told.line("proof") else ""  # a row is dear there, and the proof has room
    first: Line = (Cell(mark, told.tone), Cell(gap), Cell(told.sentence, Tone.HEAD), *(() if beside else (since,)))
    lines: list[tuple[Line, int]] = [(first, 2)]
    for line in told.lines:
        rows = ROOMY_ROWS if roomy else NARROW_ROWS.get(line.label, 0)
        if rows:
            when = (Cell(f"{told.since}   "),) if line.label == beside and told.since else ()
            lines.append(((*_label(line.label, told, roomy), *when, Cell(line.text, line.tone)), rows))
    return tuple(lines)


def _label(label: str, told: Verdict, roomy: bool) -> tuple[Cell, ...]:
    """Label and, for what can be done, the key; on one edge, so that the eye runs down the texts."""
    width = 12 if roomy else 6
    words = {"not checked": "not checked" if roomy else "?", "ruled out": "ruled out"}.get(label, label)
    return (
        Cell(f"  {words:<{width - 1}} ", Tone.DIM),
        Cell("a  ", Tone.HEAD) if label == "next" and told.plan else Cell(""),
    )


def place(told: Verdict) -> str:
    """`f/F 1 of 3` where there is more than one finding to step through."""
    return f"f/F {told.place} of {told.causes}" if told.causes > 1 else ""


def banner(told: Verdict, look: Look, zone: str, mode: Cell = READ_ONLY) -> tuple[Line, Line]:
    """The verdict as one line, for every other pane."""
    word = SIGNS[told.tone].word
    why = told.line("why") or told.sentence
    links = f"{look.matrix.up}/{look.matrix.expected} links: " if told.line("why") else ""
    left: Line = (Cell(f"{sign(told.tone)} {word}", told.tone), Cell(f" {links}{why}"))
    return left, (Cell(f"  {look.snapshot.cluster}", Tone.HEAD), Cell(" "), mode, Cell(f"  {clock(look.now, zone)}"))


def trip(look: Look) -> float | None:
    """The slowest host's round trip, seconds; None before one was measured."""
    trips = [value_or(host.clock, None) for host in look.snapshot.hosts]
    return max((found.round_trip for found in trips if found), default=None)
