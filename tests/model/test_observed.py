"""Known and Unknown."""

from datetime import UTC, datetime, timedelta

import pytest

from k0stui.errors import NotObserved
from k0stui.model.observed import Known, Lack, Unknown, aged, require, succeeding, value_or

NOW = datetime(2025, 2, 4, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_a_fact_that_is_missing_is_said_with_its_reason() -> None:
    """`require` gives the value, or tells what is missing and why."""
    assert require(Known(4, NOW)) == 4
    with pytest.raises(NotObserved, match="etcd of c2: timed out"):
        require(Unknown("timed out", NOW), "etcd of c2")


def test_an_old_answer_becomes_unknown_and_remembers_itself() -> None:
    """Past its limit a value may be shown as what was, and no longer judged by."""
    fresh = Known(4, NOW)

    assert aged(fresh, NOW + SECOND, SECOND) is fresh
    old = aged(fresh, NOW + 40 * SECOND, SECOND)
    assert old == Unknown("last answer 40 s ago", NOW + 40 * SECOND, Lack.STALE, fresh)
    assert value_or(old, 0) == 0


def test_a_failure_remembers_the_last_value_through_more_failures() -> None:
    """However often asking fails, what was known last stays with its own age."""
    first = succeeding(Unknown("a", NOW), Known(4, NOW))
    second = succeeding(Unknown("b", NOW), first)

    assert isinstance(second, Unknown)
    assert second.why == "b"
    assert second.last == Known(4, NOW)
