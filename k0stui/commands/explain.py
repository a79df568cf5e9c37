"""`k0stui explain ID`: what a finding means, how to see it by hand, what to do."""

from __future__ import annotations

import argparse

from k0stui.errors import UsageError
from k0stui.rules import RULES
from k0stui.rules.pages import page


def run(arguments: argparse.Namespace) -> int:
    ids = [rule.id for rule in RULES]
    if arguments.rule is None:
        print("\n".join(ids))
        return 0
    if arguments.rule not in ids:
        near = [rule for rule in ids if arguments.rule in rule]
        raise UsageError(f"no finding is called {arguments.rule}; {_hint(near)}")
    print(page(arguments.rule), end="")
    return 0


def _hint(near: list[str]) -> str:
    return f"perhaps {', '.join(near)}." if near else "`k0stui explain` lists all."
