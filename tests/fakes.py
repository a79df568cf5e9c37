"""Stand-ins for the ports of `k0stui.ports`: a host, an API server and a clock that do what a test says.

shell = FakeShell("c1", {PROBE.command: "4 agents", ("uptime",): HANGS, ("id",): Unreachable("c1: gone")})
clock = FakeClock()                       # asyncio's own limits need `virtual_time`, below
"""

from __future__ import annotations

import asyncio
import json
import selectors
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from k0stui.errors import ApiRefused, Unreachable
from k0stui.model.host import HostName
from k0stui.ports import LIMIT, Command, Reply

START = datetime(2025, 2, 4, 9, 18, tzinfo=UTC)
"""When every FakeClock begins, unless told otherwise: the morning of the incident."""


class Hangs(Enum):
    """The answer that never comes."""

    HANGS = "hangs"


HANGS = Hangs.HANGS

Answer = str | bytes | int | Reply | Exception | Hangs | Callable[[Command], Any]
"""stdout of a success, a bare exit status, a whole reply, an error to raise, HANGS, or a function to one of these."""


def reply(stdout: str | bytes = b"", stderr: str | bytes = b"", exit_status: int = 0, at: datetime = START) -> Reply:
    """A reply, with the parts that a test cares for."""
    return Reply(exit_status, _bytes(stdout), _bytes(stderr), at, at)


class FakeShell:
    """One host that answers from a dict; the key is a `Command` or its argv, what is not in it is exit 127."""

    def __init__(
        self,
        host: str = "c1",
        answers: Mapping[Command | tuple[str, ...], Answer] | None = None,
        *,
        default: Answer | None = None,
        clock: FakeClock | None = None,
    ) -> None:
        self.answers: dict[tuple[str, ...], Answer] = {}
        self.default = default
        self.ran: list[Command] = []
        """Every command, in the order in which it came, also those that failed."""
        self.closed = False
        self._host = HostName(host)
        self._clock = clock
        for key, answer in (answers or {}).items():
            self.answer(key, answer)

    @property
    def host(self) -> HostName:
        return self._host

    @property
    def argvs(self) -> list[tuple[str, ...]]:
        return [command.argv for command in self.ran]

    def answer(self, key: Command | tuple[str, ...], answer: Answer) -> None:
        """From now on `key` is answered by `answer`."""
        self.answers[key.argv if isinstance(key, Command) else key] = answer

    async def run(self, command: Command) -> Reply:
        self.ran.append(command)
        if self.closed:
            raise Unreachable(f"{self._host}: the connection is closed")
        return await self._give(self._find(command), command)

    async def close(self) -> None:
        self.closed = True

    def _find(self, command: Command) -> Answer:
        if command.argv in self.answers:
            return self.answers[command.argv]
        return self.default if self.default is not None else reply(stderr="not found", exit_status=127)

    async def _give(self, answer: Answer, command: Command) -> Reply:
        now = self._clock.now() if self._clock else START
        match answer:
            case Hangs.HANGS:
                await asyncio.Event().wait()
                raise AssertionError("nothing ends a hang")
            case Exception():
                raise answer
            case Reply():
                return answer
            case int():
                return reply(exit_status=answer, at=now)
            case str() | bytes():
                return reply(answer, at=now)
            case _:
                return await self._give(answer(command), command)


@dataclass(frozen=True, slots=True)
class Call:
    """A request that changes something."""

    verb: str
    path: str
    body: bytes = b""
    content_type: str = ""


class FakeKubeApi:
    """One API server that answers from a dict of path -> anything that JSON can say, bytes, an error or HANGS."""

    def __init__(self, host: str = "c1", answers: Mapping[str, Any] | None = None, *, default: Any = None) -> None:
        self.answers: dict[str, Any] = dict(answers or {})
        self.default = default
        self.asked: list[str] = []
        self.calls: list[Call] = []
        """PATCH and DELETE, in order."""
        self.closed = False
        self._host = HostName(host)

    @property
    def host(self) -> HostName:
        return self._host

    async def get(self, path: str, *, timeout: float = LIMIT) -> bytes:
        self.asked.append(path)
        return await self._give(self.answers.get(path, self.default), path)

    async def patch(self, path: str, body: bytes, *, content_type: str, timeout: float = LIMIT) -> bytes:
        self.calls.append(Call("PATCH", path, body, content_type))
        return await self._give(self.answers.get(f"PATCH {path}", {}), path)

    async def delete(self, path: str, body: bytes = b"", *, timeout: float = LIMIT) -> bytes:
        self.calls.append(Call("DELETE", path, body))
        return await self._give(self.answers.get(f"DELETE {path}", {}), path)

    async def close(self) -> None:
        self.closed = True

    async def _give(self, answer: Any, path: str) -> bytes:
        match answer:
            case Hangs.HANGS:
                await asyncio.Event().wait()
                raise AssertionError("nothing ends a hang")
            case None:
                raise ApiRefused(f"{self._host}: {path} is not found", 404)
            case Exception():
                raise answer
            case bytes():
                return answer
            case _ if callable(answer):
                return await self._give(answer(path), path)
            case _:
                return json.dumps(answer).encode()


@dataclass
class FakeClock:
    """A clock that stands until a test or a `sleep` moves it."""

    start: datetime = START
    elapsed: float = 0.0
    slept: list[float] = field(default_factory=list)
    """What was asked for, in order."""

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    def advance(self, seconds: float) -> None:
        self.elapsed += seconds

    async def sleep(self, seconds: float) -> None:
        """Passes at once: time jumps, and every other task gets a turn."""
        self.slept.append(seconds)
        self.elapsed += max(0.0, seconds)
        await asyncio.sleep(0)


class LoopClock:
    """A clock that reads the running loop: real under a real loop, virtual under `VirtualLoop`."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._zero = asyncio.get_running_loop().time()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time() - self._zero

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time jumps to the next timer instead of waiting for it; `asyncio.timeout` obeys it too."""

    def __init__(self) -> None:
        self._elapsed = 0.0
        super().__init__(_NoWait(self))

    def time(self) -> float:
        return self._elapsed


class _NoWait(selectors.DefaultSelector):
    """Asks for I/O without waiting, and moves the loop's time on by what it would have waited."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise AssertionError("every task waits and no timer is set: this test would hang for ever")
        if not ready and timeout:
            self._loop._elapsed += timeout
        return ready


def virtually(test: Callable[[], Any]) -> float:
    """Run an async function in virtual time; how many (virtual) seconds it took."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        loop = runner.get_loop()
        begin = loop.time()
        runner.run(test())
        return loop.time() - begin


@contextmanager
def virtual_runner() -> Iterator[asyncio.Runner]:
    """A runner in virtual time, for tests that run several things in one loop."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        yield runner


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
