"""A simulated fleet with operators on it: real plans, executor, journal and guard.sh, in virtual time; faults at will.

Every act is seen where it lands (a guard's restart on a host, a change through an API server) and judged there and then
against the model; every second of model time the fleet itself is judged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from k0stui.connect.guard import GUARD_SHA256
from k0stui.demo.fleet import Fleet
from k0stui.demo.host import CONFIG
from k0stui.demo.pace import Pace
from k0stui.demo.shell import DemoConnector
from k0stui.errors import PlanRefused
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.operation import Facts, Plan
from k0stui.model.rows import BOOT
from k0stui.plans.yaml_splice import turned_on
from tests.fakes import START
from tests.invariants.judge import Judge
from tests.invariants.operator import Operator
from tests.invariants.wire import Act


@dataclass
class StageClock:
    """The virtual loop's time, also between two runs of it."""

    loop: asyncio.AbstractEventLoop

    def now(self) -> datetime:
        return START + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return self.loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Stage:
    """One fleet, one plan, two operators."""

    def __init__(self, fleet: Fleet, home: Path, loop: asyncio.AbstractEventLoop) -> None:
        self.fleet, self.home, self.loop = fleet, home, loop
        self.clock = StageClock(loop)
        self.connector = DemoConnector(Pace(fleet, self.clock))
        self.plan: Plan = None  # type: ignore[assignment]
        self.first = Operator(self, "ann")
        self.second = Operator(self, "bob")
        self.acts: list[Act] = []
        self.api_acts: list[str] = []
        self.harmed: set[str] = set()
        """Controllers that a fault, not we, took down."""
        self.edited: dict[str, bytes] = {}
        self.allowed: dict[str, set[bytes]] = {}
        self.modes: dict[str, int] = {}
        self.judge = Judge(self)
        self.every_second: list[Callable[[], None]] = [self.judge.look]

    async def open(self, make: Callable[[ClusterSnapshot, str, str], Plan]) -> None:
        """Look twice and plan."""
        await self.first.watch.look()
        await self.clock.sleep(15)
        snapshot = await self.first.watch.look()
        self.plan = make(snapshot, "nonce-1234", GUARD_SHA256)
        for host in self.plan.controllers:
            file = self.fleet.host(host.name).files[CONFIG]
            self.modes[host.name] = file.mode
            self.allowed[host.name] = {file.content, *self._after(host.name)}

    def _after(self, name: str) -> set[bytes]:
        if self.plan.name != "nllb":
            return set()
        try:
            return {turned_on(self.fleet.host(name).files[CONFIG].content).after}
        except PlanRefused:
            return set()

    def close(self) -> None:
        for operator in (self.first, self.second):
            operator.kill()
        self.connector.__exit__()

    def boots(self) -> Facts:
        """The boot ids as a resume sees them."""
        return tuple((f"{BOOT}{it.name}", it.boot_id) for it in (*self.fleet.controllers, *self.fleet.workers))

    @property
    def holder(self) -> Operator:
        """Who has the newest word."""
        return self.second if self.second.journal is not None else self.first

    async def spend(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Let model time pass, judging every second of it."""
        for _ in range(round(seconds)):
            if until():
                return
            await self.clock.sleep(1.0)
            self.connector.pace.catch_up()
            for look in self.every_second:
                look()
            self.first.reap()
            self.second.reap()
