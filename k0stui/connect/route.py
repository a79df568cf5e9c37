"""By which hops a host is reached, as the inventory and ~/.ssh/config together say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from k0stui.connect.ssh_config import HostConfig, SshConfig, checked_name, checked_port, checked_user
from k0stui.errors import UsageError
from k0stui.inventory import Reach

MAX_HOPS = 8
"""Jump hosts in a row; a ProxyJump that leads back to itself must end."""


@dataclass(frozen=True, slots=True)
class Target:
    """The end of a route."""

    config: HostConfig
    via: Target | None
    """The jump host before it."""

    @property
    def where(self) -> str:
        """Address and port, for messages."""
        name = f"[{self.config.hostname}]" if ":" in self.config.hostname else self.config.hostname
        return f"{name}:{self.config.port}"

    def hops(self) -> Iterator[Target]:
        """All of it, first jump host first."""
        if self.via is not None:
            yield from self.via.hops()
        yield self


def route(config: SshConfig, reach: Reach) -> Target:
    """All hops to a host. What the inventory says wins over ssh_config; as in ssh, a jump host has its own entries.

    Raises:
        UsageError: a name, user or port that cannot be, or jump hosts without end.
    """
    return Target(_hop(config, reach), _via(config, reach, 0))


def _via(config: SshConfig, reach: Reach, depth: int) -> Target | None:
    if depth >= MAX_HOPS:
        raise UsageError(f"{reach.address}: more than {MAX_HOPS} jump hosts; does a ProxyJump lead back to itself?")
    if reach.jump is not None:
        return Target(_hop(config, reach.jump), _via(config, reach.jump, depth + 1))
    via: Target | None = None
    for number, word in enumerate(config.host(reach.address).jumps):
        hop = parsed_hop(word)
        # ssh: the first hop's own ProxyJump counts, the others are reached through the one before.
        via = Target(_hop(config, hop), _via(config, hop, depth + 1) if number == 0 else via)
    return via


def _hop(config: SshConfig, reach: Reach) -> HostConfig:
    found = config.host(checked_name(reach.address))
    return replace(
        found,
        user=checked_user(reach.user) if reach.user else found.user,
        port=checked_port(str(reach.port)) if reach.port else found.port,
        identity_files=(Path(reach.key_path).expanduser(),) if reach.key_path else found.identity_files,
    )


def parsed_hop(word: str) -> Reach:
    """`[user@]host[:port]`, the host in brackets where it is an IPv6 address with a port."""
    user, _, address = word.strip().rpartition("@")
    host, port = address, ""
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        port = rest.removeprefix(":")
    elif address.count(":") == 1:
        host, _, port = address.partition(":")
    return Reach(checked_name(host), user or None, checked_port(port) if port else None)
