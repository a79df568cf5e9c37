"""A plan as one reads it before it runs: gates, order, exact commands, what it costs, how it is taken back.

The same lines are printed by `k0stui plan` and shown by the plan screen; what is shown is what runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from k0stui.model.operation import Plan, PlannedStep
from k0stui.plans.gates import GATES
from k0stui.plans.gates.gate import Result, Verdict
from k0stui.present.cells import Cell, Line, Tone, line, took
from k0stui.present.times import clock

VALID = timedelta(minutes=30)
"""An approval that was not used by then is void (safety.md §2)."""

USUAL: dict[str, tuple[float, float]] = {
    "pull-image": (3, 60),
    "stage-config": (1, 5),
    "hold": (2, 40),
    "restart-controller": (60, 150),
    "columns": (0, 60),
    "flip": (0, 30),
    "patch-config": (5, 30),
    "restart-worker": (30, 90),
    "move-agent": (5, 20),
    "release": (10, 30),
    "roll": (12, 60),
}
"""Seconds that one step takes as a rule, least and most; `roll` per node. Seen on v1.32.1 and v1.36.3."""

PROOF = 120.0
"""Seconds that the proof takes at least."""

PHASES = {
    "pull": "the balancer's image on every worker, before anything else",
    "stage": "keep the old k0s.yaml, put the new one beside it, validate it there",
    "hold": "updateStrategy OnDelete: no agent moves before its worker can",
    "config": "patch the ClusterConfig",
    "controllers": "one at a time; the next one only when etcd, API, lease, counts and columns are whole again",
    "flip": "read the new targets: nothing is done",
    "workers": "the first alone, then one at a time; no drain, pods keep running",
    "move konnectivity-agent": "one node at a time, each to a balancer that listens",
    "move kube-proxy": "one node at a time",
    "release": "the update strategy as it was before",
    "kube-proxy": "its pods keep the controller that they started with until then",
    "agents": "one node at a time",
}
"""What a phase is for."""

UNDO = {
    "nllb": "each controller's old k0s.yaml back from its backup, the same restarts in the same order, agents last",
    "restart-controllers": "a restart has no undo; no file changes",
    "restart-workers": "a restart has no undo; no file changes",
    "restart-agents": "nothing to take back",
}
"""By the plan's name."""

CURED = frozenset({"N-09"})
"""Gates that a step of the plan itself makes pass: the image is pulled first."""

SIGNS = {Result.PASS: Tone.OK, Result.FAIL: Tone.CRIT, Result.UNKNOWN: Tone.UNKNOWN}


