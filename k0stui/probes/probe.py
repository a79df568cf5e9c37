"""What a question is: a command (or an API path) and a pure function that reads the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from k0stui.model.host import Role
from k0stui.ports import LIMIT, Command, Reply

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class HostProbe(Generic[T]):
    """One question to a host."""

    name: str
    """The field of `HostObservation` that keeps the answer."""
    command: Command
    read: Callable[[Reply], T]
    """Raises `ProbeFailed` (or `NotPermitted`, `ToolMissing`) and nothing else, whatever the host sends."""
    every: float = 0.0
    """Seconds between two asks; 0: at each look."""

    @property
    def timeout(self) -> float:
        return self.command.timeout


@dataclass(frozen=True, slots=True)
class ApiProbe(Generic[T]):
    """One question to a controller's own API server."""

    name: str
    """The field of `ApiObservation` that keeps the answer."""
    path: str
    read: Callable[[bytes], T]
    """Raises `ProbeFailed` and nothing else."""
    absent: Callable[[], T] | None = None
    """The answer that a 404 stands for, where it is one."""
    timeout: float = LIMIT
    every: float = 0.0


@dataclass(frozen=True, slots=True)
class Subject:
    """What is known of a host before it is asked: decides which questions make sense, and their parameters."""

    role: Role | None
    data_dir: str = "/var/lib/k0s"
    k0s: str = "/usr/local/bin/k0s"
    """The program, from the unit's ExecStart: sudo's secure_path may not have it."""
    controllers: tuple[str, ...] = ()
    """Addresses of all controllers, for reachability from workers."""
    config_path: str = "/etc/k0s/k0s.yaml"
    agent_port: int = 8132
    admin_port: int = 8133
    api_port: int = 6443
    balancer_ports: tuple[int, int] = (7443, 7132)
    """Of node-local load balancing on a worker: for the API, for konnectivity."""
    agent_address: str = ""
    """Where this worker's agent serves 8093: its pod's address, or 127.0.0.1 with hostNetwork."""
