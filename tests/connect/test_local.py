"""`LocalShell`: the machine that k0stui runs on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from k0stui.connect.clock import SystemClock
from k0stui.connect.connector import Options, SshConnector
from k0stui.connect.local import LocalShell
from k0stui.errors import Unreachable
from k0stui.inventory import InventoryHost, Reach
from k0stui.model.host import HostName
from k0stui.ports import Command, Shell, script
from tests.connect.conformity import ShellConformity
from tests.sshd import free_port


@pytest.fixture
def shell() -> Shell:
    return LocalShell(HostName("here"), SystemClock())


class TestLocalShell(ShellConformity):
    """The same promises as over SSH."""


async def test_cancelled_question_is_ended(shell: Shell, tmp_path: Path) -> None:
    """Giving up a question ends its command and what that started."""
    mark = tmp_path / "mark"
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await shell.run(script(f"(sleep 1; touch {mark}) & wait"))
    await shell.run(Command(("sleep", "1.2")))

    assert not mark.exists()


async def test_sudo_as_root_is_no_sudo(shell: Shell) -> None:
    """Where we are root already, sudo is not needed and need not be there."""
    import os

    if os.geteuid() != 0:
        pytest.skip("we are not root")
    assert (await shell.run(Command(("id", "-u"), sudo=True))).text == "0\n"


async def test_nobody_on_loopback() -> None:
    """A port where nobody listens is said with its number."""
    port = free_port()
    with pytest.raises(Unreachable, match=rf"nothing answers on its 127\.0\.0\.1:{port}"):
        await LocalShell(HostName("here"), SystemClock()).loopback(port)


async def test_connector_asks_here_without_ssh(config: Path) -> None:
    """A host that is reached locally gets the local shell."""
    async with SshConnector(Options(config_path=config)) as connector:
        shell = connector.shell(InventoryHost(HostName("here"), Reach("localhost", local=True)))
        assert isinstance(shell, LocalShell)


def test_clock() -> None:
    """The system clock is aware UTC, and monotonic time does not go back."""
    clock = SystemClock()

    assert clock.monotonic() <= clock.monotonic()
    assert str(clock.now().tzinfo) == "UTC"
