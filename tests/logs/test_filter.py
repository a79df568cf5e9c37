"""The filter grammar: what can be typed, what is refused and where."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from k0stui.logs.filter import FilterError, parse
from k0stui.logs.presets import PRESETS, preset
from k0stui.logs.terms import FIELDS, Field, Filter, Levels, Pattern, Since, Word

PIECES = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        [
            *(f"{name}:" for name in FIELDS),
            "level>=",
            "level<",
            "-",
            "!",
            "/",
            '"',
            "\\",
            " ",
            ",",
            "*",
            "W",
            "-20m",
            "i",
        ]
    ),
)


@given(st.lists(PIECES, max_size=12).map("".join))
@example('level>=W -"No agent available"')
@example("/a\\/b[/]/")
@example("comp:a,b since:-1m until:03:20:33")
@example("/[[a]/")
@example("-")
def test_what_is_read_can_be_typed_again(text: str) -> None:
    """Any text is a filter or the grammar's own error with a column in it; a filter's text reads as the same filter."""
    try:
        found = parse(text)
    except FilterError as error:
        assert 0 <= error.column <= len(text)
    else:
        assert parse(found.text) == found


def test_the_documented_filters_mean_what_they_say() -> None:
    """The forms of the manual, term by term."""
    assert parse("level>=W").terms == (Levels(frozenset({3, 4, 5}), "level>=W"),)
    assert parse('comp:konnectivity "No agent available"').terms == (
        Field("comp", ("konnectivity",)),
        Word("No agent available"),
    )
    assert parse('-"No agent available"').terms == (Word("No agent available", negated=True),)
    assert parse("/took.*[0-9]{3,}ms/i since:-15m").terms == (Pattern("took.*[0-9]{3,}ms", "i"), Since("-15m"))
    assert parse("host:k0s-worker-*,c1").terms == (Field("host", ("k0s-worker-*", "c1")),)
    assert parse("10.0.0.1:8132").terms == (Word("10.0.0.1:8132"),)
    assert parse("  ") == Filter()


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("level>=X", 7),
        ("a /b", 2),
        ("/(/", 1),
        ("/a/x", 3),
        ('a "b', 2),
        ("comp:", 5),
        ("a comp:b,", 9),
        ("since:tomorrowish", 6),
        ("-since:-1m", 1),
        ("a - b", 2),
        ("/(a+)+$/", 3),
    ],
)
def test_an_error_points_at_its_column(text: str, column: int) -> None:
    """The prompt underlines the fault, not the whole line."""
    with pytest.raises(FilterError) as caught:
        parse(text)

    assert caught.value.column == column


def test_fields_know_the_star_and_no_other_wildcard() -> None:
    """Brackets and question marks are themselves; case does not count."""
    field = Field("comp", ("nllb.*", "a[1]?"))

    assert field.holds("NLLB.Reconciler")
    assert field.holds("a[1]?")
    assert not field.holds("a1x")


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_filter(name: str) -> None:
    """A preset that cannot be read would fail in front of the operator."""
    assert preset(name) is not None
