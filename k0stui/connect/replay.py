"""Play a recording back: shells and API servers that answer what was answered then, with the times of then."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

from k0stui.engine.recording import Row, body_of, command_question, load, reply_of
from k0stui.errors import NotPermitted, ProbeFailed, Unreachable
from k0stui.inventory import Inventory, InventoryHost
from k0stui.model.host import HostName
from k0stui.ports import LIMIT, Command, KubeApi, Reply, Shell


class Replay:
    """A recording as a `Connector`: a question asked again gets the next answer recorded, the last one for ever."""

    def __init__(self, folder: Path) -> None:
        self.inventory: Inventory
        self.inventory, rows = load(folder)
        self.clock = ReplayClock(_times(rows))
        self._answers: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for row in rows:
            self._answers[row["kind"], row["host"], row["question"]].append(row)
        self._hosts = {row["host"] for row in rows}

    def shell(self, host: InventoryHost) -> Shell:
        return ReplayShell(host.name, self)

    def api(self, host: InventoryHost, shell: Shell) -> KubeApi:
        return ReplayApi(shell.host, self)

    async def close(self) -> None:
        """Nothing is open."""

    def answer(self, kind: str, host: str, question: str) -> Row:
        rows = self._answers.get((kind, host, question))
        if host not in self._hosts:
            raise Unreachable("this host is not in the recording")
        if not rows:
            raise ProbeFailed(f"not in this recording: {question}")
        return rows.pop(0) if len(rows) > 1 else rows[0]


class ReplayShell:
    """One recorded host."""

    def __init__(self, host: HostName, replay: Replay) -> None:
        self._host = host
        self._replay = replay

    @property
    def host(self) -> HostName:
        return self._host

    async def run(self, command: Command) -> Reply:
        reply = reply_of(self._replay.answer("command", self._host, command_question(command)))
        self._replay.clock.reach(reply.answered)
        return reply

    async def close(self) -> None:
        """Nothing is open."""


class ReplayApi:
    """One recorded API server."""

    def __init__(self, host: HostName, replay: Replay) -> None:
        self._host = host
        self._replay = replay

    @property
    def host(self) -> HostName:
        return self._host

    async def get(self, path: str, *, timeout: float = LIMIT) -> bytes:
        body, answered = body_of(self._replay.answer("api", self._host, path))
        self._replay.clock.reach(answered)
        return body

    async def patch(self, path: str, body: bytes, *, content_type: str, timeout: float = LIMIT) -> bytes:
        raise NotPermitted("this is a recording: nothing can be changed in it")

    async def delete(self, path: str, body: bytes = b"", *, timeout: float = LIMIT) -> bytes:
        raise NotPermitted("this is a recording: nothing can be changed in it")

    async def close(self) -> None:
        """Nothing is open."""


class ReplayClock:
    """The time of the recording: as late as the latest answer given so far, going on by itself only in `sleep`."""

    def __init__(self, times: list[datetime]) -> None:
        self._start = min(times, default=datetime.fromisoformat("1970-01-01T00:00:00+00:00"))
        self._now = self._start

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return (self._now - self._start).total_seconds()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.05))
        self._now += timedelta(seconds=seconds)

    def reach(self, moment: datetime) -> None:
        self._now = max(self._now, moment)


def _times(rows: list[Row]) -> list[datetime]:
    return [datetime.fromisoformat(row["answered"]) for row in rows if "answered" in row]
