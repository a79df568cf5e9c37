"""The world that the screens ask: the cluster that argv names, opened and watched; files and ssh of this machine."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import shlex
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from k0stui.errors import UsageError
from k0stui.present.harmless import file_name
from k0stui.settings import Settings
from k0stui.ui.outside import Ran

if TYPE_CHECKING:
    from k0stui.commands.noting import Notes
    from k0stui.commands.opening import Opened
    from k0stui.engine.observe import Watch
    from k0stui.inventory import InventoryHost
    from k0stui.logs.board import Feed
    from k0stui.model.cluster import ClusterSnapshot
    from k0stui.plans.gates.gate import Verdict
    from k0stui.present.look import Look, Way
    from k0stui.ui.acting import Acting

GREETING = 3.0
"""Seconds that hosts have to be greeted before looking begins: one that does not answer delays nobody longer."""

HURRY = 0.25
"""Seconds between looks at the start, so that the first answers are seen at once; then one a second."""

HURRIED = 20
"""So many of them."""


class Cluster:
    """`ui.outside.Outside` for the cluster that argv names."""

    def __init__(self, arguments: argparse.Namespace, settings: Settings) -> None:
        self._arguments = arguments
        self._settings = settings
        self._notes: Notes | None = None
        self._watch: Watch | None = None
        self._acting: Acting | None = None
        self._asked_now = asyncio.Event()
        self._greet: Callable[[], Coroutine[Any, Any, None]]
        self.suspend: Callable[[], AbstractContextManager[None]]
        """Gives the terminal away for a block; the app's own, set when it is there."""
        if settings.inventory and not (_named(arguments) or getattr(arguments, "demo", None)):
            arguments.inventory = settings.inventory
        self.verb_arguments = shlex.join(_reaching(arguments))
        self._logs: Feed | None = None
        self.cluster = getattr(arguments, "demo", None) or getattr(arguments, "replay", None) or ""

    @property
    def logs(self) -> Feed | None:
        """Made when it is first asked for: the frame is painted without it."""
        if self._logs is None and not getattr(self._arguments, "replay", None):
            from k0stui.logs.board import Board, Feed
            from k0stui.logs.store import LogStore

            self._logs = Feed(LogStore(), Board())
        return self._logs

    @property
    def acting(self) -> Acting:
        """The plan screens' way to act; loaded when one of them is first used."""
        if self._acting is None:
            from k0stui.commands.acting_screens import ScreenActing

            self._acting = ScreenActing(self._arguments, lambda: self._watch)
        return self._acting

    # -- looking

    async def observe(self, publish: Callable[[Look], None]) -> None:
        # Imported in a thread: half a second in which keys work and the screen is there.
        observing = await asyncio.to_thread(import_module, "k0stui.engine.observe")
        await asyncio.to_thread(import_module, "k0stui.connect.connector")
        from k0stui.commands.noting import Notes, Noting

        self._notes = Notes()
        async with self._opened() as cluster:
            self._greet = cluster.greet
            noting = Noting(cluster.connector, self._notes)
            async with observing.Watch(cluster.inventory, noting, cluster.clock, self._settings.pace) as watch:
                self._watch = watch
                if getattr(self._arguments, "replay", None):
                    await self._look_twice(watch, publish)
                else:
                    await self._look_on(watch, publish)

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Opened]:
        opening = await asyncio.to_thread(import_module, "k0stui.commands.opening")
        if getattr(self._arguments, "replay", None) or getattr(self._arguments, "demo", None):
            async with opening.opened(self._arguments) as cluster:
                yield cluster
        else:
            from k0stui.commands.asking import ask_host_key, keeping

            asks = opening.Asks(self._aside(ask_host_key), self._aside(keeping(self._arguments)))
            async with opening.reached(self._arguments, asks) as cluster:
                yield cluster

    def _aside(self, ask: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
        """A question that is asked on the normal screen."""

        async def asked(what: Any) -> Any:
            with self.suspend():
                return await ask(what)

        return asked

    async def _look_twice(self, watch: Watch, publish: Callable[[Look], None]) -> None:
        """A recording has an end: both its looks, then what they showed stays."""
        for _ in range(2):
            publish(self._look(await watch.look()))
        await asyncio.Event().wait()

    async def _look_on(self, watch: Watch, publish: Callable[[Look], None]) -> None:
        from k0stui.commands.logs import channel
        from k0stui.engine.follow import follow_watched

        publish(self._look(watch.snapshot()))
        async with asyncio.TaskGroup() as group:
            greeting = group.create_task(self._greet(), name="greet")
            await asyncio.wait({greeting}, timeout=GREETING)
            group.create_task(watch.watch(lambda snapshot: publish(self._look(snapshot))), name="watch")
            group.create_task(self._hurry(watch, publish), name="first looks")
            group.create_task(self._look_when_asked(watch, publish), name="looks asked for")
            if self.logs is not None:
                following = follow_watched(watch, self.logs.store, self.logs.board, channel)
                group.create_task(following, name="logs")

    async def _hurry(self, watch: Watch, publish: Callable[[Look], None]) -> None:
        told = 0
        for _ in range(HURRIED):
            await asyncio.sleep(HURRY)
            snapshot = watch.snapshot()
            answered = sum(host.is_reachable for host in snapshot.hosts)
            if answered != told:
                told = answered
                publish(self._look(snapshot))
        # What is loaded by now stays: to go through all of it again and again would cost a key 100 ms now and then.
        gc.collect(1)
        gc.freeze()

    async def _look_when_asked(self, watch: Watch, publish: Callable[[Look], None]) -> None:
        while True:
            await self._asked_now.wait()
            self._asked_now.clear()
            publish(self._look(await watch.look()))

    def _look(self, snapshot: ClusterSnapshot) -> Look:
        from k0stui.present.look import look_of

        return look_of(snapshot, self._ways(), self._settings.pace)

    def _ways(self) -> tuple[Way, ...]:
        from k0stui.present.look import Way

        found = []
        for name, shell in self._watch.shells().items() if self._watch else ():
            state = getattr(shell, "state", None)
            if state is not None:
                found.append(Way(name, state.phase.value, state.why, state.retry_at, state.round_trip))
        return tuple(found)

    def refresh(self) -> None:
        self._asked_now.set()

    def reconnect(self, host: str) -> None:
        for name, shell in self._watch.shells().items() if self._watch else ():
            again = getattr(shell, "reconnect", None)  # this machine has no connection
            if again is not None and host in {"", name}:
                again()
        self.refresh()

    def proof(self, snapshot: ClusterSnapshot) -> tuple[Verdict, ...]:
        from k0stui.commands.verify import situation_of
        from k0stui.plans.proof import proof

        return proof(situation_of(snapshot)).verdicts

    # -- what was asked

    def questions(self, host: str) -> Mapping[str, str]:
        return self._notes.questions.get(host, {}) if self._notes else {}

    def ran(self) -> tuple[Ran, ...]:
        return tuple(self._notes.ran) if self._notes else ()

    # -- this machine

    def ssh(self, host: str) -> tuple[str, ...]:
        found = next((one for one in self._watch.hosts if one.name == host), None) if self._watch else None
        if found is None or found.reach.local or getattr(self._arguments, "replay", None):
            return ()
        return _ssh_line(found, self._arguments)

    async def visit(self, host: str) -> int:
        process = await asyncio.create_subprocess_exec(*self.ssh(host))
        return await process.wait()

    async def wait_for_enter(self) -> None:
        print("Enter goes back to the screens. ", end="", flush=True)
        await asyncio.to_thread(sys.stdin.readline)

    def export(self, name: str, text: str) -> Path:
        path = Path(f"k0stui-{file_name(name)}-{datetime.now().astimezone():%Y%m%d-%H%M%S}.txt").resolve()
        try:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
                out.write(text)
        except OSError as error:
            raise UsageError(
                f"{path}: cannot be written ({error.strerror}); start k0stui in another folder."
            ) from error
        return path


def _named(arguments: argparse.Namespace) -> bool:
    return any(getattr(arguments, name, None) for name in ("inventory", "host", "replay"))


def _reaching(arguments: argparse.Namespace) -> list[str]:
    """The options that lead another k0stui to the same cluster."""
    words = []
    for name in ("inventory", "demo", "replay", "kubeconfig", "ssh_config", "known_hosts"):
        if value := getattr(arguments, name, None):
            words += [f"--{name.replace('_', '-')}", str(value)]
    for host in getattr(arguments, "host", None) or ():
        words += ["--host", host]
    return words


def _ssh_line(host: InventoryHost, arguments: argparse.Namespace) -> tuple[str, ...]:
    """`ssh` with what the inventory says; the rest is the operator's own ssh_config, as for k0stui itself."""
    reach, words = host.reach, ["ssh"]
    if config := getattr(arguments, "ssh_config", None):
        words += ["-F", config]
    if known := getattr(arguments, "known_hosts", None):
        words += ["-o", f"UserKnownHostsFile={known}"]
    if reach.port:
        words += ["-p", str(reach.port)]
    if reach.key_path:
        words += ["-i", reach.key_path]
    if reach.jump:
        user = f"{reach.jump.user}@" if reach.jump.user else ""
        words += ["-J", f"{user}{reach.jump.address}{f':{reach.jump.port}' if reach.jump.port else ''}"]
    return (*words, f"{reach.user}@{reach.address}" if reach.user else reach.address)
