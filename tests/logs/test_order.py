"""Rows by time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from k0stui.logs import order as module
from k0stui.logs.order import Order

TIMES = st.lists(st.integers(0, 50), max_size=60)


@given(TIMES, TIMES)
def test_it_is_a_sorted_list_that_keeps_the_order_of_equals(old: list[int], new: list[int]) -> None:
    """Whatever is put in front in one piece and added one by one comes out as a stable sort gives it."""
    before, module.CHUNK = module.CHUNK, 4
    try:
        rows = Order()
        history = sorted((time, ref) for ref, time in enumerate(old))
        rows.prepend(history)
        later = [(time + 50, 1_000 + ref) for ref, time in enumerate(new)]
        for time, ref in later:
            rows.add(time, ref)
        expected = history + sorted(later, key=lambda row: row[0])

        assert rows.slice(0, len(rows)) == [ref for _, ref in expected]
        assert len(rows) == len(expected)
        for time in range(0, 101, 7):
            assert rows.index_at(time) == sum(each < time for each, _ in expected)
        assert rows.slice(3, 9) == [ref for _, ref in expected][3:9]
        for chunk in reversed(range(rows.chunks)):
            rows.keep(chunk, lambda ref: ref % 2 == 0)
        assert rows.slice(0, 999) == [ref for _, ref in expected if ref % 2 == 0]
        assert len(rows) == sum(ref % 2 == 0 for _, ref in expected)
    finally:
        module.CHUNK = before
