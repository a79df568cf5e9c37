"""What the plan screens may ask of the world: `commands/acting_screens.py` makes it, tests make their own.

No binding outside the plan screens reaches it, and of these only a typed name does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from k0stui.model.operation import Operation, Plan
from k0stui.plans.gates.gate import Verdict
from k0stui.present.happened import Happened


@dataclass(frozen=True, slots=True)
class Preview:
    """A plan with all that is needed to decide on it; nothing has been changed."""

    plan: Plan
    verdicts: tuple[Verdict, ...]
    wanted: str
    """What must be typed to start it."""


@dataclass(frozen=True, slots=True)
class Running:
    """An operation as its journal tells it."""

    plan: Plan
    operation: Operation
    happened: tuple[Happened, ...]
    wanted: str = ""
    """What must be typed to take it back, or to help a failed host."""
    awaits: str = ""
    verdicts: tuple[Verdict, ...] = ()
    """Of the gates, or the parts of the proof, asked last; only where the executor is in this process."""
    is_carried: bool = True
    """An executor answers."""
    before: str = ""
    """The matrix as it was when the operation began."""


class Acting(Protocol):
    """Plans and operations of the cluster that is watched."""

    async def draft(self, name: str, only: tuple[str, ...] = (), batch: int = 1) -> Preview:
        """The plan as it would be now, for these hosts, so many at once.

        Raises:
            PlanRefused: with the sentence.
            UsageError: an option that this plan does not have.
        """
        ...

    async def start(self, preview: Preview) -> str:
        """Write the approval down; the operation's id. Only after its name was typed."""
        ...

    async def carry(self, operation: str, publish: Callable[[Running], None]) -> None:
        """Start its executor, or find it, and follow it until it ends."""
        ...

    async def say(self, operation: str, word: str, step: str = "") -> None:
        """`pause`, `go on`, `stop after this host`; after a typed name also `help` and `roll back`."""
        ...

    async def left(self) -> tuple[str, ...]:
        """What lies on the hosts, a line each: whose lock, which files; of this machine's operations or another's."""
        ...

    async def operations(self) -> tuple[Running, ...]:
        """All that this machine began, newest first."""
        ...
