"""Who a host is: our reading of known_hosts, and what it makes of a real sshd."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import asyncssh
import pytest

from k0stui.connect.connector import Options, SshConnector
from k0stui.connect.host_keys import UnknownHostKey, look_up, remember
from k0stui.errors import HostKeyRefused
from k0stui.ports import Command
from tests.connect.conftest import a_host, a_reach
from tests.sshd import Sshd, an_sshd, keygen

Knows = Callable[[Sshd], None]
pytest_sshd = pytest.mark.sshd
ALICE, BOB = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))


def line_of(key: asyncssh.SSHKey) -> str:
    return key.export_public_key("openssh").decode().strip()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some_known_hosts"


def trusted(path: Path, host: str, port: int = 22) -> list[object]:
    return list(look_up([path], host, port).for_asyncssh("", "", None)[0])  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("names", "host", "port", "known"),
    [
        ("c1", "c1", 22, True),
        ("c1", "C1", 22, True),
        ("c1,10.0.0.1", "10.0.0.1", 22, True),
        ("c1", "c2", 22, False),
        ("[c1]:2222", "c1", 2222, True),
        ("[c1]:2222", "c1", 22, False),
        ("c1", "c1", 2222, True),
        ("*.lab", "c1.lab", 22, True),
        ("*.lab,!c1.lab", "c1.lab", 22, False),
        ("c?", "c1", 22, True),
        ("[c*]:22??", "c1", 2222, True),
    ],
)
def test_names(path: Path, names: str, host: str, port: int, known: bool) -> None:
    """Patterns, negation, ports and case match as they do for ssh; an entry without port confirms any port."""
    path.write_text(f"# comment\n\n{names} {line_of(ALICE)} comment\n")

    assert bool(trusted(path, host, port)) is known


def test_hashed_names(path: Path) -> None:
    """Entries hashed by ssh-keygen -H are found, with and without port."""
    path.write_text(f"c1 {line_of(ALICE)}\n[c2]:2222 {line_of(BOB)}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(path)], check=True, capture_output=True)

    assert "c1" not in path.read_text()
    assert trusted(path, "c1") == [ALICE.convert_to_public()]
    assert trusted(path, "c2", 2222) == [BOB.convert_to_public()]
    assert trusted(path, "c2") == []


@pytest.mark.parametrize("names", ["c1", "[c1]:2222", "*"])
def test_revoked_first(path: Path, names: str) -> None:
    """A revoked key is refused under the name with or without port, whatever else the files say of it."""
    path.write_text(f"[c1]:2222 {line_of(ALICE)}\n@revoked {names} {line_of(ALICE)}\n")
    known = look_up([path], "c1", 2222)

    assert ALICE.convert_to_public() not in known.for_asyncssh("", "", None)[0]  # type: ignore[operator]
    refusal = known.refusal("c1", ALICE.convert_to_public(), "Host key is revoked")
    assert not isinstance(refusal, UnknownHostKey)
    assert "revoked" in str(refusal)
    assert f"{path} line 2" in str(refusal)


def test_lines_that_are_no_keys(path: Path) -> None:
    """Broken lines, unknown markers and key types of the future give nothing, and break nothing."""
    path.write_text(f"c1\nc1 ssh-new AAAA\n@odd c1 {line_of(ALICE)}\nc1 ssh-ed25519 notbase64\n|1|x|y {line_of(BOB)}\n")

    assert trusted(path, "c1") == []


def test_remember(tmp_path: Path) -> None:
    """A key is appended to a file of 0600 that is made if need be, on a line of its own, keeping what is there."""
    path = tmp_path / ".ssh/known_hosts"
    remember(path, f"c1 {line_of(ALICE)}\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    os.truncate(path, path.stat().st_size - 1)
    remember(path, f"c2 {line_of(BOB)}\n")

    assert len(path.read_text().splitlines()) == 2
    assert trusted(path, "c1")
    assert trusted(path, "c2")


@pytest.mark.fault("F47")
@pytest_sshd
async def test_changed_key(connector: SshConnector, shared_sshd: Sshd, known_hosts: Path) -> None:
    """A changed key is refused with both fingerprints, the line, and what to do; it is never asked about again."""
    known_hosts.write_text(f"# c1\n[127.0.0.1]:{shared_sshd.port} {line_of(ALICE)}\n")
    shell = connector.shell(a_host(shared_sshd))

    for _ in range(2):
        with pytest.raises(HostKeyRefused) as caught:
            await shell.run(Command(("true",)))
    said = str(caught.value)
    shown = asyncssh.import_public_key(shared_sshd.host_key).get_fingerprint()
    assert "has CHANGED" in said
    assert shown in said
    assert ALICE.get_fingerprint() in said
    assert f"{known_hosts} line 2" in said
    assert f"ssh-keygen -f {known_hosts} -R '[127.0.0.1]:{shared_sshd.port}'" in said
    assert not isinstance(caught.value, UnknownHostKey)


@pytest_sshd
async def test_changed_key_is_not_asked_about(config: Path, shared_sshd: Sshd, known_hosts: Path) -> None:
    """Whoever says yes to everything is not even asked about a changed key."""
    known_hosts.write_text(f"[127.0.0.1]:{shared_sshd.port} {line_of(ALICE)}\n")
    asked: list[UnknownHostKey] = []
    async with yes_to_all(config, known_hosts, asked) as connector:
        failures = await connector.prepare([a_host(shared_sshd)])

    assert "CHANGED" in str(failures["c1"])  # type: ignore[index]
    assert asked == []


@pytest_sshd
async def test_known_by_another_type(connector: SshConnector, tmp_path: Path, known_hosts: Path) -> None:
    """A host that is known by one type of key shows that one, though it has another that we like better."""
    with an_sshd(tmp_path) as sshd:
        sshd.stop()
        keygen(sshd.folder / "rsa_key", "-t", "rsa")
        sshd.extra = [f"HostKey {sshd.folder}/rsa_key"]
        sshd.start()
        known_hosts.write_text(f"[127.0.0.1]:{sshd.port} {(sshd.folder / 'rsa_key.pub').read_text()}")

        assert (await connector.shell(a_host(sshd)).run(Command(("echo", "in")))).text == "in\n"


@pytest_sshd
async def test_revoked_key(connector: SshConnector, shared_sshd: Sshd, known_hosts: Path) -> None:
    """A host that shows a revoked key is refused, known or not."""
    known_hosts.write_text(shared_sshd.known_hosts() + f"@revoked * {shared_sshd.host_key}\n")

    with pytest.raises(HostKeyRefused, match=rf"revoked.*{known_hosts} line 2"):
        await connector.shell(a_host(shared_sshd)).run(Command(("true",)))


@pytest_sshd
async def test_unknown_with_nobody_to_ask(connector: SshConnector, shared_sshd: Sshd, known_hosts: Path) -> None:
    """An unknown key is refused with its fingerprint when there is nobody to ask, and nothing is written."""
    fingerprint = asyncssh.import_public_key(shared_sshd.host_key).get_fingerprint()

    with pytest.raises(HostKeyRefused, match="not known") as caught:
        await connector.shell(a_host(shared_sshd)).run(Command(("true",)))
    assert fingerprint in str(caught.value)
    assert not known_hosts.exists()


@pytest_sshd
async def test_unknown_is_asked_once(config: Path, shared_sshd: Sshd, known_hosts: Path, tmp_path: Path) -> None:
    """Before anything starts, each unknown key is asked about once, a jump host's first; a yes is kept."""
    asked: list[UnknownHostKey] = []
    with an_sshd(tmp_path, "jump") as jump:
        hosts = [a_host(shared_sshd, name, jump=a_reach(jump)) for name in ("c1", "c2", "c3")]
        async with yes_to_all(config, known_hosts, asked) as connector:
            assert await connector.prepare(hosts) == {}
            assert [each.port for each in asked] == [jump.port, shared_sshd.port]
            assert (await connector.shell(hosts[0]).run(Command(("echo", "in")))).text == "in\n"
        async with SshConnector(Options(config_path=config, known_hosts=(known_hosts,))) as connector:
            assert (await connector.shell(hosts[0]).run(Command(("echo", "in")))).text == "in\n"


