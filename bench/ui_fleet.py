"""Hosts for benches of the whole program: the simulated fleet behind its SSH server, and real sshds that are sick."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.pty.terminal import Terminal
from tests.sshd import Sshd


@contextmanager
def served(folder: Path, scenario: str) -> Iterator[list[dict[str, Any]]]:
    """`k0stui demo --serve FOLDER` in a process of its own; the hosts of its inventory."""
    argv = [sys.executable, "-m", "k0stui", "demo", "--serve", str(folder), "--scenario", scenario]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert "--inventory" in server.stdout.readline()
        yield yaml.safe_load((folder / "inventory.yaml").read_text())["spec"]["hosts"]
        server.terminate()


def real(name: str, sshd: Sshd, user: str) -> dict[str, Any]:
    """A worker of the inventory that is an sshd of this machine."""
    ssh = {"address": sshd.address, "port": sshd.port, "user": user, "keyPath": str(sshd.client_key)}
    return {"role": "worker", "hostname": name, "ssh": ssh}


def program(folder: Path, hosts: Sequence[dict[str, Any]], known_hosts: str = "", pace: float = 5) -> Terminal:
    """The program on these hosts, at 120x40, with settings of its own."""
    spec = {"apiVersion": "k0sctl.k0sproject.io/v1beta1", "kind": "Cluster", "metadata": {"name": "bench"}}
    (folder / "k0sctl.yaml").write_text(yaml.safe_dump({**spec, "spec": {"hosts": list(hosts)}}))
    (folder / "known").write_text((folder / "known_hosts").read_text() + known_hosts)
    (folder / "config").write_text("")
    settings = folder / "settings" / "k0stui"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "config.toml").write_text(f"pace = {pace}\n")
    argv = [sys.executable, "-m", "k0stui", "--inventory", str(folder / "k0sctl.yaml")]
    argv += ["--known-hosts", str(folder / "known"), "--ssh-config", str(folder / "config")]
    return Terminal(argv, width=120, height=40, environ={"XDG_CONFIG_HOME": str(folder / "settings")})


def ahead_of_others() -> bool:
    """Run this process, and the program it starts from now on, before all else on this machine; false where that is not
    permitted. What is measured is then k0stui, not its neighbours, nor the fleet that has to share its two cores."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        return False
    return True


def resident(pid: int) -> int:
    """Bytes of memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
