"""Answers of hosts that were made to break whoever reads them."""

from __future__ import annotations

import pytest

from k0stui.logs.answer import Answer, seconds
from k0stui.logs.batch import cursor_time
from k0stui.logs.iso import iso_micros

LONG = "9" * 5_000


@pytest.mark.parametrize("number", [LONG, "9" * 11, "\u00b2", "\u0663", ""])
def test_a_number_that_is_none_says_nothing(number: str) -> None:
    """More digits than Python reads, or than a time can have, and digits of other scripts: the frame is passed over."""
    frames = [f"H {number}.5 +0000", f"V {number}", f"O {number}.1", f"R {number}", f"E {number} {number} s=1"]
    answer = Answer.of("\n".join([*frames, f"F {number} {number}.1 {number}.2 key"]))

    assert answer == Answer()


def test_times_stay_within_the_calendar() -> None:
    """Microseconds fit into 64 bits and, with a clock's offset taken off, into a date."""
    assert seconds("9999999999.999999") == 9_999_999_999_999_999
    assert seconds("10000000000.0") is None
    assert cursor_time("s=1;t=fffffffffffffff") == 0
    assert iso_micros("9999-12-31T23:59:59Z") == -1
