"""The report of an operation for whoever writes up the incident: Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from k0stui.model.event import Kind
from k0stui.model.operation import Operation, Plan
from k0stui.present.cells import took
from k0stui.present.happened import Happened, Span, spans_of, told
from k0stui.present.operation import by, result_text, touched
from k0stui.present.steps import step_rows


def report(
    plan: Plan, operation: Operation, happened: Sequence[Happened], before: str = "", after: str = ""
) -> Iterator[str]:
    """Markdown for the incident report: what was done, when, by whom, and how it was proven."""
    yield f"# {plan.name} on {plan.cluster or 'the cluster'}: {result_text(operation)}"
    yield ""
    times = [it.at for it in happened]
    yield f"- operation `{operation.id}`, plan `{plan.sha256}`"
    yield f"- by {by(operation)}, epoch {operation.epoch}"
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


def _window(what: str, span: Span | None) -> Iterator[str]:
    if span:
        begin, end = span
        until = f"to {end:%H:%M:%S} ({took((end - begin).total_seconds())})" if end else "and still are"
        yield f"- {what} from {begin:%H:%M:%S} {until}"


def _diffs(plan: Plan) -> Iterator[str]:
    for text in dict.fromkeys(plan.diffs):
        yield from text.splitlines()


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
