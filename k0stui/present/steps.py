"""The steps of an operation, a row each: what it is doing, for how long, and how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from k0stui.model.operation import Operation, Plan, StepProgress, StepState
from k0stui.present.cells import Tone, took
from k0stui.present.happened import Happened, Span, step_spans

WORDS = {
    StepState.PENDING: "pending",
    StepState.GATED: "gated",
    StepState.INTENT: "intent",
    StepState.ACCEPTED: "accepted",
    StepState.RESTARTING: "restarting",
    StepState.READY: "ready",
    StepState.VERIFIED: "verified",
    StepState.FAILED: "failed",
}
"""screens.md section 2.6."""

TONES = {StepState.VERIFIED: Tone.OK, StepState.FAILED: Tone.CRIT, StepState.PENDING: Tone.NEVER}


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of the progress screen."""

    step: str
    host: str
    title: str
    took: str
    state: str
    tone: Tone
    is_now: bool


def step_rows(
    plan: Plan, operation: Operation, happened: Sequence[Happened], now: datetime, awaits: str = ""
) -> tuple[StepRow, ...]:
    """Every step; the one in flight with what it waits for."""
    spans = step_spans(happened)
    current = _current(operation)
    return tuple(
        StepRow(
            step.id,
            str(step.host or ""),
            _doing(plan, step, awaits if step.id == current else ""),
            _took(spans.get(step.id), now, step),
            ("undone" if step.back and step.state is StepState.VERIFIED else WORDS[step.state]),
            TONES.get(step.state, Tone.INFO),
            step.id == current,
        )
        for step in operation.steps
    )


def _current(operation: Operation) -> str:
    flying = operation.in_flight or operation.failed
    if flying:
        return flying[0].id
    gated = next((step for step in operation.steps if step.state is StepState.GATED or step.why == "gates"), None)
    return gated.id if gated else ""


def _doing(plan: Plan, step: StepProgress, awaits: str) -> str:
    title = plan.step(step.id).title
    return f"{title}: {awaits or step.why}" if awaits or (step.why and not step.state.is_unbegun) else title


def _took(span: Span | None, now: datetime, step: StepProgress) -> str:
    if span is None:
        return "-"
    begin, end = span
    return took(((end if end and not step.state.is_in_flight else now) - begin).total_seconds())
