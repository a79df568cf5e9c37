"""A host in a directory: the real guard, a real shell, and stand-ins only for PID 1, etcd and syslog."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from k0stui.connect.guard import GUARD, call, read_line

SHELLS = (("dash",), ("busybox", "sh"))
OP, EPOCH, OWNER = "op-1", "3", "ann@bastion:77"
BEFORE, AFTER = b"spec: {enabled: false}\n", b"spec: {enabled: true}\n"
MEMBERS = '{"header":{"cluster_id":"1","member_id":"2"},"members":[{"ID":"1"},{"ID":"2"},{"ID":"3"}]}'

SYSTEMCTL = """#!/bin/sh
case $1 in
    show) cat "$ROOT/unit" ;;
    *) echo "$*" >>"$ROOT/jobs" ;;
esac
"""
CURL = """#!/bin/sh
for last in "$@"; do :; done
cat "$ROOT/etcd${last#https://127.0.0.1:2379}"
"""


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class Host:
    """One made-up host; `root` is all it can touch."""

    root: Path
    shell: tuple[str, ...] = ("dash",)
    arguments: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, content: str | bytes, mode: int = 0o600) -> Path:
        path = self.root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(mode)
        return path

    def shim(self, name: str, text: str) -> None:
        self.write(f"usr/local/bin/{name}", text.replace("$ROOT", str(self.root)), 0o755)

    def unit(self, **facts: str) -> None:
        shown = {
            "LoadState": "loaded",
            "ActiveState": "active",
            "SubState": "running",
            "InvocationID": "aaa",
            "Job": "",
        }
        self.write("unit", "".join(f"{key}={value}\n" for key, value in {**shown, **facts}.items()))

    def text(self) -> str:
        """The guard itself, its one line about where the root is replaced."""
        assert GUARD.count("\nroot=\n") == 1
        return GUARD.replace("\nroot=\n", f"\nroot='{self.root}'\n")

    def argv(self, *arguments: str) -> list[str]:
        return [*self.shell, "-c", self.text(), "guard", *arguments]

    def run(self, *arguments: str, payload: bytes = b"") -> dict[str, str]:
        """One call; what it answered, with its exit status as `exit`."""
        done = subprocess.run(self.argv(*arguments), input=payload, capture_output=True, timeout=30, check=False)
        return self._said(done)

    def loaded(self, *arguments: str, payload: bytes = b"") -> dict[str, str]:
        """One call as it is sent: the loader, the text on standard input, the payload behind it."""
        sent = call(self.text(), arguments, payload)
        argv = [*self.shell, *sent.argv[1:]]
        return self._said(subprocess.run(argv, input=sent.stdin, capture_output=True, timeout=30, check=False))

    @staticmethod
    def _said(done: subprocess.CompletedProcess[bytes]) -> dict[str, str]:
        return {"exit": str(done.returncode), "stderr": done.stderr.decode(), **read_line(done.stdout.decode())}

    def lock(self, line: str = f"{EPOCH} {OP} {OWNER}", expect: str = "-") -> dict[str, str]:
        return self.run("lock", expect, payload=f"{line}\n".encode())

    def ours(self, verb: str, *arguments: str, payload: bytes = b"") -> dict[str, str]:
        return self.run(verb, OP, EPOCH, OWNER, *arguments, payload=payload)

    def stage(self, after: bytes = AFTER, before: bytes = BEFORE) -> dict[str, str]:
        return self.ours("stage", "config", sha(after), "/etc/k0s/k0s.yaml", sha(before), payload=after)

    def restart(self, **changed: str) -> dict[str, str]:
        return self.ours("restart", *{**self.arguments, **changed}.values())

    @property
    def live(self) -> bytes:
        return (self.root / "etc/k0s/k0s.yaml").read_bytes()

    @property
    def jobs(self) -> list[str]:
        path = self.root / "jobs"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def record(self) -> list[str]:
        path = self.root / f"var/lib/k0stui/ops/{OP}/record.jsonl"
        return path.read_text().splitlines() if path.exists() else []

    def strays(self) -> list[str]:
        """What lies in the config's directory beside the config."""
        return sorted(path.name for path in (self.root / "etc/k0s").iterdir() if path.name != "k0s.yaml")


def a_host(root: Path, shell: tuple[str, ...] = ("dash",)) -> Host:
    """A healthy controller, one of three."""
    host = Host(root, shell)
    host.write("etc/machine-id", "machine-1\n")
    host.write("var/lib/k0s/pki/ca.crt", "the ca\n")
    host.write("etc/k0s/k0s.yaml", BEFORE)
    host.write("proc/sys/kernel/random/boot_id", "boot-1\n")
    host.write("proc/uptime", "1000.25 900.00\n")
    host.write("etcd/health", '{"health":"true","reason":""}')
    host.write("etcd/v3/cluster/member/list", MEMBERS)
    peers = "".join(f'etcd_network_active_peers{{Local="a",Remote="{peer}"}} 1\n' for peer in "bc")
    host.write("etcd/metrics", peers)
    host.shim("systemctl", SYSTEMCTL)
    host.shim("curl", CURL)
    host.shim("logger", '#!/bin/sh\necho "$*" >>"$ROOT/syslog"\n')
    host.unit()
    host.arguments = {
        "step": "restart-c1", "attempt": "1", "unit": "k0scontroller.service", "machine": "machine-1",
        "ca": sha(b"the ca\n"), "boot": "boot-1", "pre": "aaa", "deadline": "1030", "data": "/var/lib/k0s",
        "config": "/etc/k0s/k0s.yaml", "before": sha(BEFORE), "after": sha(AFTER), "members": "3", "need": "2",
        "state": "active",
    }  # fmt: skip
    return host


@pytest.fixture(params=SHELLS, ids=lambda shell: shell[0])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    """The guard under each shell that a host may have."""
    return a_host(tmp_path, request.param)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A filesystem of 3 MiB, mounted where the test needs one; only root can."""
    mounted: list[Path] = []
    place = tmp_path / "small"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m,mode=755", "tmpfs", place], check=False)
    if done.returncode:
        pytest.skip("mounting a small filesystem needs root")
    mounted.append(place)
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def mode_of(path: Path) -> str:
    return oct(stat.S_IMODE(os.stat(path).st_mode))
