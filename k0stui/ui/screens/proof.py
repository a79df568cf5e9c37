"""The proof of an operation: is it gone, for how long, what it was before; and the way back, step by step.

Nothing is asked for it: it judges the looks that come anyway. `x` writes it to a file, `Y` copies the command that
prints it as Markdown for the incident report.
"""

from __future__ import annotations

from typing import ClassVar

from k0stui.plans.gates.gate import Verdict
from k0stui.present.cells import Line
from k0stui.present.look import Look
from k0stui.present.proof import proof_sheet
from k0stui.present.undo import undo_story
from k0stui.ui.acting import Preview, Running
from k0stui.ui.screens.reading import Reading
from k0stui.ui.screens.verify import VerifyPane


class ProofPane(VerifyPane):
    """The parts of the proof at each look, the error rate, and the matrix before and now."""

    name_of = "proof"
    hints: ClassVar[tuple[str, ...]] = ("export", "copy.command", "filter")

    def __init__(self, running: Running | None) -> None:
        super().__init__()
        self._about = running

    def _judged(self, look: Look, verdicts: tuple[Verdict, ...]) -> tuple[Line, ...]:
        before = self._about.before if self._about else ""
        return proof_sheet(verdicts, self._held(look, verdicts), look.snapshot, before)

    @property
    def command(self) -> str:
        if self._about is None:
            return f"k0stui verify --markdown {self.k0s.outside.verb_arguments}".strip()
        return f"k0stui operations {self._about.operation.id} --markdown"


class UndoPane(Reading):
    """What taking back would do: of what was begun, or of a whole plan that was not."""

    name_of = "undo"
    twin = "plan"

    def __init__(self, about: Running | Preview) -> None:
        super().__init__()
        self._about = about

    def told(self, look: Look | None) -> tuple[Line, ...]:
        operation = self._about.operation if isinstance(self._about, Running) else None
        return undo_story(self._about.plan, operation)
