"""From an inventory's hosts to shells: who is reached how, through which jump hosts, with which keys.

One connection per jump host is kept and shared. asyncssh's own ProxyJump opens one to the jump host for each target,
and sshd's default MaxStartups (10:30:100) then refuses about half of a hundred.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import asyncssh

from k0stui.connect.clock import SystemClock
from k0stui.connect.connection import HostConnection
from k0stui.connect.host_keys import UnknownHostKey, look_up, remember
from k0stui.connect.keys import AskPassphrase, KeyRing
from k0stui.connect.local import LocalShell
from k0stui.connect.route import MAX_HOPS, Target, route
from k0stui.connect.ssh import SshShell
from k0stui.connect.ssh_config import SshConfig, read_ssh_config
from k0stui.errors import Unreachable
from k0stui.inventory import InventoryHost
from k0stui.model.host import HostName
from k0stui.ports import Clock, Shell

HANDSHAKES = 30
"""At once, in all. A handshake is some 10 ms of CPU here; more at once only makes each of them slower."""

CONNECT_LIMIT = 8.0
"""Seconds for TCP, key exchange and login; below the ten seconds of a question, so that its failure can be told."""

NEVER_CHANGES: dict[str, Any] = {
    "config": None,  # asyncssh's own reading of ssh_config would run ProxyCommand and Match exec
    "password": None,
    "preferred_auth": "publickey",
    "gss_host": None,
    "agent_path": None,  # its keys are in client_keys
    "agent_forwarding": False,
    "x11_forwarding": False,
    "compression_algs": None,
    "signature_algs": "-ssh-rsa",
    # AES-GCM first: one call a packet, where ChaCha20-Poly1305 takes six. No CBC.
    "encryption_algs": [
        "aes128-gcm@openssh.com",
        "aes256-gcm@openssh.com",
        "chacha20-poly1305@openssh.com",
        "aes256-ctr",
        "aes128-ctr",
    ],
    "keepalive_interval": 5,  # a host that vanished is known as lost after 15 to 20 s
    "keepalive_count_max": 3,
}

AskHostKey = Callable[[UnknownHostKey], Awaitable[bool]]
"""Whether a person has compared the fingerprint and takes the host for what it says."""


@dataclass(frozen=True, slots=True)
class Options:
    """What may differ from ssh's defaults."""

    config_path: Path | None = None
    """Instead of ~/.ssh/config and /etc/ssh/ssh_config."""
    known_hosts: tuple[Path, ...] = ()
    """Instead of what ssh_config says; new keys are added to the first."""
    connect_limit: float = CONNECT_LIMIT
    handshakes: int = HANDSHAKES


