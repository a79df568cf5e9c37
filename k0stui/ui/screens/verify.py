"""`:verify`: is it gone? Every part of the proof at each look, and for how long all of them have held."""

from __future__ import annotations

from datetime import datetime

from k0stui.plans.gates.gate import Verdict
from k0stui.present.cells import Line
from k0stui.present.look import Look
from k0stui.present.proof import UNBROKEN, proof_head, proof_story
from k0stui.ui.screens.reading import Reading


class VerifyPane(Reading):
    """Nothing is asked for it: it judges the looks that come anyway."""

    name_of = "verify"
    twin = "verify"

    def __init__(self) -> None:
        super().__init__()
        self._since: datetime | None = None

    def told(self, look: Look | None) -> tuple[Line, ...]:
        return self._judged(look, self.k0s.outside.proof(look.snapshot)) if look is not None else ()

    def _judged(self, look: Look, verdicts: tuple[Verdict, ...]) -> tuple[Line, ...]:
        return (proof_head(verdicts, self._held(look, verdicts), UNBROKEN), (), *proof_story(verdicts))

    def _held(self, look: Look, verdicts: tuple[Verdict, ...]) -> float:
        """Seconds for which all of it has held without a break."""
        holds = bool(verdicts) and all(verdict.passes for verdict in verdicts)
        self._since = (self._since or look.now) if holds else None
        return (look.now - self._since).total_seconds() if self._since else 0.0
