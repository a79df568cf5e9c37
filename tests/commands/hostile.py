"""A fleet that means harm: whatever its hosts and API servers say carries what a terminal would obey."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from k0stui.engine.observe import Connector
from k0stui.engine.watched import NoWay
from k0stui.errors import ApiRefused, NotPermitted, ProbeFailed, Unreachable
from k0stui.inventory import InventoryHost
from k0stui.model.host import HostName
from k0stui.ports import LIMIT, Command, KubeApi, Reply, Shell

EVIL = (
    "\x1b]52;c;aGk=\x07\x1b[2J\x9b31m\x00\x08\x7f\r\u202egpj.exe\u2066\u200b\ufeff\U000e0041[red]x[/]"
    "\u2028CRIT all is lost\x85CRIT all is lost\x0cCRIT all is lost"
)
"""Clipboard, clear screen, C1, NUL, backspace, DEL, carriage return, bidi, invisible marks, markup, ends of lines."""

NAME = "k0s-worker-1"

Poison = Callable[[str], str]


def names(answer: str) -> str:
    """One worker calls itself something else, everywhere alike."""
    return answer.replace(NAME, NAME + (json.dumps(EVIL)[1:-1] if answer.lstrip().startswith("{") else EVIL))


def words(answer: str) -> str:
    """Every string of a JSON answer that begins with no digit ends in it, and so does every line of other text."""
    try:
        return json.dumps(_poisoned(json.loads(answer)))
    except ValueError:
        return "".join(f"{line}{EVIL}\n" for line in answer.splitlines())


def _poisoned(value: Any) -> Any:
    match value:
        case str() if not value[:1].isdigit():
            return value + EVIL
        case dict():
            return {key: _poisoned(member) for key, member in value.items()}
        case list():
            return [_poisoned(member) for member in value]
        case _:
            return value


def all_of_it(answer: str) -> str:
    """Nothing but this."""
    return EVIL * 20


@dataclass
class Hostile:
    """A connector whose hosts answer after `poison`; hosts that only they know of cannot be reached."""

    connector: Connector
    poison: Poison

    def shell(self, host: InventoryHost) -> Shell:
        if host.discovered:
            return NoWay(host.name, f"no way to {EVIL}")
        return HostileShell(self.connector.shell(host), self.poison)

    def api(self, host: InventoryHost, shell: Shell) -> KubeApi:
        return HostileApi(self.connector.api(host, shell), self.poison)


@dataclass
class HostileShell:
    shell: Shell
    poison: Poison

    @property
    def host(self) -> HostName:
        return self.shell.host

    async def run(self, command: Command) -> Reply:
        reply = await self.shell.run(command)
        return replace(reply, stdout=_bytes(self.poison(reply.text)), stderr=_bytes(EVIL))

    async def close(self) -> None:
        await self.shell.close()


@dataclass
class HostileApi:
    api: KubeApi
    poison: Poison

    @property
    def host(self) -> HostName:
        return self.api.host

    async def get(self, path: str, *, timeout: float = LIMIT) -> bytes:
        return _bytes(self.poison((await self.api.get(path)).decode()))

    async def patch(self, path: str, body: bytes, *, content_type: str, timeout: float = LIMIT) -> bytes:
        raise AssertionError("looking changes nothing")

    async def delete(self, path: str, body: bytes = b"", *, timeout: float = LIMIT) -> bytes:
        raise AssertionError("looking changes nothing")

    async def close(self) -> None:
        await self.api.close()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


REFUSALS: tuple[Exception, ...] = (
    Unreachable(EVIL),
    NotPermitted(EVIL),
    ProbeFailed(EVIL),
    ApiRefused(EVIL, 503, EVIL),
)


@dataclass
class Refusing:
    """A connector whose hosts say who they are, and refuse all else with hostile words."""

    connector: Connector
    error: Exception

    def shell(self, host: InventoryHost) -> Shell:
        return _RefusingShell(self.connector.shell(host), self.error)

    def api(self, host: InventoryHost, shell: Shell) -> KubeApi:
        return _RefusingApi(self.connector.api(host, shell), self.error)


class _RefusingShell(HostileShell):
    def __init__(self, shell: Shell, error: Exception) -> None:
        super().__init__(shell, str)
        self.error = error

    async def run(self, command: Command) -> Reply:
        if "machine-id" in command.line():
            return await self.shell.run(command)
        raise self.error


class _RefusingApi(HostileApi):
    def __init__(self, api: KubeApi, error: Exception) -> None:
        super().__init__(api, str)
        self.error = error

    async def get(self, path: str, *, timeout: float = LIMIT) -> bytes:
        raise self.error
