"""The proof as one reads it: what must hold, whether it does, and for how long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from k0stui.plans.gates.gate import Verdict
from k0stui.present.cells import Line
from k0stui.present.plan import gate_lines


def proof_story(verdicts: Sequence[Verdict]) -> tuple[Line, ...]:
    """Each part of the proof; what does not hold first."""
    return tuple(_all(verdicts))


def _all(verdicts: Sequence[Verdict]) -> Iterator[Line]:
    for verdict in sorted(verdicts, key=lambda it: it.passes):
        yield from gate_lines(verdict)


def proof_progress(held: float, wanted: float, missing: str = "") -> str:
    """One line of waiting: `proof: 40 of 120 s`."""
    return f"proof: {held:.0f} of {wanted:.0f} s{': ' + missing if missing else ''}"
