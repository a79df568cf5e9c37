"""How far a host's clock is from ours, from the answers it gives anyway: for display only, never for decisions."""

from __future__ import annotations

from collections import deque
from statistics import median

SAMPLES = 15
"""Kept: enough that one slow answer moves nothing."""

SLOW = 3.0
"""Answers that took longer than this many medians say little about the middle of their way."""

STEP = 2_000_000
"""Microseconds. Two samples in a row this far off the median: the clock was set, on the host or here."""


class Skew:
    """The offset of one host; positive: it is ahead."""

    def __init__(self) -> None:
        self._offsets: deque[int] = deque(maxlen=SAMPLES)
        self._took: deque[int] = deque(maxlen=SAMPLES)
        self._strange: list[int] = []
        self.step: int | None = None
        """Set by the sample that showed a step: by how much, microseconds."""

    @property
    def offset(self) -> int:
        """Microseconds; 0 while nothing is known."""
        return int(median(self._offsets)) if self._offsets else 0

    def add(self, asked: int, answered: int, host: int) -> None:
        """One answer: our clock when we asked and when it was whole, the host's when it began (microseconds).

        The host says its time first and works after that, so the way there is half of the shortest answer seen.
        """
        self.step = None
        took = max(0, answered - asked)
        self._took.append(took)
        if took > SLOW * median(self._took):
            return
        self._take(host - asked - min(self._took) // 2)

    def _take(self, sample: int) -> None:
        if not self._offsets or abs(sample - self.offset) < STEP:
            self._strange.clear()
            self._offsets.append(sample)
            return
        self._strange.append(sample)
        if len(self._strange) > 1:
            self.step = int(median(self._strange)) - self.offset
            self._offsets.clear()
            self._offsets.extend(self._strange)
            self._strange.clear()
