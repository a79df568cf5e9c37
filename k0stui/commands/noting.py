"""Notes every command that goes to hosts: for `@`, and for the command that a host's detail shows and copies."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from k0stui.errors import K0stuiError
from k0stui.inventory import InventoryHost
from k0stui.ports import LIMIT, Command, KubeApi, Reply, Shell
from k0stui.present.harmless import harmless
from k0stui.probes.catalogue import api_probes, question_of
from k0stui.ui.outside import Ran

KEPT = 1000
"""Commands that `@` shows."""


T = TypeVar("T")


class Notes:
    """Every command sent, newest last, and the last one of each question."""

    def __init__(self) -> None:
        self.ran: deque[Ran] = deque(maxlen=KEPT)
        self.questions: dict[str, dict[str, str]] = {}

    def note(self, host: str, question: str, line: str, at: datetime, seconds: float, outcome: str) -> None:
        self.ran.append(Ran(at, host, line, seconds, outcome))
        if question:
            self.questions.setdefault(host, {})[question] = line


class Noting:
    """`engine.observe.Connector` that notes what is asked through it."""

    def __init__(self, inner: Any, notes: Notes) -> None:
        self._inner = inner
        self._notes = notes

    def shell(self, host: InventoryHost) -> Shell:
        return NotingShell(self._inner.shell(host), self._notes)

    def api(self, host: InventoryHost, shell: Shell) -> KubeApi:
        return NotingApi(self._inner.api(host, shell), self._notes)


class NotingShell:
    """A shell that notes each command with its outcome."""

    def __init__(self, inner: Shell, notes: Notes) -> None:
        self.inner = inner
        self._notes = notes

    @property
    def host(self) -> Any:
        return self.inner.host

    def __getattr__(self, name: str) -> Any:
        """Whatever else the way to the host has is its own: its state, its host's key, a channel for logs."""
        return getattr(self.inner, name)

    async def run(self, command: Command) -> Reply:
        return await _noted(
            self._notes,
            self.host,
            question_of(command),
            command.line(),
            self.inner.run(command),
            lambda r: str(r.exit_status),
        )

    async def close(self) -> None:
        await self.inner.close()


class NotingApi:
    """An API server's client that notes each GET."""

    def __init__(self, inner: KubeApi, notes: Notes) -> None:
        self._inner = inner
        self._notes = notes

    @property
    def host(self) -> Any:
        return self._inner.host

    async def get(self, path: str, *, timeout: float = LIMIT) -> bytes:
        question = next((f"api {probe.name}" for probe in api_probes() if probe.path == path), "")
        asking = self._inner.get(path, timeout=timeout)
        return await _noted(
            self._notes, self.host, question, f"sudo k0s kubectl get --raw '{path}'", asking, lambda _: "200"
        )

    async def patch(self, path: str, body: bytes, *, content_type: str, timeout: float = LIMIT) -> bytes:
        return await self._inner.patch(path, body, content_type=content_type, timeout=timeout)

    async def delete(self, path: str, body: bytes = b"", *, timeout: float = LIMIT) -> bytes:
        return await self._inner.delete(path, body, timeout=timeout)

    async def close(self) -> None:
        await self._inner.close()


async def _noted(
    notes: Notes, host: str, question: str, line: str, asking: Awaitable[T], outcome: Callable[[T], str]
) -> T:
    """Wait for an answer and note how it went."""
    at = datetime.now(UTC)
    try:
        answer = await asking
    except K0stuiError as error:
        notes.note(host, question, line, at, _since(at), harmless(str(error)))
        raise
    notes.note(host, question, line, at, _since(at), outcome(answer))
    return answer


def _since(at: datetime) -> float:
    return (datetime.now(UTC) - at).total_seconds()
