"""The page of each rule: what it means, how to see it by hand, what to do, where the knowledge comes from."""

from __future__ import annotations

from importlib.resources import files

from k0stui.errors import UsageError
from k0stui.rules import RULES


def page(rule: str) -> str:
    """The page of a rule, as Markdown.

    Raises:
        UsageError: there is no such rule; the message names those that come near.
    """
    if rule not in {known.id for known in RULES}:
        raise UsageError(f"there is no rule {rule!r}; {_near(rule)}")
    return files("k0stui.rules").joinpath("pages", f"{rule}.md").read_text("utf-8")


def titles() -> dict[str, str]:
    """Rule -> the first sentence of its page, in the order shown."""
    return {rule.id: page(rule.id).splitlines()[2] for rule in RULES}


def _near(rule: str) -> str:
    words = set(rule.lower().replace("_", "-").split("-"))
    near = [known.id for known in RULES if words & set(known.id.split("-"))]
    return f"near: {', '.join(near)}" if near else "k0stui explain lists all of them"
