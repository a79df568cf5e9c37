"""Leases of kube-node-lease: who runs, who leads, and for how long a lost holder is believed.

Source: reference/k0s.md §5.1, konnectivity.md §1.4: 60 s, renewed every 5 s, mostly released on a graceful stop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from k0stui.demo.timeline import Dice, Timeline

DURATION = 60.0
RETRY = 5.0
"""Seconds between two tries of who wants it, and between two renewals of who has it."""

LEADER = "k0s-endpoint-reconciler"


@dataclass
class Lease:
    """One lease; renewals are not events but arithmetic."""

    name: str
    created: float
    uid: str
    phase: float
    """Offset of its renewals, 0..5 s."""
    holder: str = ""
    node: str = ""
    """On whose machine the holder runs; the lease itself does not say."""
    acquired: float = 0.0
    stopped: float | None = 0.0
    """When renewing ended; None while it goes on."""
    transitions: int = 0
    resource: int = 1

    def is_free(self, now: float) -> bool:
        return not self.holder or (self.stopped is not None and now >= self.stopped + DURATION)

    def renewed(self, now: float) -> float:
        """When it was renewed last."""
        if self.stopped is not None:
            return self.stopped
        return max(self.acquired, now - (now - self.phase) % RETRY)

    def is_held(self, now: float) -> bool:
        return bool(self.holder) and self.renewed(now) + DURATION > now


@dataclass
class Leases:
    """All of them, with what happens when one is taken or given back."""

    timeline: Timeline
    dice: Dice
    changed: Callable[[], int]
    """Gives the next resourceVersion."""
    all: dict[str, Lease] = field(default_factory=dict)

    def get(self, name: str) -> Lease:
        if name not in self.all:
            lease = Lease(name, self.timeline.now, self.dice.uid(), self.dice.between(0, RETRY))
            self.all[name] = lease
        return self.all[name]

    def take(self, name: str, holder: str, node: str) -> None:
        lease = self.get(name)
        lease.transitions += lease.holder != holder
        lease.holder, lease.node = holder, node
        lease.acquired, lease.stopped = self.timeline.now, None
        lease.resource = self.changed()

    def release(self, name: str) -> None:
        """Given back: holder empty, duration 1 s."""
        lease = self.get(name)
        lease.holder, lease.stopped = "", self.timeline.now
        lease.resource = self.changed()

    def abandon(self, name: str) -> None:
        """The holder is gone without a word: believed for 60 s more."""
        lease = self.get(name)
        lease.stopped = lease.renewed(self.timeline.now)

    def held_by(self, holder: str) -> list[str]:
        return [
            lease.name for lease in self.all.values() if holder and lease.holder == holder and lease.stopped is None
        ]

    def live_controllers(self, now: float, ahead: float, clocks: dict[str, float]) -> int:
        """How many controllers a host counts whose clock is `ahead`; the others' clocks write what it reads."""
        count = 0
        for lease in self.all.values():
            if not lease.name.startswith("k0s-ctrl-") or not lease.holder:
                continue
            written = lease.renewed(now) + clocks.get(lease.node, 0.0)
            count += written + DURATION > now + ahead
        return count
