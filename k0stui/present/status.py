"""The status bar: mode, link, hosts, what was dropped, how old; fixed places, so that the eye finds them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from k0stui.present.cells import Cell, Tone, bytes_, count
from k0stui.present.mode import READ_ONLY
from k0stui.present.times import clock

if TYPE_CHECKING:
    from k0stui.present.look import Look


class Measure(Protocol):
    """What the terminal's driver knows of the way to the terminal."""

    @property
    def round_trip(self) -> float | None: ...
    @property
    def rate(self) -> float: ...
    @property
    def low(self) -> bool: ...


def slots(
    look: Look | None,
    measure: Measure | None,
    frozen: tuple[datetime, int] | None,
    zone: str,
    dropped: int,
    *,
    wide: bool,
    mode: Cell = READ_ONLY,
) -> tuple[Cell, ...]:
    """Mode, link, ssh, lines of log that were dropped, and where there is room what the rules could not judge."""
    found = [_mode(frozen, zone, mode), Cell(_link(measure))]
    if look is None:
        return (*found, Cell("opening the cluster", Tone.DIM))
    found.append(_ssh(look, wide=wide))
    found.append(Cell(f"dropped {count(dropped)}", Tone.WARN if dropped else Tone.DIM))
    if wide:
        unsure = len({entry.rule for entry in look.diagnosis.inconclusive})
        found.append(Cell(f"rules {look.diagnosis.rules}{f', {unsure} inconclusive' if unsure else ''}", Tone.DIM))
    return tuple(found)


def _mode(frozen: tuple[datetime, int] | None, zone: str, mode: Cell) -> Cell:
    if frozen is None:
        return mode
    return Cell(f"FROZEN {clock(frozen[0], zone)} (+{count(frozen[1])} looks)", Tone.BANNER)


def _link(measure: Measure | None) -> str:
    if measure is None:
        return ""
    trip = f"{measure.round_trip * 1000:.0f} ms " if measure.round_trip is not None else ""
    low = " LOWBW" if measure.low else ""
    return f"link {trip}{bytes_(round(measure.rate, -2))}/s{low}"


def _ssh(look: Look, *, wide: bool) -> Cell:
    hosts = look.snapshot.hosts
    reached = sum(host.is_reachable for host in hosts)
    phases = ""
    if wide and look.ways:
        found = {phase: sum(way.phase == phase for way in look.ways) for phase in ("connecting", "unreachable")}
        phases = "".join(f" {phase} {number}" for phase, number in found.items() if number)
    return Cell(f"ssh {reached}/{len(hosts)}{phases}", Tone.PLAIN if reached == len(hosts) else Tone.WARN)
