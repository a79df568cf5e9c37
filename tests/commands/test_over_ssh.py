"""Whole processes: the program, and hosts behind real SSH servers that it asks."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.sshd import ME, SSHD, Sshd, an_sshd, keygen

Done = subprocess.CompletedProcess[str]
K0stui = Callable[..., Done]

needs_sshd = pytest.mark.skipif(SSHD is None, reason="no sshd on this machine")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An empty home, no agent."""
    (tmp_path / "home").mkdir()
    (tmp_path / "ssh_config").write_text("")
    unset = ("SSH_AUTH_SOCK", "XDG_CONFIG_HOME")
    return {name: value for name, value in os.environ.items() if name not in unset} | {"HOME": str(tmp_path / "home")}


@pytest.fixture
def k0stui(environment: dict[str, str]) -> K0stui:
    """The program in a process of its own, with nobody to ask."""

    def run(*arguments: str) -> Done:
        return subprocess.run(
            [sys.executable, "-m", "k0stui", *arguments],
            env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90, check=False,
        )  # fmt: skip

    return run


def findings(done: Done) -> dict[str, dict[str, Any]]:
    assert "Traceback" not in done.stderr
    return {finding["id"]: finding for finding in json.loads(done.stdout)["findings"]}


# The simulated fleet, behind its own SSH server.


OVER_SSH = {
    "incident": (1, {"agents-single-target"}),
    "healthy": (0, set[str]()),
    "firewall": (1, {"konnectivity-port-blocked"}),
}


