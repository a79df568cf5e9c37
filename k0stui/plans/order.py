"""Which step comes next: computed anew before each, from what is true now."""

from __future__ import annotations

from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.operation import Operation, Plan, StepProgress
from k0stui.plans.draft import followers_first
from k0stui.plans.exposure import dark_first

BACK = ("release", "patch-config", "restart-controller", "columns", "flip", "move-agent", "roll", "hold")
"""Taking back is not simply backwards: agents may move to the old target only once the old config leads, and the hold
is put back first and given up last. What is not named has nothing to take back and goes first."""


def next_step(plan: Plan, operation: Operation, snapshot: ClusterSnapshot) -> str | None:
    """The id of the step to begin, or None when none is left.

    Controllers: followers first, the k0s leader last, by who leads *now*; the columns after a controller before the
    next one. Workers: dark ones first while exposed, else as planned.
    """
    waiting = operation.open_steps
    if not waiting:
        return None
    if operation.is_rolling_back:
        return min(waiting, key=lambda step: _back_rank(plan, snapshot, step)).id
    phase = plan.step(waiting[0].id).phase
    same = [step for step in waiting if plan.step(step.id).phase == phase]
    if phase == "controllers":
        return _next_controller(plan, operation, snapshot, same)
    if phase == "workers" and operation.exposed:
        hosts = [seen for step in same if step.host and (seen := snapshot.find(step.host))]
        wanted = dark_first(snapshot, hosts)
        return next((step.id for name in wanted for step in same if step.host == name), same[0].id)
    return same[0].id


def _next_controller(plan: Plan, operation: Operation, snapshot: ClusterSnapshot, same: list[StepProgress]) -> str:
    restarts = {step.host: step.id for step in same if step.host is not None}
    for step in same:
        if plan.step(step.id).kind == "columns":
            after = step.id.removeprefix("columns-")
            if after not in restarts:
                return step.id
    return restarts[followers_first(snapshot, [name for name in restarts if name is not None])[0]]


def _back_rank(plan: Plan, snapshot: ClusterSnapshot, step: StepProgress) -> tuple[int, int]:
    """Who is down is helped first."""
    planned = plan.step(step.id)
    if step.helping and step.host:
        return -2, 0
    rank = BACK.index(planned.kind) if planned.kind in BACK else -1
    if planned.kind == "restart-controller" and step.host:
        order = followers_first(snapshot, [host.name for host in plan.controllers])
        return rank, order.index(step.host)
    return rank, 0
