"""The init system's unit as it runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class K0sService:
    """`k0scontroller` or `k0sworker`, as systemd or OpenRC tells it."""

    unit: str
    """`k0scontroller.service` or `k0sworker.service`."""
    load: str
    active: str
    """`active`, `inactive`, `activating`, `failed` …; *active* is not *ready*."""
    sub: str
    """`running`, `dead`, `auto-restart` …"""
    enabled: str
    """UnitFileState: `enabled`, `disabled` …"""
    main_pid: int
    invocation_id: str
    """systemd's, new with every start of the unit; *not* k0s' own of the same name (`K0sStatus.invocation_id`)."""
    restarts: int
    """NRestarts: how often systemd started it anew by itself; a crash loop lets it climb."""
    started_at: datetime | None = None
    """UTC, by the host's clock."""
    result: str = "success"
    command: tuple[str, ...] = ()
    """ExecStart: all install flags, readable even when k0s is down."""
    kill_mode: str = "process"
    restart: str = "always"
    needs_reload: bool = False
    job: str = ""
    """A job that waits in PID 1's queue, empty for none."""

    @property
    def is_running(self) -> bool:
        return self.active == "active" and self.sub == "running"

    @property
    def is_restarting(self) -> bool:
        """systemd waits to start it again after a failure: the shape of a crash loop."""
        return self.active == "activating" and self.sub == "auto-restart"
