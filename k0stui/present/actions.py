"""What can be done about a finding, as a menu: its cure first, then the other plans, then what to read."""

from __future__ import annotations

from k0stui.present.cells import Cell, Tone
from k0stui.present.look import Look
from k0stui.present.table import Column, Row

COLUMNS = (
    Column("what", "what", 28),
    Column("about", "about", 40, grow=True),
)

PLANS = {
    "nllb": "every worker gets a balancer of its own; controllers, then workers are restarted, one at a time",
    "restart-controllers": "k0scontroller on each controller, one at a time, the leader last",
    "restart-workers": "k0sworker on each worker, the first alone, then one at a time",
    "restart-agents": "each konnectivity agent anew, one node at a time",
}


def action_rows(look: Look, place: int, lacking: str = "") -> tuple[Row, ...]:
    """The menu; `lacking` is why plans cannot be shown here, empty where they can."""
    causes = look.heard.causes
    cause = causes[place % len(causes)] if causes else None
    rows = []
    if cause and cause.remedy:
        rows.append(Row(f"do {cause.remedy}", (Cell("do by hand", Tone.HEAD), Cell(cause.remedy))))
    plans = sorted(PLANS, key=lambda plan: cause is None or plan != cause.plan)
    for plan in plans:
        cures = cause is not None and plan == cause.plan
        about = f"{'CURES ' + cause.rule + ': ' if cures and cause else ''}{PLANS[plan]}"
        why_not = f" ({lacking})" if lacking else ""
        tone = Tone.HEAD if cures else Tone.PLAIN
        rows.append(Row(f"plan {plan}", (Cell(f"plan {plan}", tone), Cell(about + why_not))))
    if cause:
        rows.append(Row(f"explain {cause.rule}", (Cell("evidence and page"), Cell(cause.rule))))
    return tuple(rows)
