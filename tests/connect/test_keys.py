"""Which keys we log in with: files, passphrases, the agent."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from k0stui.connect.connector import NEVER_CHANGES, Options, SshConnector
from k0stui.errors import Unreachable
from k0stui.inventory import InventoryHost
from k0stui.ports import Command
from tests.connect.conftest import a_host
from tests.sshd import Sshd, keygen

pytestmark = pytest.mark.sshd
Knows = Callable[[Sshd], None]
SECRET = "correct horse"


@pytest.fixture
def locked(tmp_path: Path, shared_sshd: Sshd) -> Path:
    """The key that the host takes, under a passphrase, in the PKCS#8 form."""
    import asyncssh

    path = tmp_path / "locked"
    key = asyncssh.read_private_key(shared_sshd.client_key)
    path.write_bytes(key.export_private_key("pkcs8-pem", SECRET))
    path.with_name("locked.pub").write_bytes(key.export_public_key())
    path.chmod(0o600)
    return path


@pytest.fixture
def agent(tmp_path: Path, shared_sshd: Sshd, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A real ssh-agent that has the key that the host takes, among others."""
    socket = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
    keygen(tmp_path / "other")
    for key in (tmp_path / "other", shared_sshd.client_key):
        subprocess.run(["ssh-add", "-q", str(key)], check=True, capture_output=True)
    yield socket
    process.terminate()
    process.wait()
    process.stdout.close()


def with_key(sshd: Sshd, path: Path | None, name: str = "c1") -> InventoryHost:
    host = a_host(sshd, name)
    return replace(host, reach=replace(host.reach, key_path=str(path) if path else None))


async def test_passphrase_is_asked_once(
    config: Path, known_hosts: Path, shared_sshd: Sshd, knows: Knows, locked: Path
) -> None:
    """A passphrase is asked for before anything starts, once for a key that many hosts take."""
    knows(shared_sshd)
    asked: list[Path] = []

    async def answer(path: Path) -> str | None:
        asked.append(path)
        return SECRET

    hosts = [with_key(shared_sshd, locked, name) for name in ("c1", "c2")]
    async with SshConnector(options(config, known_hosts), ask_passphrase=answer) as connector:
        assert await connector.prepare(hosts) == {}
        assert (await connector.shell(hosts[1]).run(Command(("echo", "in")))).text == "in\n"
    assert asked == [locked]


@pytest.mark.parametrize("given", [None, "wrong"])
async def test_no_or_wrong_passphrase(
    config: Path, known_hosts: Path, shared_sshd: Sshd, knows: Knows, locked: Path, given: str | None
) -> None:
    """Without the right passphrase the key is left out with a warning, and the host says that no key is accepted."""
    knows(shared_sshd)

    async def answer(path: Path) -> str | None:
        return given

    async with SshConnector(options(config, known_hosts), ask_passphrase=answer) as connector:
        failures = await connector.prepare([with_key(shared_sshd, locked)])
        assert "accepts none of our keys" in str(list(failures.values()))
        assert any(str(locked) in warning and "not used" in warning for warning in connector.warnings)
        assert SECRET not in str(connector.warnings)


async def test_nobody_to_ask_for_a_passphrase(
    connector: SshConnector, shared_sshd: Sshd, knows: Knows, locked: Path
) -> None:
    """With nobody to ask, a locked key is left out and ssh-agent is named as the way."""
    knows(shared_sshd)
    with pytest.raises(Unreachable, match="accepts none of our keys"):
        await connector.shell(with_key(shared_sshd, locked)).run(Command(("true",)))

    assert any("ssh-add" in warning for warning in connector.warnings)


async def test_agent(connector: SshConnector, shared_sshd: Sshd, knows: Knows, agent: Path) -> None:
    """Keys of the agent are used without any file."""
    knows(shared_sshd)

    assert (await connector.shell(with_key(shared_sshd, None)).run(Command(("echo", "in")))).text == "in\n"


async def test_agent_is_not_lent(connector: SshConnector, shared_sshd: Sshd, knows: Knows, agent: Path) -> None:
    """The host sees no agent, whatever ssh_config says."""
    knows(shared_sshd)
    reply = await connector.shell(with_key(shared_sshd, None)).run(Command(("env",)))

    assert "SSH_AUTH_SOCK" not in reply.text
    assert NEVER_CHANGES["agent_forwarding"] is False


async def test_key_in_agent_needs_no_passphrase(
    config: Path, known_hosts: Path, shared_sshd: Sshd, knows: Knows, locked: Path, agent: Path
) -> None:
    """Nobody is asked for the passphrase of a key that the agent has."""
    knows(shared_sshd)

    async def answer(path: Path) -> str | None:
        raise AssertionError("asked")

    async with SshConnector(options(config, known_hosts), ask_passphrase=answer) as connector:
        assert await connector.prepare([with_key(shared_sshd, locked)]) == {}


async def test_a_public_key_names_one_of_the_agent(
    config: Path, known_hosts: Path, shared_sshd: Sshd, knows: Knows, locked: Path, agent: Path
) -> None:
    """`IdentityFile key.pub` with the private part in the agent: it is offered, also alone, and nothing is asked."""
    knows(shared_sshd)
    config.write_text(f"Host *\n IdentitiesOnly yes\n IdentityFile {locked}.pub\n")

    async with SshConnector(options(config, known_hosts), ask_passphrase=never) as connector:
        assert await connector.prepare([with_key(shared_sshd, None)]) == {}
        assert list(connector.warnings) == []


async def test_a_public_key_that_the_agent_lacks_is_left_out(
    config: Path, known_hosts: Path, shared_sshd: Sshd, knows: Knows, locked: Path
) -> None:
    """There is no passphrase to ask for: a sentence says that the agent does not have it."""
    knows(shared_sshd)
    async with SshConnector(options(config, known_hosts), ask_passphrase=never) as connector:
        await connector.prepare([with_key(shared_sshd, locked.with_name("locked.pub"))])
        assert any("is a public key" in warning for warning in connector.warnings)


async def never(path: Path) -> str | None:
    raise AssertionError(f"asked for {path}")


async def test_identities_only(
    connector: SshConnector, config: Path, shared_sshd: Sshd, knows: Knows, agent: Path, tmp_path: Path
) -> None:
    """With IdentitiesOnly the agent's other keys are not offered."""
    knows(shared_sshd)
    config.write_text(f"Host *\n IdentitiesOnly yes\n IdentityFile {tmp_path}/other\n")
    async with SshConnector(options(config, tmp_path / "known_hosts")) as connector:
        with pytest.raises(Unreachable, match="accepts none of our keys"):
            await connector.shell(with_key(shared_sshd, None)).run(Command(("true",)))


def options(config: Path, known_hosts: Path) -> Options:
    return Options(config_path=config, known_hosts=(known_hosts,))