def standing(plan: Plan, verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """The gates for which this plan cannot be started now; none can be overridden."""
    cured = CURED if any(step.kind == "pull-image" for step in plan.steps) else frozenset()
    return tuple(it for it in verdicts if not it.passes and it.gate not in cured)


def is_lapsed(plan: Plan, now: datetime) -> bool:
    """Whether it is too old to be agreed to."""
    return now - plan.made_at > VALID


def plan_story(
    plan: Plan, verdicts: Sequence[Verdict], wanted: str, now: datetime, zone: str = "UTC"
) -> tuple[Line, ...]:
    """Everything about a plan; `wanted` is what must be typed to start it."""
    return (
        *_head(plan, now, zone),
        *_checks(plan, verdicts),
        *_steps(plan),
        *_diffs(plan),
        *_costs(plan),
        *_start(plan, verdicts, wanted),
    )


def _head(plan: Plan, now: datetime, zone: str) -> Iterator[Line]:
    title = (Cell(f"PLAN {plan.name}", Tone.HEAD), Cell(f"   {plan.cluster or 'a cluster without a name'}   "))
    yield (*title, Cell("PREVIEW: nothing has been changed", Tone.DIM))
    left = max(0, int((plan.made_at + VALID - now).total_seconds() // 60))
    yield _item("plan", f"{plan.sha256[:16]}   made {clock(plan.made_at, zone)}, valid {left} min more")
    yield _item("hosts", f"{len(plan.hosts)}: {', '.join(host.name for host in plan.hosts)}")
    least, most = duration(plan)
    yield _item("takes", f"{took(least)} to {took(most)}, the proof included; a step that needs longer stops")
    yield ()


def _checks(plan: Plan, verdicts: Sequence[Verdict]) -> Iterator[Line]:
    stand = standing(plan, verdicts)
    passed = sum(verdict.passes for verdict in verdicts)
    said = f"{passed} of {len(verdicts)} pass" + (f", {len(stand)} in the way" if stand else "")
    yield (Cell("CHECKS ", Tone.HEAD), Cell(said, Tone.CRIT if stand else Tone.OK))
    for verdict in sorted(verdicts, key=lambda it: it.passes):
        yield from gate_lines(verdict)
    yield ()


def gate_lines(verdict: Verdict) -> Iterator[Line]:
    """One gate: its sign, its name, what was seen; for one that stands in the way also what would cure it."""
    title = GATES[verdict.gate].title if verdict.gate in GATES else ""
    yield (
        Cell(f"  {verdict.result.sign} {verdict.gate:<11} ", SIGNS[verdict.result]),
        Cell(f"{title}: " if title else ""),
        Cell(verdict.evidence),
    )
    if verdict.cure and not verdict.passes:
        yield (Cell("                 "), Cell(f"cure: {verdict.cure}"))


def _steps(plan: Plan) -> Iterator[Line]:
    """Phases in order; in each the exact commands and calls."""
    for number, (phase, steps) in enumerate(phases(plan), 1):
        about = PHASES.get(phase, "")
        yield (Cell(f"{number:>2} {phase.upper()}", Tone.HEAD), Cell(f"  {about}", Tone.DIM))
        for step in steps:
            yield (Cell("   "), Cell(step.title + ("   (only if needed)" if step.conditional else "")))
            yield from (line(Cell("     "), Cell(text, Tone.DIM)) for text in step.preview)
    yield (Cell(f"{len(phases(plan)) + 1:>2} PROOF", Tone.HEAD), Cell(f"  {PROOF:.0f} s without a break", Tone.DIM))
    yield ()


def phases(plan: Plan) -> tuple[tuple[str, tuple[PlannedStep, ...]], ...]:
    """Steps by phase, in the order of the plan; within one the order is computed anew before each step."""
    found: dict[str, list[PlannedStep]] = {}
    for step in plan.steps:
        found.setdefault(step.phase, []).append(step)
    return tuple((phase, tuple(steps)) for phase, steps in found.items())


def _diffs(plan: Plan) -> Iterator[Line]:
    tones = {"+": Tone.OK, "-": Tone.CRIT, "@": Tone.DIM}
    texts = tuple(dict.fromkeys(text for text in plan.diffs if text))
    for text in texts:
        yield (Cell("DIFF", Tone.HEAD),)
        yield from (line(Cell("  "), Cell(row, tones.get(row[:1], Tone.PLAIN))) for row in text.splitlines())
    if texts:
        yield ()


def _costs(plan: Plan) -> Iterator[Line]:
    for warning in plan.warnings:
        yield _item("meanwhile" if warning == plan.warnings[0] else "", warning)
    if plan.excused:
        yield _item("excused", f"not Ready already, and in nobody's way: {', '.join(plan.excused)}")
    yield _item("undo", UNDO.get(plan.name, ""))
    yield _item(
        "closed",
        "if this terminal goes: the host in flight is finished and verified, then `k0stui resume` is awaited",
    )
    yield ()


def _start(plan: Plan, verdicts: Sequence[Verdict], wanted: str) -> Iterator[Line]:
    stand = standing(plan, verdicts)
    if stand:
        names = ", ".join(dict.fromkeys(verdict.gate for verdict in stand))
        yield (
            Cell("CANNOT BE STARTED ", Tone.CRIT),
            Cell(f"{names}: a check that fails, or is unknown, blocks; none can be overridden"),
        )
    else:
        yield (Cell("START ", Tone.HEAD), Cell(f"k0stui run {plan.name}{_options(plan)} --confirm {wanted}"))


def _options(plan: Plan) -> str:
    """Those that make it this plan and no other."""
    batch = plan.setting("batch", "1")
    only = "".join(f" --only {host}" for host in plan.setting("only").split())
    return f"{only}{f' --batch {batch}' if batch != '1' else ''}"


def _item(label: str, text: str) -> Line:
    return (Cell(f"  {label:<10} ", Tone.HEAD), Cell(text))


def duration(plan: Plan) -> tuple[float, float]:
    """Seconds that the whole takes as a rule, least and most, the proof included."""
    least = most = PROOF
    for step in plan.steps:
        low, high = USUAL.get(step.kind, (5, 60))
        times = int(dict(step.values).get("nodes", "1")) if step.kind == "roll" else 1
        least, most = least + low * times, most + high * times
    return least, most


def plan_document(plan: Plan, verdicts: Sequence[Verdict], wanted: str) -> str:
    """For programs: `plan` holds the canonical bytes whose sha256 stands before them."""
    stand = {verdict.gate for verdict in standing(plan, verdicts)}
    gates = [
        {
            "gate": it.gate,
            "result": it.result.value,
            "evidence": it.evidence,
            "cure": it.cure,
            "blocks": it.gate in stand and not it.passes,
        }
        for it in verdicts
    ]
    about = {"sha256": plan.sha256, "confirm": wanted, "ready": not stand, "gates": gates}
    return f'{json.dumps(about)[:-1]}, "plan": {plan.canonical().decode()}}}'
