"""An operation as one reads it: how it stands, what can follow, its whole story."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from k0stui.model.event import Kind
from k0stui.model.host import HostName
from k0stui.model.operation import Operation, OperationState, Plan, StepProgress, StepState
from k0stui.present.cells import Cell, Line, Tone, line, took
from k0stui.present.happened import Happened, happened_line, spans_of, told
from k0stui.present.steps import WORDS


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


LEFT = "lock is left on"
"""How an end that could not free every host says so."""


def once_more(step: StepProgress) -> str:
    """What becomes of a failed step that is taken up again."""
    if step.id.startswith("restart-"):
        return "restart it once more; it is down already"
    return "do it once more where it is not done, and look again whether what it waits for has come"


def next_words(operation: Operation) -> tuple[str, ...]:
    """The commands with which it goes on from here."""
    name = operation.id
    if any(LEFT in text for text in (*operation.leftovers, operation.reason)):
        return (f"k0stui close {name}   give back the lock that is left",)
    if operation.state.is_over:
        return ("k0stui clean   lists what is left on the hosts",)
    if operation.failed:
        step = operation.failed[0]
        return (
            f"k0stui resume {name} --again {step.id}   {once_more(step)}",
            f"k0stui resume {name} --roll-back   take back what was begun, newest first",
            f"k0stui close {name}   give it up as it is",
        )
    close = f"k0stui close {name}   give it up as it is"
    if operation.in_flight:
        return (f"k0stui resume {name}   look what became of {operation.in_flight[0].id}, then go on",)
    if operation.state is OperationState.NEEDS_HUMAN:
        back = () if operation.is_rolling_back else (f"k0stui resume {name} --roll-back   take back what was begun",)
        return (*back, close)
    return (f"k0stui resume {name}   go on where it waits", close)


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
            f"{plan.sha256[:16]}   {len(plan.hosts)} hosts   {by(operation)}   epoch {operation.epoch}",
        ),
        *(line(Cell("  left       ", Tone.HEAD), left) for left in operation.leftovers),
    ]
    rows = [happened_line(it, plan, zone) for it in told(happened)]
    ways = [line(Cell("  next       ", Tone.HEAD), words) for words in next_words(operation)]
    return (head, *about, (), *rows, (), *ways)


def by(operation: Operation) -> str:
    """Who has it: user and machine."""
    return operation.owner.rpartition(":")[0] or operation.owner or "nobody yet"


def summary_row(plan: Plan, operation: Operation, happened: Sequence[Happened]) -> tuple[str, ...]:
    """For the list: id, plan, by whom, how long, result."""
    times = [it.at for it in happened]
    length = took((times[-1] - times[0]).total_seconds()) if times else "-"
    return operation.id, plan.name, by(operation), length, result_text(operation)


def touched(operation: Operation) -> tuple[HostName, ...]:
    """Hosts on which anything was begun."""
    return tuple(dict.fromkeys(step.host for step in operation.steps if step.host and step.attempt))


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
