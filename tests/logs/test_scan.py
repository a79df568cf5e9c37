"""Whole blocks searched at once find what line by line would."""

from __future__ import annotations

from array import array
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k0stui.logs import scan
from k0stui.logs.scan import pattern_scan, word_scan
from k0stui.logs.terms import Pattern, Word

texts = st.lists(st.text("abAB01 .-é\n", max_size=8), min_size=1, max_size=12)


def block(lines: list[str]) -> tuple[bytes, array[int]]:
    """As `Texts` packs them."""
    pieces = [line.encode() for line in lines]
    return b"\0".join(pieces), array("I", [0, *accumulate(len(piece) + 1 for piece in pieces)][:-1])


@pytest.fixture(params=["hyperscan", "find"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With the extra `fast` and without it."""
    if request.param == "find":
        monkeypatch.setattr(scan, "_hyperscan", lambda: None)
    else:
        pytest.importorskip("hyperscan")
    scan._hyper.cache_clear()
    return str(request.param)


@pytest.mark.usefixtures("way")
@given(texts, st.text("abA01. ", min_size=1, max_size=3))
def test_a_word_is_found_in_exactly_its_lines(lines: list[str], text: str) -> None:
    """Ignoring case or not, at a line's start, end and across none of them."""
    word = Word(text)
    find = word_scan(word)
    assert find is not None
    wanted = [at for at, line in enumerate(lines) if text in (line.lower() if word.ignores_case else line)]

    assert find(*block(lines)) == wanted


@given(
    texts,
    st.sampled_from(["a.*b", r"a\d", "[^a]b", "(?:a|B)0+", r"a{2}", r"\.", r"b\w*1", "a|1"]),
    st.sampled_from(["", "i"]),
)
def test_a_patterns_candidates_miss_no_line(lines: list[str], text: str, flags: str) -> None:
    """What `re` finds is among them; other lines may be, and letters beyond ASCII leave it all to `re`."""
    pytest.importorskip("hyperscan")
    scan._hyper.cache_clear()
    pattern = Pattern(text, flags)
    find = pattern_scan(pattern)
    assert find is not None
    found = find(*block(lines))
    wanted = {at for at, line in enumerate(lines) if pattern.compiled().search(line)}

    assert found is None or wanted <= set(found)
    assert found is not None or any(not line.isascii() for line in lines) or len(wanted) > 0


@pytest.mark.parametrize("text", ["^a", "a$", r"\ba", r"a\s", "(?=a)b", "a{,2}b", "[[:alpha:]]", "é", "a*", r"\Aa"])
def test_forms_that_mean_something_else_there_are_left_to_re(text: str) -> None:
    """Anchors, flags and what the two read differently never go to hyperscan."""
    assert pattern_scan(Pattern(text)) is None


def test_a_word_in_every_place_is_found_without_a_call_for_each() -> None:
    """Hyperscan is given up where matches are many: the answer is the same."""
    lines = ["a" * 200, "b", "a" * 200]
    find = word_scan(Word("a"))
    assert find is not None

    assert find(*block(lines)) == [0, 2]
