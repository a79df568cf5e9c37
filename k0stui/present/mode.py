"""What is done to the cluster from here: nothing, or an operation. Source: screens.md section 6."""

from __future__ import annotations

from typing import TYPE_CHECKING

from k0stui.present.cells import Cell, Tone

if TYPE_CHECKING:
    from k0stui.model.operation import Operation

READ_ONLY = Cell("RO", Tone.HEAD)

WAITING = {"paused", "failed, needs a human"}
"""Values of `OperationState`: it is loaded with the first look, not with the frame."""


def mode(operation: Operation | None, *, is_carried: bool, is_exposed: bool) -> Cell:
    """`RUN` while an executor acts, `PAUSED` while nobody does; behind `EXPOSED` where agents have no balancer."""
    if operation is None or operation.state.is_over:
        return READ_ONLY
    waits = not is_carried or operation.state.value in WAITING
    word, tone = ("PAUSED", Tone.WARN) if waits else ("RUN", Tone.BANNER)
    return Cell(f"EXPOSED {word}", Tone.BANNER) if is_exposed else Cell(word, tone)


def in_full(cell: Cell) -> Cell:
    """As the head row has room for it."""
    return Cell("READ-ONLY") if cell is READ_ONLY else cell
