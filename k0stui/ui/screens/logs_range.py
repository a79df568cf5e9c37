"""Which range of time the log pane's histogram shows, and where the cursor on it stands."""

from __future__ import annotations

from dataclasses import dataclass, field

WINDOWS = (("5m", 300), ("15m", 900), ("1h", 3600), ("6h", 21_600), ("24h", 86_400), ("boot", 0))
"""How far the histogram reaches back, and how far is fetched when it is asked for; `boot`: since the host's last."""

HOUR = 3600

Range = tuple[int, int]
"""Microseconds, our clock: from, to before."""


@dataclass(slots=True)
class HistogramRange:
    """The window, what was zoomed into, and the column under the cursor."""

    window: int = 2
    bucket: int | None = None
    """None: no cursor."""
    _zooms: list[Range] = field(default_factory=list)

    def shown(self, now: int, boot: int | None) -> Range:
        """What is shown at a moment; `boot` is when the host in question was booted, where that is known."""
        if self._zooms:
            return self._zooms[-1]
        return now - self.seconds(now, boot) * 1_000_000, now

    def seconds(self, now: int, boot: int | None) -> int:
        """How long the window is."""
        name, seconds = WINDOWS[self.window]
        if name != "boot":
            return seconds
        return HOUR if boot is None else max(60, (now - boot) // 1_000_000)

    def choose(self, by: int) -> str:
        """The next longer (1) or shorter (-1) window; its name."""
        self.window = min(max(0, self.window + by), len(WINDOWS) - 1)
        self._zooms.clear()
        return WINDOWS[self.window][0]

    def toggle(self, width: int) -> None:
        """A cursor at the newest of `width` columns, or none."""
        self.bucket = width - 1 if self.bucket is None else None
        self._zooms.clear()

    def move(self, by: int, width: int) -> None:
        self.bucket = min(max(0, (self.bucket or 0) + by), width - 1)

    def under_cursor(self, shown: Range, width: int) -> Range:
        """What the column under the cursor stands for."""
        each = max(-(-(shown[1] - shown[0]) // width), 1)
        at = self.bucket or 0
        return shown[0] + at * each, shown[0] + (at + 1) * each

    def zoom_in(self, shown: Range, width: int) -> None:
        """What is around the column: a tenth of the range."""
        low, high = self.under_cursor(shown, width)
        half = max((shown[1] - shown[0]) // 20, 1_000_000)
        middle = (low + high) // 2
        self._zooms.append((middle - half, middle + half))
        self.bucket = width // 2

    def zoom_out(self) -> None:
        if self._zooms:
            self._zooms.pop()
