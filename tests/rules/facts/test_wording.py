"""How rules name things."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k0stui.rules.facts.wording import counted, names, size, span


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "a"], "a"),
        (["n-1", "n-2"], "n-1 and n-2"),
        (["n-1", "n-2", "n-3", "n-4"], "n-1..4"),
        (["n-9", "n-10", "n-11", "m-1"], "n-9..11 and m-1"),
        (["n-1", "n-3", "n-4"], "n-1, n-3 and n-4"),
        (list("acegikmo"), "a, c, e, g, i, k and 2 others"),
    ],
)
def test_names(words: list[str], said: str) -> None:
    """Few names are listed, rows are joined, many are counted."""
    assert names(words) == said


def test_a_hundred_workers_are_one_word() -> None:
    """The sentence stays a sentence in a large cluster."""
    assert names(f"k0s-worker-{n}" for n in range(1, 101)) == "k0s-worker-1..100"


@given(st.lists(st.text(max_size=12)))
def test_any_words_give_a_sentence(words: list[str]) -> None:
    """Names come from outside: whatever they are, they are worded and never more than seven."""
    assert names(words).count(", ") <= 6 + sum(word.count(", ") for word in words)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (59.9, "59 s"), (119, "119 s"), (120, "2 min"), (8 * 3600, "8 h"), (2e6, "23 d")]
)
def test_spans_round_down(seconds: float, said: str) -> None:
    """One unit, never more than there is."""
    assert span(seconds) == said


def test_numbers() -> None:
    """One is singular, none is said in a word."""
    assert [counted(n, "agent") for n in (0, 1, 2)] == ["no agents", "1 agent", "2 agents"]
    assert [size(n) for n in (12, 2048, 5 << 20, 3 << 30)] == ["12 B", "2 KiB", "5 MiB", "3.0 GiB"]
