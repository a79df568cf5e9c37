"""A machine reached by SSH: who it is, its clock, its disks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NewType

HostName = NewType("HostName", str)
NodeName = NewType("NodeName", str)
"""Of a Kubernetes `Node`; a bare controller has none."""

GIB = 1 << 30
LOW_SHARE = 0.05
"""Of a filesystem's space or inodes: less left is nearly none."""
WORKER_SHARE = 0.15


class Role(Enum):
    """k0s' roles, as k0sctl writes them."""

    CONTROLLER = "controller"
    WORKER = "worker"
    CONTROLLER_WORKER = "controller+worker"
    SINGLE = "single"

    @property
    def is_controller(self) -> bool:
        return self is not Role.WORKER

    @property
    def is_worker(self) -> bool:
        return self is not Role.CONTROLLER


@dataclass(frozen=True, slots=True)
class HostIdentity:
    """What proves that this is the machine that the plan means."""

    hostname: str
    machine_id: str
    boot_id: str
    uptime: float
    """Seconds since boot, by its own clock."""
    machine: str = ""
    """`uname -m`: Envoy is missing for some."""
    init: str = "systemd"
    """`systemd` or `openrc`."""
    cores: int = 1


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """How far a host's clock is from ours, by the middle of the round trip."""

    offset: float
    """Seconds; positive: the host is ahead."""
    round_trip: float
    """Seconds; the offset is right to half of it."""


@dataclass(frozen=True, slots=True)
class Filesystem:
    """One row of `df`, for a path that k0s needs."""

    mount: str
    source: str
    size: int
    """Bytes."""
    available: int
    """Bytes left for others than root's reserve."""
    inodes: int = 0
    inodes_free: int = 0

    @property
    def used_share(self) -> float:
        """0..1, as `df` counts it."""
        return 1 - self.available / self.size if self.size else 0.0

    def floor(self, *, controller: bool) -> float:
        """Bytes that must stay free: on controllers 5 % and 1 GiB, on others 15 %.

        Of a small filesystem no more than a quarter: /run is a tmpfs of a tenth of the memory, 390 MiB with 4 GB.
        Below 15 % a kubelet starts to evict, and an etcd without space costs quorum (safety.md C-06; k0s.md F37).
        """
        if controller:
            return max(min(GIB, self.size / 4), LOW_SHARE * self.size)
        return WORKER_SHARE * self.size

    @property
    def lacks_inodes(self) -> bool:
        """Fewer than 5 % are left, where it counts them at all."""
        return self.inodes_free < LOW_SHARE * self.inodes


@dataclass(frozen=True, slots=True)
class LogUsage:
    """What the journal takes, and how fast it grows; measured by the host itself over a few seconds."""

    used: int
    """Bytes of all journal files."""
    growth: float
    """Bytes per second of log text written meanwhile; 0 when nothing was."""
    limit: int = 0
    """Bytes at which journald starts to delete (SystemMaxUse), 0 if not known."""
    mount: str = ""
    """The filesystem that it lies on."""
    oldest: datetime | None = None
    """UTC. What happened before cannot be known."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """An X.509 certificate found on a host."""

    path: str
    not_after: datetime
    """UTC. The last instant it is valid, not the first it is not."""
    subject: str = ""
