"""Rows as values: what changed, what order, what fits."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from k0stui.present.cells import Cell, Tone
from k0stui.present.table import Column, Row
from k0stui.ui.widgets.rows import GAP, arranged, changes, fitted, matching, placed, sorted_by

cells = st.builds(Cell, st.text("ab01", max_size=3), st.sampled_from(Tone))
rows = st.lists(
    st.builds(Row, st.sampled_from("abcdef"), st.tuples(cells, cells)), max_size=6, unique_by=lambda row: row.key
)
columns = st.lists(
    st.builds(
        Column,
        st.text("ab", min_size=1),
        st.just("T"),
        st.integers(1, 20),
        st.integers(0, 5),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


@given(rows, rows)
def test_changes(old: list[Row], new: list[Row]) -> None:
    """`changes(old, new)` applied to `old` gives `new`."""
    assert changes(old, new).applied(old) == tuple(new)


@given(rows)
def test_no_change(old: list[Row]) -> None:
    """The same rows change nothing, also when they were made anew."""
    difference = changes(old, [Row(*row) for row in old])
    assert (dict(difference.replaced), difference.tail) == ({}, ())


@given(rows, rows)
def test_rows_do_not_jump(old: list[Row], new: list[Row]) -> None:
    """While somebody reads, rows that stay keep their order and new ones come after them; no row is lost."""
    shown = [row.key for row in old]
    got = [row.key for row in arranged(shown, new)]
    stay = [key for key in shown if key in {row.key for row in new}]
    assert got[: len(stay)] == stay
    assert sorted(got) == sorted(row.key for row in new)


@given(columns, st.integers(1, 200))
def test_placed(some: list[Column], width: int) -> None:
    """Columns stand in order without touching; those that must be shown are; what is shown fits where it can."""
    got = placed(some, width)
    assert [place.index for place in got] == sorted(place.index for place in got)
    assert {i for i, column in enumerate(some) if not column.priority} <= {place.index for place in got}
    for left, right in pairwise(got):
        assert right.x == left.x + left.width + GAP
    must = [column for column in some if not column.priority]
    if got and sum(c.width for c in must) + GAP * len(some) <= width and must:
        assert got[-1].x + got[-1].width <= width


def test_the_least_needed_goes_first() -> None:
    """The column with the highest number is dropped before the others."""
    some = [Column("a", "A", 10), Column("b", "B", 10, 1), Column("c", "C", 10, 2)]
    assert [[place.index for place in placed(some, width)] for width in (34, 33, 21)] == [[0, 1, 2], [0, 1], [0]]


@given(
    st.text(st.sampled_from("abc漢é\u0301"), max_size=30),
    st.integers(1, 20),
    st.booleans(),
    st.sampled_from(["end", "middle"]),
)
def test_fitted(text: str, width: int, right: bool, cut: str) -> None:
    """A cell takes exactly its columns, whatever is in it."""
    assert cell_len(fitted(Cell(text), Column("k", "T", width, right=right, cut=cut), width).text) == width


def test_sorting() -> None:
    """Numbers in text sort by value, given sort values win, what has none comes last."""
    some = [
        Row("a", (Cell("k0s-10"),), sort=(None,)),
        Row("b", (Cell("k0s-9"),), sort=(2,)),
        Row("c", (Cell("x"),), sort=(10.5,)),
    ]
    plain_rows = [row._replace(sort=()) for row in some]
    assert [row.key for row in sorted_by(some, 0, reverse=False)] == ["b", "c", "a"]
    assert [row.key for row in sorted_by(plain_rows, 0, reverse=False)] == ["b", "a", "c"]
    assert [row.key for row in sorted_by(plain_rows, 0, reverse=True)] == ["c", "a", "b"]


def test_matching() -> None:
    """Every word must be there, in any cell and case; tones narrow further."""
    some = [Row("a", (Cell("Master-1"), Cell("leader")), Tone.OK), Row("b", (Cell("master-2"), Cell("ok")), Tone.CRIT)]
    assert [row.key for row in matching(some, "LEADER master")] == ["a"]
    assert [row.key for row in matching(some, "", {Tone.CRIT})] == ["b"]
    assert matching(some, "nothing") == ()