@pytest_sshd
async def test_no_is_no(config: Path, shared_sshd: Sshd, known_hosts: Path) -> None:
    """A no is asked for once, refuses the host and writes nothing."""
    asked: list[UnknownHostKey] = []

    async def never(unknown: UnknownHostKey) -> bool:
        asked.append(unknown)
        return False

    options = Options(config_path=config, known_hosts=(known_hosts,))
    async with SshConnector(options, ask_host_key=never) as connector:
        failures = await connector.prepare([a_host(shared_sshd, "c1"), a_host(shared_sshd, "c2")])

    assert sorted(failures) == ["c1", "c2"]
    assert len(asked) == 1
    assert not known_hosts.exists()


@pytest_sshd
async def test_authority(connector: SshConnector, tmp_path: Path, known_hosts: Path) -> None:
    """A host whose key an authority in known_hosts has signed is known; for another name it is not."""
    with an_sshd(tmp_path) as sshd:
        sshd.stop()
        keygen(tmp_path / "authority")
        sign_host_key(tmp_path / "authority", sshd)
        sshd.extra = [f"HostCertificate {sshd.folder}/host_key-cert.pub"]
        sshd.start()
        known_hosts.write_text(f"@cert-authority * {(tmp_path / 'authority.pub').read_text()}")

        assert (await connector.shell(a_host(sshd)).run(Command(("echo", "in")))).text == "in\n"


def test_checking_is_never_off() -> None:
    """No source file of ours hands asyncssh `known_hosts=None`, and none has a switch for it."""
    import k0stui

    source = "".join(path.read_text() for path in Path(k0stui.__file__).parent.rglob("*.py"))
    assert "known_hosts=None" not in source.replace("never `known_hosts=None`", "")
    assert "StrictHostKeyChecking" not in source


def sign_host_key(authority: Path, sshd: Sshd) -> None:
    sign = ["ssh-keygen", "-q", "-s", str(authority), "-I", "c1", "-h", "-n", "127.0.0.1"]
    subprocess.run([*sign, str(sshd.folder / "host_key.pub")], check=True, capture_output=True)


def yes_to_all(config: Path, known_hosts: Path, asked: list[UnknownHostKey]) -> SshConnector:
    async def yes(unknown: UnknownHostKey) -> bool:
        asked.append(unknown)
        return True

    return SshConnector(Options(config_path=config, known_hosts=(known_hosts,)), ask_host_key=yes)
