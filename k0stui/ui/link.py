"""The way to the engineer's terminal: how long it takes, how full it is, and when the next picture may go.

An SSH connection swallows megabytes before a write would block, so a full pipe is not seen in the kernel's queue: an
answer that comes back is the only proof. The driver asks the terminal where its cursor is (`ESC [ 6 n`), and no more
than `WINDOW` bytes are under way without an answer. What is painted next is then the newest picture, not the oldest.
No clock here: times are passed in, in seconds of one monotonic clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

WINDOW = 8 * 1024
"""Bytes under way without an answer. Half a second at 16 kB/s; at 84 ms round trip it still allows 95 kB/s."""

ASK_AFTER = 2 * 1024
"""Bytes after which an answer is asked for: 4 bytes out, about 6 in."""

ASK_EVERY = 10.0
"""Seconds after which one is asked for with the next picture, however small: the round trip shown is then of now."""

PATIENCE = 3.0
"""Seconds without an answer before a picture goes out all the same: the answer may be lost, or never come."""

LOW_ROUND_TRIP = 0.25
"""Seconds at the 90th percentile from which the link counts as low bandwidth (screens.md section 9)."""

LOW_PACE = 0.25
"""Seconds between pictures then: 4 a second."""

EAGER = 0.1
"""Seconds after a key in which pictures go at once all the same."""


@dataclass(frozen=True, slots=True)
class LinkMeasure:
    """What the status bar says of the link."""

    round_trip: float | None
    """Seconds, the median of the last answers; None when the terminal never answered."""
    rate: float
    """Bytes per second over the last ten seconds."""
    low: bool
    frames: int
    dropped: int
    """Pictures that were replaced by a newer one before they could be sent."""


@dataclass(slots=True)
class Link:
    """Bytes sent, answers had, and what follows from both."""

    frames: int = 0
    dropped: int = 0
    forced_low: bool | None = None
    """`:set lowbw=`; None lets the measures decide."""
    _unanswered: int = 0
    _asked: deque[tuple[float, int]] = field(default_factory=deque)
    _last_ask: float = float("-inf")
    _since_ask: int = 0
    _last_frame: float = float("-inf")
    _eager_until: float = float("-inf")
    _answers: bool = True
    _round_trips: deque[float] = field(default_factory=lambda: deque(maxlen=20))
    _sent: deque[tuple[float, int]] = field(default_factory=deque)

    def wait(self, now: float) -> float:
        """Seconds until the next picture may go; 0 for now. An answer may shorten it."""
        pace = self._last_frame + LOW_PACE - now if self.low and now > self._eager_until else 0.0
        if self._answers and self._asked and self._unanswered > WINDOW:
            waited = now - max(self._asked[0][0], self._last_frame)
            return max(pace, PATIENCE - waited, 0.0)
        return max(pace, 0.0)

    def pressed(self, now: float) -> None:
        """A key was pressed: what it shows is not made to wait for the pace, only for a terminal that is full."""
        self._eager_until = now + EAGER

    def sent(self, size: int, now: float) -> bool:
        """Note a picture of `size` bytes; true when the question should go with it."""
        self.frames += 1
        self._last_frame = now
        self._unanswered += size
        self._since_ask += size
        self.note(size, now)
        self._give_up(now)
        if not self._answers or (self._since_ask < ASK_AFTER and now - self._last_ask < ASK_EVERY):
            return False
        self._asked.append((now, self._unanswered))
        self._last_ask, self._since_ask = now, 0
        return True

    def note(self, size: int, now: float) -> None:
        """Note bytes that are no picture, for the rate."""
        self._sent.append((now, size))
        self._forget_before(now - 10)

    def _forget_before(self, then: float) -> None:
        while self._sent and self._sent[0][0] < then:
            self._sent.popleft()

    def answered(self, now: float) -> None:
        """The terminal has shown everything up to the oldest question."""
        if not self._asked:
            self._answers = True  # it does answer, only later than we waited
            return
        asked_at, covered = self._asked.popleft()
        self._round_trips.append(now - asked_at)
        self._unanswered -= covered
        self._asked = deque((at, size - covered) for at, size in self._asked)

    def _give_up(self, now: float) -> None:
        """Forget questions that nobody answers; a terminal that never answered any is not asked again."""
        if self._asked and now - self._asked[0][0] > 2 * PATIENCE:
            self._answers = bool(self._round_trips)
            self._asked.clear()
            self._unanswered = 0

    @property
    def outstanding(self) -> bool:
        """An answer may still come: who leaves now leaves it to the shell."""
        return self._answers and bool(self._asked)

    @property
    def low(self) -> bool:
        if self.forced_low is not None:
            return self.forced_low
        ordered = sorted(self._round_trips)
        return len(ordered) >= 3 and ordered[int(len(ordered) * 0.9)] > LOW_ROUND_TRIP

    def measure(self, now: float) -> LinkMeasure:
        self._forget_before(now - 10)
        ordered = sorted(self._round_trips)
        middle = ordered[len(ordered) // 2] if ordered else None
        return LinkMeasure(middle, sum(size for _, size in self._sent) / 10, self.low, self.frames, self.dropped)
