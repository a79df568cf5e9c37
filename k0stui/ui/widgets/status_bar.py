"""The last row: mode, link, hosts, what was dropped; at the right the keys that matter now."""

from __future__ import annotations

from k0stui.present.cells import Cell, Line, Tone
from k0stui.ui.widgets.verdict import OneLine

HINTS = 5
"""Key hints at most: a longer list is not read, and `?` has them all."""


class StatusBar(OneLine):
    """Slots of fixed meaning, set apart by `|`, and key hints that give way first."""

    def show_slots(self, slots: tuple[Cell, ...], hints: tuple[tuple[str, str], ...] = ()) -> None:
        """`slots` from the left, empty ones left out; `hints` are (key, word), the most needed first."""
        self.show(slotted(slots), hinted(hints[:HINTS]))


def slotted(slots: tuple[Cell, ...]) -> Line:
    """Slots as one line."""
    between = Cell(" | ", Tone.DIM)
    line: list[Cell] = []
    for slot in slots:
        if slot.text:
            line += [between, slot] if line else [slot]
    return tuple(line)


def hinted(hints: tuple[tuple[str, str], ...]) -> Line:
    """Key hints as pieces, one a hint, so that whole hints give way."""
    return tuple(Cell(f"  {key} {word}" if word else f"  {key}") for key, word in hints)
