"""The page of each rule."""

from __future__ import annotations

from pathlib import Path

import pytest

import k0stui.rules
from k0stui.errors import UsageError
from k0stui.rules import RULES
from k0stui.rules.pages import page, titles

SECTIONS = ("## What it means", "## See it by hand", "## What to do", "## Source")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_each_rule_is_explained(rule: object) -> None:
    """What it means, how to see it by hand, what to do, and the source, in this order."""
    text = page(rule.id)  # type: ignore[attr-defined]
    places = [text.index(section) for section in SECTIONS]

    assert text.startswith(f"# {rule.id}\n")  # type: ignore[attr-defined]
    assert places == sorted(places)
    assert all(len(text[start:].split("\n", 2)[2].strip()) > 10 for start in places)


def test_no_page_is_left_over() -> None:
    """A page without its rule would never be found."""
    folder = Path(k0stui.rules.__file__).parent / "pages"

    assert {path.stem for path in folder.iterdir()} == {rule.id for rule in RULES}


def test_titles_are_sentences() -> None:
    """The list of all rules is one sentence each."""
    assert all(title.endswith(".") for title in titles().values())
    assert list(titles()) == [rule.id for rule in RULES]


def test_an_unknown_rule_is_a_usage_error_that_helps() -> None:
    """A wrong name is answered with near ones."""
    with pytest.raises(UsageError, match="agents-single-target"):
        page("single-target")
    with pytest.raises(UsageError, match="k0stui explain lists all"):
        page("../../etc/passwd")
