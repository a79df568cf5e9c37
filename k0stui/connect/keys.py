"""Which keys to log in with: the agent's, and files; a passphrase is asked for before anything starts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from k0stui.connect.ssh_config import HostConfig

DEFAULTS = ("id_ed25519", "id_ecdsa", "id_rsa")
"""Under ~/.ssh, in the order tried, when nothing is named."""

PUBLIC = ".pub"

AskPassphrase = Callable[[Path], Awaitable[str | None]]
"""None: the person has none to give; the key is left out."""


@dataclass(slots=True)
class KeyRing:
    """Private keys read from files, each once. They and their passphrases stay in this process."""

    ask: AskPassphrase | None = None
    """None: there is nobody to ask."""
    home: Path = field(default_factory=Path.home)
    warnings: list[str] = field(default_factory=list)
    """Sentences for the operator: which key was left out, and why."""
    _agents: dict[str, asyncssh.SSHAgentClient | None] = field(default_factory=dict)
    _read: dict[Path, list[asyncssh.SSHKeyPair]] = field(default_factory=dict)

    async def pairs(self, config: HostConfig) -> list[asyncssh.SSHKeyPair]:
        """The keys for a host in the order offered: sshd gives up after six (MaxAuthTries), so the named ones first."""
        in_agent = await self._agent_pairs(config.agent)
        named = {public for path in self._paths(config) if (public := _public_data(path))}
        chosen = [pair for pair in in_agent if pair.public_data in named]
        in_files = [
            pair
            for path in self._paths(config)
            if _public_data(path) not in {pair.public_data for pair in chosen}
            for pair in await self._pairs_of(path)
        ]
        others = [] if config.identities_only else [pair for pair in in_agent if pair not in chosen]
        return [*chosen, *in_files, *others]

    def close(self) -> None:
        """Let go of the agents."""
        for agent in self._agents.values():
            if agent is not None:
                agent.close()

    async def _agent_pairs(self, path: str | None) -> list[asyncssh.SSHKeyPair]:
        """What the agent has. One connection to it serves all handshakes; the keys themselves stay there."""
        if path is None:
            return []
        if path not in self._agents:
            self._agents[path] = await self._opened(path)
        agent = self._agents[path]
        try:
            return list(await agent.get_keys()) if agent else []
        except (OSError, ValueError, asyncssh.Error):
            return []

    async def _opened(self, path: str) -> asyncssh.SSHAgentClient | None:
        try:
            return await asyncssh.connect_agent(path)
        except (OSError, asyncssh.Error) as error:
            self.warnings.append(f"{path}: no ssh-agent answers there ({error})")
            return None

    def _paths(self, config: HostConfig) -> Sequence[Path]:
        if config.identity_files:
            return config.identity_files
        return [self.home / ".ssh" / name for name in DEFAULTS if (self.home / ".ssh" / name).exists()]

    async def _pairs_of(self, path: Path) -> list[asyncssh.SSHKeyPair]:
        if path not in self._read:
            self._read[path] = await self._loaded(path)
        return self._read[path]

    async def _loaded(self, path: Path) -> list[asyncssh.SSHKeyPair]:
        if path.suffix == PUBLIC:
            return self._left_out(path, "it is a public key, and ssh-agent does not have its private part")
        try:
            return list(asyncssh.load_keypairs(str(path)))
        except asyncssh.KeyEncryptionError:
            return self._left_out(path, "its encryption needs the package bcrypt; put it into ssh-agent with ssh-add")
        except asyncssh.KeyImportError:
            return await self._unlocked(path)
        except OSError as error:
            return self._left_out(path, error.strerror or "cannot be read")

    async def _unlocked(self, path: Path) -> list[asyncssh.SSHKeyPair]:
        passphrase = await self.ask(path) if self.ask else None
        if passphrase is None:
            return self._left_out(path, "it has a passphrase; put it into ssh-agent with ssh-add")
        try:
            return list(asyncssh.load_keypairs(str(path), passphrase))
        except asyncssh.KeyEncryptionError as error:
            why = (
                "bcrypt is missing; put it into ssh-agent with ssh-add"
                if "bcrypt" in str(error)
                else "wrong passphrase"
            )
            return self._left_out(path, why)
        except asyncssh.KeyImportError:
            return self._left_out(path, "it is no private key")

    def _left_out(self, path: Path, why: str) -> list[asyncssh.SSHKeyPair]:
        self.warnings.append(f"{path}: not used: {why}")
        return []


def _public_data(path: Path) -> bytes | None:
    """Of the .pub beside a key, which is never locked, or named in its place: by it a key of the agent is known."""
    public = path if path.suffix == PUBLIC else path.with_name(path.name + PUBLIC)
    try:
        return asyncssh.read_public_key(public).public_data
    except (OSError, asyncssh.KeyImportError):
        return None
