"""A fleet that lives: its time follows a clock, once or many times as fast."""

from __future__ import annotations

from dataclasses import dataclass, field

from k0stui.demo.fleet import Fleet
from k0stui.ports import Clock


@dataclass
class Pace:
    """Lets a fleet catch up with a clock whenever somebody looks at it."""

    fleet: Fleet
    clock: Clock
    speed: float = 1.0
    _begin: float = field(init=False)
    _zero: float = field(init=False)

    def __post_init__(self) -> None:
        self._begin, self._zero = self.fleet.now, self.clock.monotonic()
        self.fleet.live(self.clock.now(), self.speed)

    def catch_up(self) -> Fleet:
        """Everything that was due until now has happened."""
        self.fleet.advance(self._begin + (self.clock.monotonic() - self._zero) * self.speed)
        return self.fleet
