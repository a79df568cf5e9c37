"""What lies on the controllers meanwhile: a sign of life, and every record, so that another machine can adopt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from itertools import accumulate

from k0stui.engine.course import Course
from k0stui.engine.locking import lost_to
from k0stui.errors import ProbeFailed, Unreachable
from k0stui.model.event import Event
from k0stui.model.host import HostName
from k0stui.model.operation import OperationState
from k0stui.plans.world import Guard

BEAT = 10.0
"""Seconds between two signs of life on the controllers."""

NOTE_LIMIT = 15.0
"""Seconds for copying records to one controller; what is missing is sent with the next one."""

BATCH = 48 * 1024
"""Bytes of records in one call of the guard, which takes 64 KiB."""

UNLOCKED = (OperationState.PLANNED, OperationState.APPROVED, OperationState.LOCKING)
"""Before the lock is ours nothing may be written on a host."""

LOST = (Unreachable, ProbeFailed, TimeoutError)


class Copies:
    """Signs of life and records on every controller of the plan."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._noted: dict[HostName, int] = {}

    async def beat(self, happen: Callable[[Event], None]) -> None:
        """For ever; and the first place where a lost epoch is noticed."""
        while True:
            await self._course.clock.sleep(BEAT)
            await self._each(lambda _, guard: self._beat_on(guard, happen))

    async def _beat_on(self, guard: Guard, happen: Callable[[Event], None]) -> None:
        with suppress(*LOST):
            if lost := lost_to(self._course.operation, await guard.beat()):
                happen(lost)

    async def send(self) -> None:
        """Records that a controller does not have yet."""
        await self._each(self._copy_to)

    async def everywhere(self) -> bool:
        """An act through the API has no host of its own: its intent must lie on every controller first (I4)."""
        await self.send()
        lines = len(self._course.journal.lines)
        return all(self._noted.get(host.name, 0) == lines for host in self._course.plan.controllers)

    async def _copy_to(self, name: HostName, guard: Guard) -> None:
        lines = self._course.journal.lines
        with suppress(*LOST):
            async with asyncio.timeout(NOTE_LIMIT):
                while (begin := self._noted.get(name, 0)) < len(lines):
                    batch = _batch(lines[begin:])
                    answer = await guard.note(b"".join(batch).decode().rstrip("\n"))
                    if answer.verdict:
                        return
                    self._noted[name] = begin + len(batch)

    async def _each(self, tell: Callable[[HostName, Guard], object]) -> None:
        if self._course.operation.state in UNLOCKED:
            return
        guards = self._course.guards()
        async with asyncio.TaskGroup() as group:
            for host in self._course.plan.controllers:
                if host.name in guards:
                    group.create_task(tell(host.name, guards[host.name]), name=f"tell {host.name}")  # type: ignore[arg-type]


def _batch(lines: list[bytes]) -> list[bytes]:
    """As many as fit in one call, and at least one."""
    sizes = accumulate(len(line) for line in lines)
    return lines[: max(1, sum(size <= BATCH for size in sizes))]
