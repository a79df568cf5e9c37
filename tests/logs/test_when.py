"""Times as they are typed."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k0stui.logs.when import read_when

NOW = datetime(2025, 2, 4, 3, 14, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-20m", NOW - timedelta(minutes=20)),
        ("2h ago", NOW - timedelta(hours=2)),
        ("02:51", datetime(2025, 2, 4, 2, 51, tzinfo=UTC)),
        ("23:10", datetime(2025, 2, 3, 23, 10, tzinfo=UTC)),
        ("yesterday 01:02:03.5", datetime(2025, 2, 3, 1, 2, 3, 500_000, tzinfo=UTC)),
        ("E0204 09:18:18.117021", datetime(2025, 2, 4, 9, 18, 18, 117_021, tzinfo=UTC)),
        ("1231 23:59:00", datetime(2024, 12, 31, 23, 59, tzinfo=UTC)),
        ("2025-02-04T01:02:03.123456789Z", datetime(2025, 2, 4, 1, 2, 3, 123_456, tzinfo=UTC)),
    ],
)
def test_what_operators_type_and_paste(text: str, expected: datetime) -> None:
    """A clock time is the last one, klog's has no year, ISO may have nanoseconds."""
    assert read_when(text, NOW) == expected


@given(st.text(max_size=30))
def test_anything_else_is_a_value_error(text: str) -> None:
    """Nothing but a time or a `ValueError` comes back."""
    with suppress(ValueError):
        assert read_when(text, NOW).tzinfo is not None
