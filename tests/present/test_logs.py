"""How the histogram of a log reads."""

from __future__ import annotations

from k0stui.logs.histogram import Bucket
from k0stui.present.cells import plain
from k0stui.present.logs import histogram_line

SECOND = 1_000_000
QUIET = Bucket(0, SECOND, 0, 0, 0, unknown=False)
BUSY = Bucket(SECOND, 2 * SECOND, 6, 1, 0, unknown=False)
RESTART = Bucket(2 * SECOND, 3 * SECOND, 1, 0, 2, unknown=True, restarts=1)
MISSING = Bucket(3 * SECOND, 4 * SECOND, 0, 0, 0, unknown=True)
BUCKETS = (QUIET, BUSY, RESTART, MISSING)


def test_one_column_for_each_bucket() -> None:
    """Nothing, the most, a start of k0s, and where lines may be missing; the times of both ends around them."""
    assert plain(histogram_line(BUCKETS, 80)) == "00:00:00  #R? 00:00:04 max 7"


def test_what_is_under_the_cursor_is_told() -> None:
    """Its time, errors, warnings, other lines; and how often k0s was started anew, where it was."""
    assert plain(histogram_line(BUCKETS, 80, cursor=1)).endswith(" 00:00:01 E0 W1 I6")
    assert plain(histogram_line(BUCKETS, 80, cursor=2)).endswith(" 00:00:02 E2 W0 I1 R1")
