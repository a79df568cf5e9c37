"""Jump hosts: one connection for all targets, several hops, sshd's limits at their defaults."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from k0stui.connect.connector import SshConnector
from k0stui.errors import Unreachable
from k0stui.ports import Command
from tests.connect.conftest import a_host, a_reach
from tests.sshd import Sshd, an_sshd, make_sshd

pytestmark = pytest.mark.sshd
Knows = Callable[[Sshd], None]

TARGETS = 100
DAEMONS = 20


@pytest.mark.fault("F48")
@pytest.mark.timeout(120)
async def test_hundred_targets(connector: SshConnector, tmp_path: Path, knows: Knows) -> None:
    """A hundred hosts answer through one jump host with MaxStartups and MaxSessions at their defaults."""
    with an_sshd(tmp_path, "jump") as jump:
        knows(jump)
        # Five targets are five addresses of one daemon: MaxStartups counts for a daemon, and they are not one machine.
        daemons = [
            make_sshd(tmp_path, f"d{n}", [f"127.0.{n + 1}.{m + 1}" for m in range(TARGETS // DAEMONS)])
            for n in range(DAEMONS)
        ]
        try:
            for daemon in daemons:
                daemon.start()
                knows(daemon)
            shells = [
                connector.shell(a_host(Sshd(daemon.folder, (address,), daemon.port), address, jump=a_reach(jump)))
                for daemon in daemons
                for address in daemon.addresses
            ]
            replies = await asyncio.gather(*(shell.run(Command(("echo", shell.host))) for shell in shells))
        finally:
            for daemon in daemons:
                daemon.stop()
        logins = jump.log.count("Accepted publickey")

    assert [reply.text.strip() for reply in replies] == [shell.host for shell in shells]
    assert len(replies) == TARGETS
    assert logins == 1


async def test_two_hops(connector: SshConnector, tmp_path: Path, knows: Knows, config: Path) -> None:
    """A chain of two jump hosts is followed, each hop with its own key check, each connection made once."""
    with an_sshd(tmp_path, "first") as first, an_sshd(tmp_path, "second") as second, an_sshd(tmp_path, "end") as end:
        for sshd in (first, second, end):
            knows(sshd)
        through = a_reach(second, jump=a_reach(first))
        shells = [connector.shell(a_host(end, name, jump=through)) for name in ("c1", "c2", "c3")]

        replies = await asyncio.gather(*(shell.run(Command(("echo", "there"))) for shell in shells))

        assert [reply.text for reply in replies] == ["there\n"] * 3
        assert first.log.count("Accepted publickey") == 1
        assert second.log.count("Accepted publickey") == 1


async def test_jump_host_unknown(connector: SshConnector, tmp_path: Path, knows: Knows) -> None:
    """A jump host whose key is not known stops all behind it, and says that it is the jump host."""
    with an_sshd(tmp_path, "jump") as jump, an_sshd(tmp_path, "end") as end:
        knows(end)
        with pytest.raises(Unreachable, match=r"^jump host 127\.0\.0\.1:\d+: its host key is not known"):
            await connector.shell(a_host(end, jump=a_reach(jump))).run(Command(("true",)))


async def test_target_down_behind_jump_host(connector: SshConnector, tmp_path: Path, knows: Knows) -> None:
    """A target that is down behind a living jump host is told from a jump host that is down."""
    with an_sshd(tmp_path, "jump") as jump:
        knows(jump)
        with an_sshd(tmp_path, "end") as end:
            knows(end)
        with pytest.raises(Unreachable, match=r"^c1: the jump host does not reach 127\.0\.0\.1:\d+: .*refused"):
            await connector.shell(a_host(end, jump=a_reach(jump))).run(Command(("true",)))


async def test_jump_host_forbids(connector: SshConnector, tmp_path: Path, knows: Knows) -> None:
    """A jump host that may not forward is said so, with the options that forbid it."""
    with an_sshd(tmp_path, "jump", extra=["AllowTcpForwarding no"]) as jump, an_sshd(tmp_path, "end") as end:
        knows(jump)
        knows(end)
        with pytest.raises(Unreachable, match=r"may not forward.*AllowTcpForwarding"):
            await connector.shell(a_host(end, jump=a_reach(jump))).run(Command(("true",)))
