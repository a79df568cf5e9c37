"""An operation as one reads it: its steps, its journal, and the report for whoever writes up the incident."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from k0stui.model.event import Event, Kind
from k0stui.model.host import HostName
from k0stui.model.operation import Operation, OperationState, Plan, StepProgress, StepState
from k0stui.present.cells import Cell, Line, Tone, line, took
from k0stui.present.times import clock

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

QUIET = frozenset({Kind.CHOSEN, Kind.GATED})
"""Events that only lead to the next one: kept in the journal, left out of what people read."""

WAYS_ON = ("resume", "adopt", "close")


@dataclass(frozen=True, slots=True)
class Happened:
    """One record of a journal, as far as it is read."""

    at: datetime
    host: str
    attempt: int
    event: Event


def is_done(operation: Operation) -> bool:
    """Carried out to its end, and proven."""
    done = OperationState.DONE.value
    return operation.state is OperationState.DONE or (
        operation.state is OperationState.UNLOCKED and operation.reason == done
    )


def needs_person(operation: Operation) -> bool:
    """It can go on by itself no more: a step failed, or what happened is for people to judge."""
    return operation.state is OperationState.NEEDS_HUMAN or bool(operation.failed)


def progress(operation: Operation) -> tuple[int, int]:
    """Hosts finished, hosts to be restarted; where none is, steps."""
    steps = [step for step in operation.steps if step.id.startswith("restart-") and step.host] or list(operation.steps)
    return sum(step.state is StepState.VERIFIED for step in steps), len(steps)


def result_text(operation: Operation) -> str:
    """How it stands, in a few words: `done`, `paused at 2/7: …`."""
    done, total = progress(operation)
    if is_done(operation):
        return "done and proven"
    match operation.state:
        case OperationState.UNLOCKED:
            return f"ended at {done}/{total}: {operation.reason}"
        case OperationState.HANDED_OVER:
            return f"handed over: {operation.reason}"
        case OperationState.PAUSED | OperationState.NEEDS_HUMAN:
            return f"{operation.state.value} at {done}/{total}: {operation.reason}"
        case _:
            return f"{operation.state.value} {done}/{total}"


def result_tone(operation: Operation) -> Tone:
    if is_done(operation):
        return Tone.OK
    return Tone.CRIT if needs_person(operation) or operation.exposed else Tone.WARN


def next_words(operation: Operation) -> tuple[str, ...]:
    """The commands with which it goes on from here."""
    name = operation.id
    if operation.state.is_over:
        return ("k0stui clean   lists what is left on the hosts",)
    if operation.failed:
        step = operation.failed[0]
        return (
            f"k0stui resume {name} --again {step.id}   restart it once more; it is down already",
            f"k0stui resume {name} --roll-back   take back what was begun, newest first",
            f"k0stui close {name}   give it up as it is",
        )
    return (f"k0stui resume {name}   go on where it waits", f"k0stui close {name}   give it up as it is")


# -- the journal -------------------------------------------------------------------------------------------------------


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


# -- steps -------------------------------------------------------------------------------------------------------------


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


def _took(span: tuple[datetime, datetime | None] | None, now: datetime, step: StepProgress) -> str:
    if span is None:
        return "-"
    begin, end = span
    return took(((end if end and not step.state.is_in_flight else now) - begin).total_seconds())


def step_spans(happened: Sequence[Happened]) -> dict[str, tuple[datetime, datetime | None]]:
    """When each step was begun (its first INTENT), and when it was verified or failed."""
    spans: dict[str, tuple[datetime, datetime | None]] = {}
    for it in happened:
        event = it.event
        if event.kind is Kind.INTENT:
            spans[event.step] = (spans[event.step][0] if event.step in spans else it.at, None)
        elif event.kind in (Kind.VERIFIED, Kind.FAILED) and event.step in spans:
            spans[event.step] = (spans[event.step][0], it.at)
    return spans


def spans_of(happened: Sequence[Happened], begin: Kind, end: Sequence[Kind]) -> tuple[datetime, datetime | None] | None:
    """From the first `begin` to the last of `end` after it: HELD, EXPOSED, the proof."""
    first = next((it.at for it in happened if it.event.kind is begin), None)
    if first is None:
        return None
    return first, next((it.at for it in reversed(happened) if it.event.kind in end and it.at >= first), None)


def banners(operation: Operation, happened: Sequence[Happened], now: datetime) -> tuple[Line, ...]:
    """HELD and EXPOSED, with their clocks; on every screen while they stand."""
    found: list[Line] = []
    if operation.exposed and operation.exposed_since:
        for_ = took((now - operation.exposed_since).total_seconds())
        text = f" EXPOSED {for_}  agents dial a balancer that is not there; workers are restarted first "
        found.append((Cell(text, Tone.BANNER),))
    if operation.held:
        span = spans_of(happened, Kind.HELD, ())
        for_ = took((now - span[0]).total_seconds()) if span else ""
        names = ", ".join(name for name, _ in operation.held)
        found.append(
            (Cell(f"HELD {for_}  ", Tone.WARN), Cell(f"{names}: pods stay until every worker has its balancer"))
        )
    return tuple(found)


# -- the whole, for people ---------------------------------------------------------------------------------------------


def operation_story(
    plan: Plan, operation: Operation, happened: Sequence[Happened], zone: str = "UTC"
) -> tuple[Line, ...]:
    """One operation with its journal."""
    head = (
        Cell(f"OPERATION {operation.id}  ", Tone.HEAD),
        Cell(f"{plan.name}  {plan.cluster}  "),
        Cell(result_text(operation), result_tone(operation)),
    )
    about = [
        line(
            Cell("  plan       ", Tone.HEAD),
            f"{plan.sha256[:16]}   {len(plan.hosts)} hosts   {_by(operation)}   epoch {operation.epoch}",
        ),
        *(line(Cell("  left       ", Tone.HEAD), left) for left in operation.leftovers),
    ]
    rows = [happened_line(it, plan, zone) for it in told(happened)]
    ways = [line(Cell("  next       ", Tone.HEAD), words) for words in next_words(operation)]
    return (head, *about, (), *rows, (), *ways)


def _by(operation: Operation) -> str:
    return operation.owner.rpartition(":")[0] or operation.owner or "nobody yet"


def summary_row(plan: Plan, operation: Operation, happened: Sequence[Happened]) -> tuple[str, ...]:
    """For the list: id, plan, by whom, how long, result."""
    times = [it.at for it in happened]
    length = took((times[-1] - times[0]).total_seconds()) if times else "-"
    return operation.id, plan.name, _by(operation), length, result_text(operation)


def touched(operation: Operation) -> tuple[HostName, ...]:
    """Hosts on which anything was begun."""
    return tuple(dict.fromkeys(step.host for step in operation.steps if step.host and step.attempt))


def report(
    plan: Plan, operation: Operation, happened: Sequence[Happened], before: str = "", after: str = ""
) -> Iterator[str]:
    """Markdown for the incident report: what was done, when, by whom, and how it was proven."""
    yield f"# {plan.name} on {plan.cluster or 'the cluster'}: {result_text(operation)}"
    yield ""
    times = [it.at for it in happened]
    yield f"- operation `{operation.id}`, plan `{plan.sha256}`"
    yield f"- by {_by(operation)}, epoch {operation.epoch}"
    if times:
        length = took((times[-1] - times[0]).total_seconds())
        yield f"- from {times[0]:%Y-%m-%d %H:%M:%S} to {times[-1]:%H:%M:%S} UTC ({length})"
    yield f"- hosts touched: {', '.join(touched(operation)) or 'none'}"
    yield from _window("agents were held", spans_of(happened, Kind.HELD, (Kind.RELEASED,)))
    yield from _window("agents were exposed", spans_of(happened, Kind.EXPOSED, (Kind.COVERED,)))
    yield from (f"- left behind: {left}" for left in operation.leftovers)
    for title, text in (("Before", before), ("After", after)):
        if text:
            yield from ("", f"## {title}", "", "```text", *text.splitlines(), "```")
    yield from ("", "## Steps", "", "| step | host | took | state |", "|---|---|---|---|")
    end = times[-1] if times else plan.made_at
    for row in step_rows(plan, operation, happened, end):
        yield f"| {_escaped(plan.step(row.step).title)} | {row.host} | {row.took} | {row.state} |"
    yield from ("", "## Journal", "", "| UTC | host | event | |", "|---|---|---|---|")
    for it in told(happened):
        said = _escaped("; ".join(part for part in (it.event.step, it.event.why) if part))
        yield f"| {it.at:%H:%M:%S} | {it.host} | {it.event.kind.value} | {said} |"
    if plan.diffs:
        yield from ("", "## Change of configuration", "", "```diff", *_diffs(plan), "```")
    if plan.warnings:
        yield from ("", "## To do by hand", "", *(f"- {warning}" for warning in plan.warnings[1:] or plan.warnings))


def _window(what: str, span: tuple[datetime, datetime | None] | None) -> Iterator[str]:
    if span:
        begin, end = span
        until = f"to {end:%H:%M:%S} ({took((end - begin).total_seconds())})" if end else "and still are"
        yield f"- {what} from {begin:%H:%M:%S} {until}"


def _diffs(plan: Plan) -> Iterator[str]:
    for text in dict.fromkeys(plan.diffs):
        yield from text.splitlines()


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def operation_document(plan: Plan, operation: Operation, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """For `--json`."""
    return {
        "operation": operation.id,
        "plan": plan.name,
        "cluster": plan.cluster,
        "sha256": plan.sha256,
        "state": operation.state.value,
        "reason": operation.reason,
        "result": result_text(operation),
        "done": is_done(operation),
        "epoch": operation.epoch,
        "owner": operation.owner,
        "held": [name for name, _ in operation.held],
        "exposed": operation.exposed,
        "leftovers": list(operation.leftovers),
        "touched": list(touched(operation)),
        "steps": [
            {
                "step": it.id,
                "host": it.host,
                "state": WORDS[it.state],
                "attempt": it.attempt,
                "why": it.why,
                "undone": it.back,
            }
            for it in operation.steps
        ],
        "journal": list(records),
    }
