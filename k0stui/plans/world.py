"""All that a step of a plan may touch: the guard and the shell of a host, each API server, the clock.

Nothing else: a step that could reach more could not be shown before it runs.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Protocol

from k0stui.errors import ProbeFailed, Unreachable
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.host import HostName
from k0stui.model.operation import Operation, Plan, StepProgress
from k0stui.plans.asked import HostAsked
from k0stui.ports import Clock, KubeApi, Shell


class Verdict(IntEnum):
    """How the guard ended: its exit status. All but ACCEPTED and UNKNOWN say for certain that nothing was done."""

    ACCEPTED = 0
    ASKED_BEFORE = 10
    """Restarted or rebooted since, or this attempt is in the host's record: look at the host."""
    IDENTITY = 11
    LOCK = 12
    UNIT = 13
    CONFIG = 14
    QUORUM = 15
    TOO_LATE = 16
    ROOM = 17
    CONFIG_FILE = 19
    ARGUMENTS = 64
    UNKNOWN = 70
    BUSY = 75

    @classmethod
    def of(cls, exit_status: int) -> Verdict:
        """Any status that the guard does not document is UNKNOWN: it may have been killed half-way."""
        return cls(exit_status) if exit_status in cls._value2member_map_ else cls.UNKNOWN

    @property
    def is_refusal(self) -> bool:
        """Certain: no job was queued by this call."""
        return self not in (Verdict.ACCEPTED, Verdict.ASKED_BEFORE, Verdict.UNKNOWN)


@dataclass(frozen=True, slots=True)
class GuardAnswer:
    """The guard's one line."""

    verdict: Verdict
    why: str = ""
    boot_id: str = ""
    uptime: int = 0
    """Seconds, by the host."""
    invocation_id: str = ""
    """systemd's, of the unit asked about."""
    job: str = ""
    active: str = ""
    config_sha: str = ""
    """Of the live config; empty where there is none."""
    lock_sha: str = "-"
    """Of the lock line, what the next compare-and-swap must expect; `-`: no lock."""
    epoch: int | None = 0
    """Of the lock line. None: unreadable."""
    op: str = "-"
    """Whose lock it is; `-`: free."""
    owner: str = "-"
    beat_age: int | None = None
    """Seconds since the holder's last beat, by the host's own uptime; None: none in this boot."""
    records: int = 0

    def is_of(self, operation: Operation) -> bool:
        """The lock line is this operation's, of its epoch and of its present owner: two may have adopted it in one
        epoch, each where the other could not."""
        return (self.op, self.epoch, self.owner) == (operation.id, operation.epoch, operation.owner)


@dataclass(frozen=True, slots=True)
class RestartRequest:
    """Everything that the guard checks before it asks PID 1 for one restart."""

    host: HostName
    step: str
    attempt: int
    unit: str
    """`k0scontroller.service` or `k0sworker.service`."""
    machine_id: str
    ca_sha256: str
    boot_id: str
    invocation_id: str
    """systemd's, before the restart."""
    deadline: int
    """The host's own uptime after which the request is dead; so "not started" becomes certain."""
    data_dir: str = "/var/lib/k0s"
    config: str = "-"
    """Path; `-` where the unit has none."""
    sha_before: str = "-"
    sha_after: str = "-"
    """`-`: commit nothing."""
    members: int = 0
    need: int | None = None
    """Active peers that must be left: voters // 2 + 1. None: no etcd to ask (workers, kine)."""
    state: str = "active"
    """`any`: help of a host that is down already."""


class Guard(Protocol):
    """The guard script on one host, in the name of one operation."""

    async def status(self, unit: str, config: str = "-") -> GuardAnswer: ...

    async def lock(self, expect: str, line: str) -> GuardAnswer: ...

    async def beat(self) -> GuardAnswer: ...

    async def note(self, lines: str) -> GuardAnswer: ...

    async def stage(self, what: str, content: bytes, config: str = "-", sha_before: str = "-") -> GuardAnswer: ...

    async def restart(self, request: RestartRequest) -> GuardAnswer: ...


@dataclass(frozen=True, slots=True)
class World:
    """What a step gets to act on and to look with, and where in which operation it is."""

    shells: Mapping[HostName, Shell]
    guards: Mapping[HostName, Guard]
    apis: Mapping[HostName, KubeApi]
    """By controller."""
    clock: Clock
    observe: Callable[[], Awaitable[ClusterSnapshot]]
    """A fresh look at the whole cluster."""
    plan: Plan
    operation: Operation
    step: str = ""
    """The id of the step at hand."""
    ask: Callable[[HostName], Awaitable[HostAsked]] | None = None
    """What only gates ask of one host; None: nobody can be asked here, and such gates are UNKNOWN."""

    async def asked(self, host: HostName) -> tuple[tuple[HostName, HostAsked], ...]:
        """For `Situation.asked`."""
        return ((host, await self.ask(host)),) if self.ask else ()

    @property
    def progress(self) -> StepProgress:
        """Of the step at hand: its attempt, and the facts of its INTENT."""
        return self.operation.step(self.step)

    def fact(self, name: str, default: str = "") -> str:
        """One fact that INTENT wrote down."""
        return dict(self.progress.facts).get(name, default)

    async def get(self, path: str) -> tuple[KubeApi, Any]:
        """GET from the first API server that answers, with that server: an act then goes to the one that was asked.

        Raises:
            Unreachable: none answered.
            ProbeFailed: what answered is no JSON, or refuses.
        """
        lost: list[str] = []
        for host in sorted(self.apis):
            try:
                return self.apis[host], json.loads(await self.apis[host].get(path))
            except Unreachable as error:
                lost.append(str(error))
            except ValueError as error:
                raise ProbeFailed(f"{host}: {path} is not JSON") from error
        raise Unreachable(f"no API server answers: {'; '.join(lost)}")
