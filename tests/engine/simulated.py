"""A cluster that the executor can act on, in virtual time: what a restart does, and a guard in Python.

Small on purpose: three controllers, four workers, a healthy mesh. The real guard has its own tests; this one answers
with the same exit codes (tests/guard), so that hundreds of whole operations cost seconds.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from k0stui.engine.course import Progress, Ways
from k0stui.engine.execute import Executor
from k0stui.engine.journal import Journal
from k0stui.errors import ApiRefused, Unreachable
from k0stui.model.cluster import ClusterSnapshot, LocalReady
from k0stui.model.etcd import EtcdHealth
from k0stui.model.host import HostName
from k0stui.model.observed import Known, require
from k0stui.model.operation import Operation, Plan
from k0stui.plans.asked import PROCESSES, UPGRADES, verify_unit
from k0stui.plans.world import GuardAnswer, RestartRequest, Verdict
from k0stui.ports import Clock, Command, Shell
from tests.builders import NOW, Cluster, _moved, a_cluster, invocation, unknown
from tests.fakes import START, Answer, FakeShell

STOPS, STARTS, READY, COUNTED = 0.5, 3.0, 12.0, 21.0
"""Seconds after the job was queued: the old process ends, the new one begins, its API is ready, counts are final."""

NEVER = float("inf")

SOUND: dict[Command | tuple[str, ...], Answer] = {
    verify_unit("k0scontroller.service"): "",
    verify_unit("k0sworker.service"): "",
    PROCESSES: "1 0 /sbin/init\n",
}
"""What only gates ask: no unit has a fault, nothing is left over."""


@dataclass
class SimHost:
    """One host, as far as restarts and the guard see it."""

    name: str
    restarted: float = -NEVER
    """When the last job was queued."""
    starts: int = 0
    boots: int = 0
    ready_after: float = READY
    lock: str = ""
    records: list[str] = field(default_factory=list)
    reachable: bool = True
    full: bool = False
    """Its disk takes nothing but the lock line."""
    jobs: list[tuple[str, int]] = field(default_factory=list)
    """(step, attempt) of every job that was queued."""

    def is_down(self, now: float) -> bool:
        """Between the stop of the old process and the readiness of the new one."""
        return STOPS <= now - self.restarted < self.ready_after

    def invocation(self, now: float) -> str:
        old = self.starts and now - self.restarted < STARTS
        return (
            invocation(f"unit{self.name}{self.starts - bool(old) or ''}")
            if self.starts - bool(old)
            else invocation("unit" + self.name)
        )


class Sim:
    """The cluster, its clock, and what was done to it."""

    def __init__(self, clock: Clock, base: Cluster | None = None) -> None:
        self.clock = clock
        self.base = base or a_cluster()
        self.hosts = {str(host.name): SimHost(str(host.name)) for host in self.base.hosts}
        self.strategy: dict[str, Any] = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
        self.version = 1
        self.patches: list[Any] = []
        self.past: list[ClusterSnapshot] = []
        self.worst = len(self.base.controllers)
        """The fewest controllers that were ever up at once."""

    # -- looking ---------------------------------------------------------------------------------------------------

    async def observe(self) -> ClusterSnapshot:
        await self.clock.sleep(0.2)
        self.count()
        now = self.clock.now()
        seen = _moved(self._facts(now), now - NOW)
        earlier = next((it for it in reversed(self.past) if now - it.taken_at >= timedelta(seconds=10)), None)
        self.past.append(replace(seen, earlier=None))
        return replace(seen, earlier=earlier)

    def count(self) -> None:
        """Note how many controllers are up now."""
        up = sum(not self.hosts[host.name].is_down(self.clock.monotonic()) for host in self.base.controllers)
        self.worst = min(self.worst, up)

    def _facts(self, wall: datetime) -> Cluster:
        cluster, now = self.base, self.clock.monotonic()
        leases = require(cluster.apis[0].leases)
        renewed = [msgspec.structs.replace(it.spec, renew_time=wall - timedelta(seconds=3)) for it in leases]
        pairs = zip(leases, renewed, strict=True)
        cluster = cluster.apis_with(leases=tuple(msgspec.structs.replace(it, spec=spec) for it, spec in pairs))
        strategy = self.strategy["type"]
        cluster = cluster.template("localhost", 7132, strategy=strategy)
        for host in self.hosts.values():
            cluster = self._host(cluster, host, now)
        return cluster

    def _host(self, cluster: Cluster, host: SimHost, now: float) -> Cluster:
        if not host.reachable:
            return cluster.unreachable(host.name)
        since = now - host.restarted
        cluster = cluster.changed(host.name, "service", invocation_id=host.invocation(now))
        if since < STARTS and since >= STOPS:
            cluster = cluster.changed(host.name, "service", active="deactivating", sub="stop-sigterm")
        seen = cluster.host(host.name)
        if seen.is_controller and host.is_down(now):
            lost = unknown("not running")
            cluster = cluster.where(
                host.name, api_ready=LocalReady(0), etcd_health=EtcdHealth(False, "down"), konnectivity_server=lost
            )
        if seen.is_controller and since < COUNTED + host.ready_after - READY:
            for other in cluster.controllers:
                server = other.konnectivity_server
                if isinstance(server, Known):
                    cluster = cluster.changed(other.name, "konnectivity_server", pid=int(3000 + now))
        return cluster

    # -- acting ----------------------------------------------------------------------------------------------------

    def restart(self, request: RestartRequest) -> None:
        host = self.hosts[request.host]
        host.jobs.append((request.step, request.attempt))
        host.restarted, host.starts = self.clock.monotonic(), host.starts + 1

    def daemonset(self) -> dict[str, Any]:
        status = {
            "desiredNumberScheduled": 4,
            "updatedNumberScheduled": 4,
            "numberAvailable": 4,
            "observedGeneration": 1,
        }
        metadata = {"name": "konnectivity-agent", "resourceVersion": str(self.version), "generation": 1}
        return {"metadata": metadata, "spec": {"updateStrategy": self.strategy, "template": {}}, "status": status}

    def shells(self) -> dict[HostName, Shell]:
        return {HostName(name): FakeShell(name, SOUND) for name in self.hosts}

    def apis(self) -> dict[HostName, Any]:
        return {host.name: SimApi(host.name, self) for host in self.base.controllers}

    def guard(self, shell: Shell, operation: Operation) -> SimGuard:
        return SimGuard(self, self.hosts[shell.host], operation)

    def ways(self, owner: str = "ann@a") -> Ways:
        return Ways(self.shells, self.apis, self.observe, self.guard, self.clock, owner, Known("", NOW))

    def executor(self, journal: Journal, plan: Plan, publish: Callable[[Progress], None] = lambda _: None) -> Executor:
        return Executor(journal, plan, self.ways(), publish)


@dataclass
class SimApi:
    """An API server that is away while its controller is."""

    host: HostName
    sim: Sim

    def _up(self) -> None:
        host = self.sim.hosts[self.host]
        if not host.reachable or host.is_down(self.sim.clock.monotonic()):
            raise Unreachable(f"{self.host}: no API")

    async def get(self, path: str, *, timeout: float = 10) -> bytes:
        self._up()
        if path == UPGRADES:
            raise ApiRefused("there is none", 404)
        return json.dumps(self.sim.daemonset()).encode()

    async def patch(self, path: str, body: bytes, *, content_type: str, timeout: float = 10) -> bytes:
        self._up()
        test, *changes = json.loads(body)
        if test["value"] != str(self.sim.version):
            raise ApiRefused("conflict", 409)
        self.sim.patches.append(changes)
        self.sim.strategy, self.sim.version = changes[0]["value"], self.sim.version + 1
        return b"{}"

    async def delete(self, path: str, body: bytes = b"", *, timeout: float = 10) -> bytes:
        raise AssertionError("nothing is deleted here")

    async def close(self) -> None: ...


@dataclass
class SimGuard:
    """`guard.sh` in Python: the same checks in the same order."""

    sim: Sim
    host: SimHost
    operation: Operation

    def _facts(self) -> dict[str, Any]:
        now = self.sim.clock.monotonic()
        epoch, op, owner = (self.host.lock or "0 - -").split(" ")
        return {
            "boot_id": f"boot{self.host.boots}", "uptime": int(now) + 1000, "invocation_id": self.host.invocation(now),
            "job": "7" if now - self.host.restarted < STOPS else "",
            "active": "deactivating" if STOPS <= now - self.host.restarted < STARTS else "active",
            "config_sha": "c0" * 32, "lock_sha": self.host.lock or "-", "epoch": int(epoch), "op": op, "owner": owner,
        }  # fmt: skip

    def _answer(self, verdict: Verdict, why: str = "") -> GuardAnswer:
        return GuardAnswer(verdict, why, **self._facts())

    async def _reach(self) -> None:
        await self.sim.clock.sleep(0.1)
        if not self.host.reachable:
            raise Unreachable(f"{self.host.name}: no answer")

    @property
    def _ours(self) -> bool:
        return self.host.lock == f"{self.operation.epoch} {self.operation.id} {self.operation.owner}"

    async def status(self, unit: str, config: str = "-") -> GuardAnswer:
        await self._reach()
        return self._answer(Verdict.ACCEPTED)

    async def lock(self, expect: str, line: str) -> GuardAnswer:
        await self._reach()
        epoch, op, _ = line.split(" ")
        present = self._facts()
        grows = int(epoch) > present["epoch"] or (int(epoch) == present["epoch"] and op == "-")
        if present["lock_sha"] != expect or not grows:
            return self._answer(Verdict.LOCK, "lost")
        self.host.lock = line
        return self._answer(Verdict.ACCEPTED)

    async def beat(self) -> GuardAnswer:
        await self._reach()
        return self._answer(Verdict.ACCEPTED if self._ours else Verdict.LOCK)

    async def note(self, lines: str) -> GuardAnswer:
        await self._reach()
        if not self._ours:
            return self._answer(Verdict.LOCK)
        self.host.records += lines.split("\n")
        return self._answer(Verdict.ACCEPTED)

    async def stage(self, what: str, content: bytes, config: str = "-", sha_before: str = "-") -> GuardAnswer:
        await self._reach()
        if self.host.full:
            return self._answer(Verdict.ROOM, "not-written")
        return self._answer(Verdict.ACCEPTED if self._ours else Verdict.LOCK)

    async def restart(self, request: RestartRequest) -> GuardAnswer:
        await self._reach()
        facts = self._facts()
        attempt = f'{{"by":"guard","step":"{request.step}","attempt":{request.attempt},'
        checks = (
            (Verdict.LOCK, self._ours),
            (Verdict.ASKED_BEFORE, facts["boot_id"] == request.boot_id),
            (Verdict.ASKED_BEFORE, facts["invocation_id"] == request.invocation_id or request.state == "any"),
            (Verdict.ASKED_BEFORE, not any(line.startswith(attempt) for line in self.host.records)),
            (Verdict.TOO_LATE, facts["uptime"] <= request.deadline),
            (Verdict.UNIT, not facts["job"]),
        )
        for verdict, passes in checks:
            if not passes:
                return self._answer(verdict, verdict.name.lower())
        self.host.records.append(attempt + '"state":"accepted"}')
        self.sim.restart(request)
        return self._answer(Verdict.ACCEPTED)


def plan_of(base: Cluster | None = None) -> Plan:
    """Staged restart of the three controllers."""
    from k0stui.plans import restart_controllers

    plan = restart_controllers.plan((base or a_cluster()).steady(), "nonce-1234")
    # The simulated boot ids are plain ones.
    return replace(plan, made_at=START, hosts=tuple(replace(host, boot_id="") for host in plan.hosts))


def journal_in(home: Path, plan: Plan) -> Journal:
    return Journal.create(home, "op-1", plan)


def agents_held(sim: Sim) -> bool:
    return bool(sim.strategy["type"] == "OnDelete")
