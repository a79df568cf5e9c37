"""What will happen to the simulated cluster, in order; and the dice, thrown alike in every run."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field

Happening = Callable[[], None]


@dataclass
class Timeline:
    """Events on a heap; two at one instant happen in the order in which they were planned."""

    now: float = 0.0
    """Seconds of fleet time."""
    _planned: list[tuple[float, int, Happening]] = field(default_factory=list)
    _count: int = 0

    def at(self, when: float, what: Happening) -> None:
        self._count += 1
        heapq.heappush(self._planned, (max(when, self.now), self._count, what))

    def after(self, delay: float, what: Happening) -> None:
        self.at(self.now + delay, what)

    def advance(self, to: float) -> None:
        """Let everything happen that is planned up to `to`, what it causes included."""
        while self._planned and self._planned[0][0] <= to:
            when, _, what = heapq.heappop(self._planned)
            self.now = when
            what()
        self.now = max(self.now, to)


class Dice:
    """Chance with a seed: the same seed, the same fleet, byte for byte."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def between(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)

    def happens(self, chance: float) -> bool:
        return chance > 0 and self._random.random() < chance

    def number(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def hex(self, digits: int) -> str:
        return f"{self._random.getrandbits(digits * 4):0{digits}x}"

    def uid(self) -> str:
        word = self.hex(32)
        return f"{word[:8]}-{word[8:12]}-4{word[13:16]}-a{word[17:20]}-{word[20:]}"

    def suffix(self) -> str:
        """The five letters at the end of a pod's name."""
        return "".join(self._random.choices("bcdfghjklmnpqrstvwxz2456789", k=5))

    def shuffled(self, names: list[str]) -> list[str]:
        mixed = list(names)
        self._random.shuffle(mixed)
        return mixed
