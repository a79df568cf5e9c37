"""How far a host's clock is from ours."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from k0stui.logs.skew import Skew

SECOND = 1_000_000


def test_slow_answers_move_nothing() -> None:
    """An answer that took ten times as long says little about the middle of its way."""
    skew = Skew()
    for asked in range(10):
        skew.add(asked * SECOND, asked * SECOND + 20_000, asked * SECOND + 10_000 + 5 * SECOND)
    skew.add(20 * SECOND, 22 * SECOND, 21 * SECOND + 5 * SECOND)

    assert skew.offset == 5 * SECOND


def test_a_clock_that_was_set_is_seen_at_the_second_sample() -> None:
    """One strange sample may be a fluke; two are a step, and the offset follows at once."""
    skew = Skew()
    for asked in range(10):
        skew.add(asked * SECOND, asked * SECOND + 20_000, asked * SECOND + 10_000)
    seen = []
    for asked in range(10, 13):
        skew.add(asked * SECOND, asked * SECOND + 20_000, asked * SECOND + 10_000 - 3_600 * SECOND)
        seen.append((skew.step, skew.offset))

    assert seen == [(None, 0), (-3_600 * SECOND, -3_600 * SECOND), (None, -3_600 * SECOND)]


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 200_000), min_size=1, max_size=30))
def test_the_offset_is_right_to_half_the_way(offset: int, ways: list[int]) -> None:
    """However long answers take, the estimate is off by no more than half of the slowest one."""
    skew = Skew()
    for index, way in enumerate(ways):
        asked = index * SECOND
        skew.add(asked, asked + way, asked + way // 2 + offset)

    assert abs(skew.offset - offset) <= max(ways) // 2 + 1