def test_scenarios_over_ssh(environment: dict[str, str]) -> None:
    """The same diagnosis through SSH and TLS as in virtual time, with nothing on stderr; all at once, for they wait."""
    argv = [sys.executable, "-m", "k0stui", "check", "--json", "--demo"]
    with ExitStack() as stack:
        started = {
            scenario: stack.enter_context(
                subprocess.Popen(
                    [*argv, scenario], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
                )
            )
            for scenario in OVER_SSH
        }
        done = {
            scenario: Done(argv, process.wait(), *written)
            for scenario, process in started.items()
            if (written := process.communicate(timeout=90))
        }
    for scenario, (status, causes) in OVER_SSH.items():
        found = findings(done[scenario])
        assert done[scenario].stderr == ""
        assert {name for name, finding in found.items() if not finding["explained_by"]} == causes
        assert done[scenario].returncode == status
    explained = {name for name, finding in findings(done["incident"]).items() if finding["explained_by"]}
    assert explained >= {"metrics-api-unavailable", "log-flood-fills-disk", "no-local-balancer"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """`k0stui demo --serve DIR` in a process of its own."""
    folder = tmp_path_factory.mktemp("fleet")
    argv = [sys.executable, "-m", "k0stui", "demo", "--serve", str(folder), "--scenario", "incident"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert "--inventory" in server.stdout.readline()
        yield folder
        server.terminate()


def test_a_served_fleet_is_asked_like_a_real_one(served: Path, k0stui: K0stui) -> None:
    """Inventory, key and known_hosts that `--serve` wrote are all that another process needs."""
    done = k0stui(
        "check", "--once", "--json", "--inventory", f"{served}/inventory.yaml", "--known-hosts", f"{served}/known_hosts"
    )

    assert "agents-single-target" in findings(done)


def test_from_one_host_all_are_found(served: Path, k0stui: K0stui, tmp_path: Path) -> None:
    """With one `--host` all seven are shown; those that are not to be had its way are found and unreachable."""
    port = re.search(r"port: (\d+)", (served / "inventory.yaml").read_text())
    assert port is not None
    # The model's addresses lead to a place on loopback where nobody listens.
    (tmp_path / "ssh_config").write_text(
        f"Host 10.10.10.*\n  HostName 127.0.0.9\nHost *\n  IdentityFile {served}/id_ed25519\n"
    )
    done = k0stui(
        "check", "--once", "--json", "--host", f"operator@127.0.0.1:{port[1]}",
        "--known-hosts", f"{served}/known_hosts", "--ssh-config", f"{tmp_path}/ssh_config",
    )  # fmt: skip

    hosts = json.loads(done.stdout)["hosts"]
    assert [host["name"] for host in hosts if host["reachable"]] == ["k0s-master-1"]
    assert sorted(host["name"] for host in hosts if host["discovered"]) == [
        "k0s-master-2", "k0s-master-3", "k0s-worker-1", "k0s-worker-2", "k0s-worker-3", "k0s-worker-4",
    ]  # fmt: skip
    assert "refused the connection" in findings(done)["host-unreachable"]["sentence"]


# Real OpenSSH servers on loopback, without any k0s.


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    folder = tmp_path_factory.mktemp("sshd")
    # The folder is root's alone, and sshd would read a file of keys as the login that wants in.
    command = f"AuthorizedKeysCommand /usr/bin/cat {folder}/client_key.pub"
    with an_sshd(folder, extra=[command, "AuthorizedKeysCommandUser root"] if os.getuid() == 0 else []) as daemon:
        yield daemon


def a_host(sshd: Sshd, name: str, address: str = "127.0.0.1", user: str = ME) -> str:
    return (
        f"  - {{role: worker, hostname: {name}, ssh: {{address: {address}, port: {sshd.port}, user: {user}, "
        f"keyPath: {sshd.client_key}}}}}\n"
    )


def inventory(path: Path, *hosts: str) -> str:
    path.write_text("kind: Cluster\nspec:\n  hosts:\n" + "".join(hosts))
    return str(path)


@needs_sshd
@pytest.mark.sshd
def test_an_unknown_key_and_nobody_to_ask(sshd: Sshd, k0stui: K0stui, tmp_path: Path) -> None:
    """The host is not asked at all; its fingerprint and what to do are the finding, and nothing can be said: exit 2."""
    done = k0stui(
        "check", "--once", "--json", "--host", f"{ME}@127.0.0.1:{sshd.port}",
        "--known-hosts", f"{tmp_path}/known_hosts", "--ssh-config", f"{tmp_path}/ssh_config",
    )  # fmt: skip

    assert "its host key is not known" in findings(done)["host-unreachable"]["sentence"]
    assert "SHA256:" in findings(done)["host-unreachable"]["sentence"]
    assert done.returncode == 2
    assert not (tmp_path / "known_hosts").exists()


@pytest.mark.fault("F47")
@needs_sshd
@pytest.mark.sshd
def test_a_changed_key_is_a_finding_and_others_are_judged(sshd: Sshd, k0stui: K0stui, tmp_path: Path) -> None:
    """One host shows another key than the known one: that is said, with both, and the other host is still asked."""
    keygen(tmp_path / "another_key")
    another = " ".join((tmp_path / "another_key.pub").read_text().split()[:2])
    known = tmp_path / "known_hosts"
    known.write_text(f"{sshd.known_hosts()}[localhost]:{sshd.port} {another}\n")
    hosts = inventory(tmp_path / "k0sctl.yaml", a_host(sshd, "same"), a_host(sshd, "changed", "localhost"))
    done = k0stui(
        "check", "--once", "--json", "--inventory", hosts, "--known-hosts", str(known),
        "--ssh-config", f"{tmp_path}/ssh_config",
    )  # fmt: skip

    lost = findings(done)["host-unreachable"]
    assert lost["subjects"] == ["changed"]
    assert "CHANGED" in lost["sentence"]
    assert "ssh-keygen" in lost["sentence"] + lost["remedy"]
    reachable = {host["name"]: host["reachable"] for host in json.loads(done.stdout)["hosts"]}
    assert reachable == {"same": True, "changed": False}
    assert any(entry["why"].startswith("same: state of k0s") for entry in json.loads(done.stdout)["inconclusive"])


@pytest.fixture
def plain() -> Iterator[str]:
    """A login that sudo refuses."""
    if os.getuid() != 0 or not shutil.which("sudo") or not shutil.which("useradd"):
        pytest.skip("a login without sudo can only be made by root")
    name = f"k0stui-{os.getpid()}"
    subprocess.run(["useradd", "--no-create-home", "--shell", "/bin/sh", "--password", "*", name], check=True)
    yield name
    subprocess.run(["userdel", "--force", name], check=True, capture_output=True)


@pytest.mark.fault("F49")
@needs_sshd
@pytest.mark.sshd
def test_a_host_without_sudo_is_degraded(sshd: Sshd, k0stui: K0stui, tmp_path: Path, plain: str) -> None:
    """What needs no root is known, the rest says per question that it is not permitted, and which line would help."""
    known = tmp_path / "known_hosts"
    known.write_text(sshd.known_hosts())
    hosts = inventory(tmp_path / "k0sctl.yaml", a_host(sshd, "h", user=plain))
    done = k0stui(
        "check", "--once", "--json", "--inventory", hosts, "--known-hosts", str(known),
        "--ssh-config", f"{tmp_path}/ssh_config",
    )  # fmt: skip

    host = json.loads(done.stdout)["hosts"][0]
    lacks = {entry["probe"]: entry["lack"] for entry in host["unknown"]}
    assert host["reachable"]
    assert "no permission" in lacks.values()
    assert not {"identity", "clock"} & set(lacks)
    assert "NOPASSWD" in findings(done)["not-permitted"]["remedy"]
