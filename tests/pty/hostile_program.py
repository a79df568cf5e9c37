"""The program itself on a simulated fleet that means harm: every answer, name, log line and refusal carries EVIL."""

from __future__ import annotations

import sys

from k0stui.cli import main
from k0stui.commands import opening
from k0stui.ui.sight import Sight
from tests.commands.hostile import EVIL, REFUSALS, Hostile, Refusing, names, words
from tests.commands.simulated import demo_without_network

DISGUISES = {
    "words": lambda fleet: Hostile(fleet, words),
    "names": lambda fleet: Hostile(fleet, names),
    "refusals": lambda fleet: Refusing(fleet, REFUSALS[0]),
}


def fail(self: Sight, look: object) -> None:
    """A fault of our own, with a host's words in it."""
    raise RuntimeError(EVIL)


if __name__ == "__main__":
    disguise, *fault = sys.argv[1:]
    opening.demo = demo_without_network(DISGUISES[disguise], None)
    if fault:
        Sight.arrive = fail  # type: ignore[method-assign]
    sys.exit(main(["--demo", "incident"]))
