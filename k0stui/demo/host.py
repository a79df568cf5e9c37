"""A simulated machine: who it is, its unit under systemd, its files, its disk, its journal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from k0stui.demo.journal import Journal
from k0stui.demo.timeline import Dice, Timeline

CONFIG = "/etc/k0s/k0s.yaml"
GIB = 1024**3


@dataclass
class File:
    """A regular file of root."""

    content: bytes
    modified: float = 0.0
    """Fleet time."""
    mode: int = 0o600


@dataclass
class Unit:
    """`k0scontroller.service` or `k0sworker.service`, as systemd tells it."""

    name: str
    argv: tuple[str, ...]
    active: str = "inactive"
    sub: str = "dead"
    main_pid: int = 0
    invocation: str = ""
    """systemd's, not k0s'."""
    restarts: int = 0
    started: float | None = None
    job: str = ""
    """Number of a job in the queue of PID 1."""
    enabled: str = "enabled"
    result: str = "success"

    @property
    def is_running(self) -> bool:
        return self.active == "active"


@dataclass
class Disk:
    """The one filesystem that counts here, with /var and /etc on it."""

    size: int = 252 * GIB
    used: int = 32 * GIB
    journal: int = 8 * 1024 * 1024
    """Bytes of journal files; part of `used`."""
    journal_limit: int = 4 * GIB
    grows: float = 0.0
    """Bytes per second that the journal takes now."""
    since: float = 0.0


@dataclass
class Machine:
    """What every simulated host has; `Controller` and `Worker` are built on it."""

    name: str
    address: str
    unit: Unit
    timeline: Timeline
    dice: Dice
    machine_id: str
    boot_id: str
    booted: float
    powered: bool = True
    clock_ahead: float = 0.0
    """Seconds by which its clock is wrong."""
    sudo: bool = True
    unit_fault: str = ""
    """What `systemd-analyze verify` finds in its unit."""
    files: dict[str, File] = field(default_factory=dict)
    disk: Disk = field(default_factory=Disk)
    pids: int = 400
    journal: Journal = field(init=False)
    life: int = 0
    """Grows with each start, stop and power loss: what was planned for an earlier life does not happen."""

    def __post_init__(self) -> None:
        self.journal = Journal(self)

    def pid(self) -> int:
        """The next free one."""
        self.pids += self.dice.number(3, 40)
        return self.pids

    def planned(self, delay: float, what: Callable[[], None]) -> None:
        """Do it later, unless this run of k0s is over by then."""
        life = self.life
        self.timeline.after(delay, lambda: what() if self.life == life else None)

    def write(self, path: str, content: bytes, mode: int = 0o600) -> None:
        """Replace a file; the same bytes keep its date."""
        old = self.files.get(path)
        if old is None or old.content != content:
            self.files[path] = File(content, self.timeline.now, old.mode if old else mode)

    def free(self, now: float) -> int:
        """Bytes left."""
        return max(0, self.disk.size - self.disk.used - (self.journal_size(now) - self.disk.journal))

    def journal_size(self, now: float) -> int:
        grown = self.disk.journal + int(self.disk.grows * (now - self.disk.since))
        return min(grown, max(self.disk.journal_limit, self.disk.journal))

    def journal_grows(self, rate: float) -> None:
        """From now on by `rate` bytes per second."""
        size = self.journal_size(self.timeline.now)
        self.disk.used += size - self.disk.journal
        self.disk.journal = size
        self.disk.grows, self.disk.since = rate, self.timeline.now

    def exec_unit(self) -> None:
        """PID 1 starts the program anew: *active* at once, ready much later."""
        unit = self.unit
        self.life += 1
        unit.active, unit.sub, unit.job, unit.result = "active", "running", "", "success"
        unit.main_pid = self.pid()
        unit.invocation = self.dice.hex(32)
        unit.started = self.timeline.now

    def stop_unit(self, active: str = "inactive", sub: str = "dead") -> None:
        unit = self.unit
        self.life += 1
        unit.active, unit.sub, unit.main_pid, unit.job = active, sub, 0, ""
        if active == "inactive":
            unit.invocation = ""
