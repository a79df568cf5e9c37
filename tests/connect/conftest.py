"""Real parts: an OpenSSH server on loopback, a connector that knows it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from k0stui.connect.connector import Options, SshConnector
from k0stui.inventory import InventoryHost, Reach
from k0stui.model.host import HostName
from tests.sshd import ME, Sshd, an_sshd


@pytest.fixture(autouse=True)
def _no_agent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests never touch the agent or the ~/.ssh of whoever runs them."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def shared_sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with an_sshd(tmp_path_factory.mktemp("sshd")) as sshd:
        yield sshd


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "ssh_config"
    path.write_text("")
    return path


@pytest.fixture
def known_hosts(tmp_path: Path) -> Path:
    return tmp_path / "known_hosts"


@pytest.fixture
async def connector(config: Path, known_hosts: Path) -> AsyncIterator[SshConnector]:
    async with SshConnector(Options(config_path=config, known_hosts=(known_hosts,))) as connector:
        yield connector


@pytest.fixture
def knows(known_hosts: Path) -> Callable[[Sshd], None]:
    """Have the client know a host."""

    def know(sshd: Sshd) -> None:
        with known_hosts.open("a") as file:
            file.write(sshd.known_hosts())

    return know


def a_host(sshd: Sshd, name: str = "c1", jump: Reach | None = None, user: str = ME) -> InventoryHost:
    return InventoryHost(HostName(name), a_reach(sshd, jump, user))


def a_reach(sshd: Sshd, jump: Reach | None = None, user: str = ME) -> Reach:
    return Reach(sshd.address, user, sshd.port, str(sshd.client_key), jump)


@pytest.fixture(scope="session")
def plain_user() -> Iterator[str]:
    """A login that sudo refuses."""
    with _a_user("k0stui-plain") as user:
        yield user


@pytest.fixture(scope="session")
def sudoer() -> Iterator[str]:
    """A login that may do all by sudo, without a password."""
    with _a_user("k0stui-sudoer") as user:
        line = Path(f"/etc/sudoers.d/{user}")
        line.write_text(f"{user} ALL=(root) NOPASSWD: ALL\n")
        line.chmod(0o440)
        yield user
        line.unlink()


@contextlib.contextmanager
def _a_user(name: str) -> Iterator[str]:
    if os.getuid() != 0 or not shutil.which("sudo") or not shutil.which("useradd"):
        pytest.skip("logins with and without sudo can only be made by root")
    name += os.environ.get("PYTEST_XDIST_WORKER", "")  # workers share the machine
    subprocess.run(["userdel", "--force", name], check=False, capture_output=True)  # of a run that was ended
    subprocess.run(["useradd", "--no-create-home", "--shell", "/bin/sh", "--password", "*", name], check=True)
    try:
        yield name
    finally:
        subprocess.run(["userdel", "--force", name], check=True, capture_output=True)