class SshConnector:
    """Shells for hosts, and the connections below them. Entering reads ssh_config; leaving closes all connections.

    `ask_host_key` and `ask_passphrase` are called by `prepare` only: before anything starts, never later. None: there
    is nobody to ask, and what would need an answer is refused.
    """

    def __init__(
        self,
        options: Options | None = None,
        *,
        clock: Clock | None = None,
        ask_host_key: AskHostKey | None = None,
        ask_passphrase: AskPassphrase | None = None,
    ) -> None:
        self._options = options or Options()
        self._clock = clock or SystemClock()
        self._ask_host_key = ask_host_key
        self._ask_passphrase = ask_passphrase
        self._ring = KeyRing()
        self._config = SshConfig()
        self._handshakes = asyncio.Semaphore(self._options.handshakes)
        self._asking = asyncio.Lock()
        self._answers: dict[str, bool] = {}
        self._shells: dict[HostName, Shell] = {}
        self._connections: dict[HostName, HostConnection] = {}
        self._jumps: dict[Target, HostConnection] = {}

    @property
    def warnings(self) -> Sequence[str]:
        """What of ssh_config and the keys is not used, and why: one sentence each."""
        return (*self._config.warnings, *self._ring.warnings)

    async def __aenter__(self) -> SshConnector:
        self._config = read_ssh_config(self._options.config_path)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def shell(self, host: InventoryHost) -> Shell:
        """The shell of a host, the same one each time; nothing is connected yet.

        Raises:
            UsageError: its address, user or port cannot be used.
        """
        if host.name not in self._shells:
            self._shells[host.name] = LocalShell(host.name, self._clock) if host.reach.local else self._ssh(host)
        return self._shells[host.name]

    async def prepare(self, hosts: Iterable[InventoryHost]) -> dict[HostName, Unreachable]:
        """Connect to all, asking for passphrases and unknown host keys; the hosts that could not be reached, and why.

        Raises:
            UsageError: as `shell`.
        """
        names = [host.name for host in hosts if isinstance(self.shell(host), SshShell)]
        await self._load_keys(names)
        failures: dict[HostName, Unreachable] = {}
        async with asyncio.TaskGroup() as group:
            for name in names:
                group.create_task(self._greet(name, failures), name=f"greet {name}")
        return failures

    async def close(self) -> None:
        """Hosts first, then the jump hosts that they hang on, last hop first."""
        for shell in self._shells.values():
            await shell.close()
        for jump in reversed(self._jumps.values()):
            await jump.close()
        self._ring.close()

    # How a connection is made.

    def _ssh(self, host: InventoryHost) -> SshShell:
        connection = self._new_connection(host.name, route(self._config, host.reach))
        self._connections[host.name] = connection
        return SshShell(connection, self._clock)

    def _new_connection(self, label: str, target: Target) -> HostConnection:
        return HostConnection(HostName(label), _Dial(self, target, label), self._clock)

    async def dial(self, target: Target, label: str) -> asyncssh.SSHClientConnection:
        """A new connection to the end of `target`, through the shared ones of its jump hosts.

        Raises:
            Unreachable: also a jump host, also a host key.
            OSError, asyncssh.Error: as asyncssh raises them.
        """
        tunnel = await self._jump(target.via) if target.via else None
        keys = await self._ring.pairs(target.config)
        known = look_up(self._known_hosts(target), target.config.hostname, target.config.port)
        client = _Client()
        async with self._handshakes:
            try:
                return await asyncssh.connect(
                    target.config.hostname,
                    target.config.port,
                    tunnel=tunnel or (),
                    client_factory=lambda: client,
                    known_hosts=known.for_asyncssh,
                    server_host_key_algs=known.algorithms(),
                    username=target.config.user,
                    connect_timeout=self._options.connect_limit,
                    client_keys=keys or None,
                    **NEVER_CHANGES,
                )
            except asyncssh.HostKeyNotVerifiable as error:
                raise known.refusal(label, client.shown, error.reason) from error

    async def _jump(self, target: Target) -> asyncssh.SSHClientConnection:
        if target not in self._jumps:
            self._jumps[target] = self._new_connection(f"jump host {target.where}", target)
        return await self._jumps[target].connection()

    def _known_hosts(self, target: Target) -> Sequence[Path]:
        return self._options.known_hosts or (*target.config.user_known_hosts, *target.config.global_known_hosts)

    # What is asked of a person, before anything starts.

    async def _load_keys(self, names: Iterable[HostName]) -> None:
        self._ring.ask = self._ask_passphrase
        targets = [target for name in names for target in self._target(name).hops()]
        for target in dict.fromkeys(targets):
            await self._ring.pairs(target.config)
        self._ring.ask = None

    def _target(self, name: HostName) -> Target:
        dial = self._connections[name].dial
        assert isinstance(dial, _Dial)
        return dial.target

    async def _greet(self, name: HostName, failures: dict[HostName, Unreachable]) -> None:
        # Each round may bring one answer: for a jump host, at last for the host itself.
        for _ in range(MAX_HOPS + 1):
            try:
                await self._connections[name].connection()
                failures.pop(name, None)
                return
            except Unreachable as error:
                failures[name] = error
                if not isinstance(error, UnknownHostKey) or not await self._accepted(error):
                    return

    async def _accepted(self, unknown: UnknownHostKey) -> bool:
        """Ask once per key: a jump host stands before many hosts, and they all come here with it."""
        if self._ask_host_key is None:
            return False
        async with self._asking:
            if unknown.line not in self._answers:
                self._answers[unknown.line] = await self._ask_host_key(unknown)
                if self._answers[unknown.line]:
                    remember(unknown.path, unknown.line)
            self._forgive(unknown.line)
            return self._answers[unknown.line]

    def _forgive(self, line: str) -> None:
        """Have those connections try again that were refused for this key; after a no they are refused again."""
        for connection in (*self._connections.values(), *self._jumps.values()):
            if isinstance(connection.failure, UnknownHostKey) and connection.failure.line == line:
                connection.failure = None


@dataclass(frozen=True, slots=True)
class _Dial:
    """`connection.Dial`: how `HostConnection` calls the connector."""

    connector: SshConnector
    target: Target
    label: str

    @property
    def where(self) -> str:
        return self.target.where

    @property
    def user(self) -> str:
        return self.target.config.user

    async def __call__(self) -> asyncssh.SSHClientConnection:
        return await self.connector.dial(self.target, self.label)


class _Client(asyncssh.SSHClient):
    """Keeps the key that was shown, for the message. It never accepts one: what is known was given to asyncssh."""

    def __init__(self) -> None:
        self.shown: asyncssh.SSHKey | None = None

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.shown = key
        return False

    def validate_host_ca_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.shown = key
        return False
