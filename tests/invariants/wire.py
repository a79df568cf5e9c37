"""One operator's way to the fleet: every act is judged where it lands, and replies can be lost on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from k0stui.connect.guard import is_call, words_of
from k0stui.errors import Unreachable
from k0stui.inventory import InventoryHost
from k0stui.model.host import HostName
from k0stui.ports import Command, KubeApi, Reply, Shell

if TYPE_CHECKING:
    from tests.invariants.stage import Stage


@dataclass(frozen=True, slots=True)
class Act:
    """A restart that PID 1 was asked for by us."""

    host: str
    step: str
    attempt: int
    epoch: int
    at: float


@dataclass
class Wire:
    """One operator's way to the fleet; whatever is done to it happens to that operator only."""

    stage: Stage
    cut: set[str] = field(default_factory=set)
    """Hosts that do not answer."""
    deaf: dict[str, int] = field(default_factory=dict)
    """So many acts' replies from this host are lost: they are done there, and nobody hears of it."""

    before: dict[str, Callable[[], None]] = field(default_factory=dict)
    """What happens, once, just before a restart is asked of this host."""

    def shell(self, host: InventoryHost) -> Shell:
        return WireShell(self, self.stage.connector.shell(host))

    def api(self, host: InventoryHost, shell: Shell) -> KubeApi:
        return WireApi(self, self.stage.connector.api(host, shell))

    def loses(self, host: str) -> bool:
        left = self.deaf.get(host, 0)
        self.deaf[host] = max(0, left - 1)
        return left > 0

    def reach(self, host: str) -> None:
        if host in self.cut:
            raise Unreachable(f"{host}: no answer")


@dataclass
class WireShell:
    """A host as this operator reaches it."""

    wire: Wire
    inner: Shell

    @property
    def host(self) -> HostName:
        return self.inner.host

    async def run(self, command: Command) -> Reply:
        self.wire.reach(self.host)
        words = words_of(command) if is_call(command) else ()
        if words[:1] != ("restart",):
            return await self.inner.run(command)
        self.wire.before.pop(self.host, lambda: None)()
        judged = self.wire.stage.judge.before_restart(self.host, words)
        reply = await self.inner.run(command)
        if reply.exit_status == 0:
            self.wire.stage.judge.restarted(judged)
        if self.wire.loses(self.host):
            raise Unreachable(f"{self.host}: connection lost")
        return reply

    async def close(self) -> None:
        await self.inner.close()


@dataclass
class WireApi:
    """An API server as this operator reaches it."""

    wire: Wire
    inner: KubeApi

    @property
    def host(self) -> HostName:
        return self.inner.host

    async def get(self, path: str, *, timeout: float = 10) -> bytes:
        self.wire.reach(self.host)
        return await self.inner.get(path, timeout=timeout)

    async def patch(self, path: str, body: bytes, *, content_type: str, timeout: float = 10) -> bytes:
        self.wire.reach(self.host)
        if "dryRun" not in path:
            self.wire.stage.judge.before_api_act(path)
        answer = await self.inner.patch(path, body, content_type=content_type, timeout=timeout)
        if self.wire.loses(self.host):
            raise Unreachable(f"{self.host}: connection lost")
        return answer

    async def delete(self, path: str, body: bytes = b"", *, timeout: float = 10) -> bytes:
        self.wire.reach(self.host)
        self.wire.stage.judge.before_api_act(path)
        answer = await self.inner.delete(path, body, timeout=timeout)
        if self.wire.loses(self.host):
            raise Unreachable(f"{self.host}: connection lost")
        return answer

    async def close(self) -> None: ...
