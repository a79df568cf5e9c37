"""Steps: what a plan does, one act each. `made` turns a planned step into one that can run; `planned` the other way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from k0stui.errors import JournalBroken
from k0stui.model.host import HostName
from k0stui.model.operation import PlannedStep
from k0stui.plans.steps.daemonset import Hold, Release, Roll
from k0stui.plans.steps.move_agent import MoveAgent
from k0stui.plans.steps.patch_config import PatchConfig
from k0stui.plans.steps.pull_image import PullImage
from k0stui.plans.steps.restart_service import RestartController, RestartWorker
from k0stui.plans.steps.stage_config import StageConfig
from k0stui.plans.steps.step import Step
from k0stui.plans.steps.watch import Columns, Flip

STEPS: dict[str, Any] = {
    "hold": Hold,
    "release": Release,
    "roll": Roll,
    "pull-image": PullImage,
    "stage-config": StageConfig,
    "restart-controller": RestartController,
    "restart-worker": RestartWorker,
    "move-agent": MoveAgent,
    "patch-config": PatchConfig,
    "flip": Flip,
    "columns": Columns,
}
"""The closed list of what a plan can do."""


def planned(
    name: str,
    step: Step,
    phase: str,
    gates: Iterable[str] = (),
    host: HostName | None = None,
    batch: str = "",
) -> PlannedStep:
    """A step as a value of the plan: what is shown, and what it will be made of again."""
    kind = next(kind for kind, made_of in STEPS.items() if type(step) is made_of)
    values = tuple((key, msgspec.json.encode(value).decode()) for key, value in _values(step).items())
    limit = step.settles + sum(it.limit for it in step.awaited())
    return PlannedStep(name, kind, host, step.title, phase, step.preview(), values, tuple(gates), limit, batch=batch)


def made(step: PlannedStep) -> Step:
    """The step that a plan names.

    Raises:
        JournalBroken: the plan names one that this version does not know, or shows another text than it would do.
    """
    try:
        values = {key: msgspec.json.decode(value) for key, value in step.values}
        found: Step = msgspec.convert(values, STEPS[step.kind])
    except (KeyError, msgspec.ValidationError, msgspec.DecodeError) as error:
        raise JournalBroken(f"step {step.id} of the plan is not one that this version can do") from error
    if found.preview() != step.preview:
        raise JournalBroken(f"step {step.id} would do something else than the plan shows")
    return found


def _values(step: Step) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.to_builtins(step)
    return values
