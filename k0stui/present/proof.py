"""The proof as one reads it: what must hold, whether it does, and for how long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from k0stui.matrix import matrix
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.observed import Known
from k0stui.plans.gates.gate import Result, Verdict
from k0stui.plans.proof import UNBROKEN as UNBROKEN
from k0stui.present.cells import Cell, Line, Tone, line, plain
from k0stui.present.matrix import matrix_lines
from k0stui.present.plan import gate_lines


def proof_story(verdicts: Sequence[Verdict]) -> tuple[Line, ...]:
    """Each part of the proof; what does not hold first."""
    return tuple(_all(verdicts))


def _all(verdicts: Sequence[Verdict]) -> Iterator[Line]:
    for verdict in sorted(verdicts, key=lambda it: it.passes):
        yield from gate_lines(verdict)


def proof_head(verdicts: Sequence[Verdict], held: float, wanted: float) -> Line:
    """Proven, not proven, or for how long it has held; `held` and `wanted` in seconds."""
    results = {verdict.result for verdict in verdicts}
    if Result.FAIL in results:
        wrong = sum(not verdict.passes for verdict in verdicts)
        return (Cell("✖ NOT PROVEN ", Tone.CRIT), Cell(f" {wrong} of {len(verdicts)} parts do not hold"))
    if Result.UNKNOWN in results or not verdicts:
        return (Cell("? COULD NOT LOOK ", Tone.UNKNOWN), Cell(" a part is not known; what is not seen is not proven"))
    if held >= wanted:
        return (Cell("● PROVEN ", Tone.OK), Cell(f" all of it, for {held:.0f} s without a break"))
    return (Cell("◆ HOLDS ", Tone.INFO), Cell(f" {proof_progress(held, wanted)}"))


def proof_progress(held: float, wanted: float, missing: str = "") -> str:
    """One line of waiting: `proof: 40 of 120 s`."""
    return f"proof: {held:.0f} of {wanted:.0f} s{': ' + missing if missing else ''}"


def error_lines(snapshot: ClusterSnapshot) -> tuple[Line, ...]:
    """How often each server was asked for an agent that it has not, since the look before: the flood, or its end."""
    return tuple(
        (Cell(f"  {host.name:<18}"), _rate(host, snapshot.earlier.find(host.name) if snapshot.earlier else None))
        for host in snapshot.controllers
    )


def _rate(now: HostObservation, before: HostObservation | None) -> Cell:
    new, old = now.konnectivity_metrics, before.konnectivity_metrics if before else None
    if not (isinstance(new, Known) and isinstance(old, Known)) or new.value.started_at != old.value.started_at:
        return Cell("? not seen twice yet", Tone.UNKNOWN)
    rate = (new.value.no_agent - old.value.no_agent) / max(1.0, (new.at - old.at).total_seconds())
    return Cell(f'"No agent available" {rate:.1f}/s', Tone.CRIT if rate > 0 else Tone.OK)


def proof_sheet(
    verdicts: Sequence[Verdict], held: float, snapshot: ClusterSnapshot, before: str = ""
) -> tuple[Line, ...]:
    """The whole proof: how it stands, each part, the error rate, the matrix before and now."""
    now = [line(Cell("  "), text) for text in matrix_lines(matrix(snapshot), snapshot.taken_at)]
    then = [line(Cell("  "), text) for text in before.splitlines()] or [line("  it was not kept")]
    return (
        proof_head(verdicts, held, UNBROKEN),
        (),
        *proof_story(verdicts),
        (),
        (Cell("ERRORS", Tone.HEAD), Cell("  since the look before", Tone.DIM)),
        *error_lines(snapshot),
        (),
        (Cell("BEFORE", Tone.HEAD),),
        *then,
        (),
        (Cell("NOW", Tone.HEAD),),
        *now,
    )


def proof_markdown(said: str, verdicts: Sequence[Verdict], snapshot: ClusterSnapshot) -> Iterator[str]:
    """For the incident report."""
    yield f"# Proof of {snapshot.cluster or 'the cluster'}: {said}"
    yield ""
    yield f"- at {snapshot.taken_at:%Y-%m-%d %H:%M:%S} UTC"
    yield from ("", "| part | result | evidence |", "|---|---|---|")
    for it in sorted(verdicts, key=lambda verdict: verdict.passes):
        yield f"| {it.gate} | {it.result.value} | {it.evidence.replace('|', chr(92) + '|')} |"
    yield from ("", "## Errors", "", *(f"- {plain(row).strip()}" for row in error_lines(snapshot)))
    yield from ("", "## Matrix", "", "```text", *matrix_lines(matrix(snapshot), snapshot.taken_at), "```")
