"""One finding in full, with its evidence and its page."""

from __future__ import annotations

from k0stui.present.cells import Line, line
from k0stui.present.findings import evidence_story, page_lines
from k0stui.present.look import Look
from k0stui.rules import RULES
from k0stui.rules.pages import page
from k0stui.ui.screens.reading import Reading


def knows(rule: str) -> bool:
    return rule in {known.id for known in RULES}


class EvidencePane(Reading):
    name_of = "evidence"
    hints = ("actions", "filter", "copy.row")

    def __init__(self, rule: str) -> None:
        super().__init__()
        self.rule = rule
        self._page = page(rule)

    def told(self, look: Look | None) -> tuple[Line, ...]:
        if look is None:
            return (line(self.rule), (), *page_lines(self._page))
        return evidence_story(look, self.rule, self._page, self.k0s.zone)

    @property
    def command(self) -> str:
        return f"k0stui explain {self.rule}"
