"""No more is under way to the terminal than it answers for, and the measures are honest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from k0stui.ui.link import ASK_EVERY, LOW_PACE, PATIENCE, WINDOW, Link


def test_quiet_link_is_open() -> None:
    """Small pictures go at once, and only the first of ten seconds asks for an answer."""
    link = Link()
    assert link.sent(100, 0.0)
    link.answered(0.1)
    assert [link.sent(100, float(second)) for second in range(1, 5)] == [False, False, False, False]
    assert link.sent(100, ASK_EVERY)


def test_full_link_waits_for_the_answer() -> None:
    """More than a window without an answer holds the next picture back until it comes."""
    link = Link()
    link.sent(WINDOW + 1, 0.0)
    assert 0 < link.wait(0.1) <= PATIENCE
    link.answered(0.2)
    assert link.wait(0.2) == 0


def test_lost_answer_does_not_hold_for_ever() -> None:
    """When no answer comes a picture goes out after the patience, and one every so often after that."""
    link = Link()
    link.sent(WINDOW + 1, 0.0)
    assert link.wait(PATIENCE + 0.01) == 0


def test_terminal_that_never_answers_is_not_asked_again() -> None:
    """After a while without any answer the link is taken as one that cannot tell, until one comes."""
    link = Link()
    for step in range(10):
        link.sent(WINDOW, step * 4.0)
    assert not link.outstanding
    assert link.wait(40.0) == 0
    assert not link.sent(WINDOW, 41.0)
    link.answered(42.0)
    assert link.sent(WINDOW, 43.0)


def test_low_bandwidth() -> None:
    """A round trip over 250 ms at the ninetieth percentile slows pictures to four a second; a good one does not."""
    slow, fast = Link(), Link()
    for link, trip in ((slow, 0.4), (fast, 0.08)):
        for step in range(5):
            link.sent(3000, step * 1.0)
            link.answered(step * 1.0 + trip)
    assert (slow.low, fast.low) == (True, False)
    assert slow.wait(4.0 + 0.05) > 0
    assert slow.wait(4.0 + LOW_PACE) == 0
    assert slow.measure(5.0).round_trip is not None
    slow.forced_low = False
    assert slow.wait(4.05) == 0


def test_rate() -> None:
    """The rate is of the last ten seconds, whatever came before."""
    link = Link()
    link.sent(1_000_000, 0.0)
    link.sent(5_000, 95.0)
    assert link.measure(100.0).rate == 500


@given(st.lists(st.tuples(st.integers(1, 20_000), st.booleans(), st.floats(0.001, 2)), max_size=60))
def test_never_stuck(steps: list[tuple[int, bool, float]]) -> None:
    """Whatever is sent and answered, waiting is never longer than the patience, and never negative."""
    link, now = Link(), 0.0
    for size, answers, passed in steps:
        now += passed
        if answers:
            link.answered(now)
        if link.wait(now) == 0:
            link.sent(size, now)
        assert 0 <= link.wait(now) <= PATIENCE


def test_a_key_is_answered_at_once() -> None:
    """On a slow link pictures are paced; one that a key asked for goes at once, unless the terminal is full."""
    link = Link(forced_low=True)
    link.sent(100, 1.0)
    assert link.wait(1.05) > 0
    link.pressed(1.05)
    assert link.wait(1.06) == 0
    link.sent(WINDOW + 1, 1.07)
    assert link.wait(1.08) > 0
