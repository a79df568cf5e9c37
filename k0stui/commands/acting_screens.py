"""The plan screens' way to act: `ui.acting.Acting` for the cluster that the screens watch.

An operation is carried out by a process of its own; a simulated fleet of our own lives here, and so does its executor.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING

from k0stui.commands import carrying, following
from k0stui.commands.acting import Wish, drafted
from k0stui.connect import executor_process
from k0stui.connect.left import left_on_hosts
from k0stui.engine.journal import directories, read
from k0stui.errors import JournalBroken, PlanRefused, UsageError
from k0stui.ui.acting import Preview, Running

if TYPE_CHECKING:
    from k0stui.engine.course import Progress
    from k0stui.engine.execute import Executor
    from k0stui.engine.observe import Watch


class ScreenActing:
    """`ui.acting.Acting`."""

    def __init__(self, arguments: argparse.Namespace, watch: Callable[[], Watch | None]) -> None:
        self._arguments = arguments
        self._watch = watch
        self._here: dict[str, Executor] = {}
        """Executors in this process, by operation."""

    async def draft(self, name: str, only: tuple[str, ...] = (), batch: int = 1) -> Preview:
        found = await drafted(self._opened(), Wish(name, only, batch))
        return Preview(found.plan, found.verdicts, found.wanted)

    async def start(self, preview: Preview) -> str:
        journal = carrying.begin(preview.plan, self._opened().clock, preview.wanted)
        journal.close()
        return journal.directory.name

    async def carry(self, operation: str, publish: Callable[[Running], None]) -> None:
        directory = carrying.home() / operation
        if directory.name in self._here:
            publish(running(directory))  # whoever began it here goes on telling
            return
        if carrying.is_own_fleet(self._arguments):
            await self._carry_here(directory, publish)
            return
        if not await following.is_carried(directory):
            # A copy: what was typed is kept here for the next operation of this session.
            carrying.start(directory, copy(self._arguments), waits=True)
        async for message in executor_process.watch(directory):
            publish(running(directory, str(message.get("awaits", ""))))
        publish(running(directory, is_carried=False))

    async def _carry_here(self, directory: Path, publish: Callable[[Running], None]) -> None:
        def noted(progress: Progress) -> None:
            publish(running(directory, progress.awaits))

        def attached(executor: Executor) -> None:
            self._here[directory.name] = executor

        await carrying.carry_on(directory, self._opened(), (), noted, attached, waits=True)
        self._here.pop(directory.name, None)
        publish(running(directory, is_carried=False))

    async def say(self, operation: str, word: str, step: str = "") -> None:
        if operation in self._here:
            self._here[operation].tell(word, step)
        else:
            await executor_process.say(carrying.home() / operation, word, step)

    async def left(self) -> tuple[str, ...]:
        found = await left_on_hosts(self._opened().shells())
        return tuple(line for left in found for line in left.lines())

    async def operations(self) -> tuple[Running, ...]:
        found = []
        for directory in reversed(directories(carrying.home())):
            try:
                carried = directory.name in self._here or await following.is_carried(directory)
                found.append(await asyncio.to_thread(running, directory, "", is_carried=carried))
            except JournalBroken:
                continue
        return tuple(found)

    def _opened(self) -> Watch:
        watch = self._watch()
        if watch is None:
            raise UsageError("no host has been asked yet; try again in a moment")
        if getattr(self._arguments, "replay", None):
            raise PlanRefused("a recording cannot be changed")
        return watch


def running(directory: Path, awaits: str = "", *, is_carried: bool = True) -> Running:
    """An operation as its journal tells it; raises JournalBroken."""
    operation, records = read(directory)
    plan = carrying.plan_in(directory)
    happened = tuple(following.happened_of(record) for record in records)
    name, before = carrying.name_to_type(directory, plan), carrying.text_in(directory, carrying.BEFORE)
    return Running(plan, operation, happened, name, awaits, is_carried=is_carried, before=before)
