"""A real journald with its own /run and /var/log, in a mount namespace of its own, and a shell into it."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from k0stui.model.host import HostName
from k0stui.ports import Command, Reply

JOURNALD = "/usr/lib/systemd/systemd-journald"

_SETUP = f"""
mount -t tmpfs none /run && mkdir -p /run/systemd/journal /run/log/journal &&
mount -t tmpfs none /var/log &&
exec {JOURNALD}
"""


def missing() -> str | None:
    """Why there can be none here."""
    if os.geteuid() != 0:
        return "needs root for a mount namespace"
    if not Path(JOURNALD).exists() or not shutil.which("unshare") or not shutil.which("nsenter"):
        return "needs systemd-journald, unshare and nsenter"
    probe = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False)
    return None if probe.returncode == 0 else "may not make a mount namespace"


class Journald:
    """The daemon, and the shell of the host that it stands for."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.host = HostName("c1")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.connect(f"/proc/{pid}/root/run/systemd/journal/socket")

    def say(self, text: str, unit: str = "k0scontroller.service", identifier: str = "k0s") -> None:
        """One record of a unit. `-u` also matches what root says *about* a unit; so no unit must run."""
        data = text.encode()
        message = b"MESSAGE\n" + len(data).to_bytes(8, "little") + data
        self._socket.send(message + f"\nSYSLOG_IDENTIFIER={identifier}\nOBJECT_SYSTEMD_UNIT={unit}\n".encode())

    def settle(self) -> None:
        """Wait until all that was said can be read."""
        self.control("--sync")

    def control(self, *words: str) -> str:
        done = subprocess.run(
            ["nsenter", "-t", str(self.pid), "-m", "journalctl", *words], capture_output=True, text=True, check=True
        )
        return done.stdout

    async def run(self, command: Command) -> Reply:
        asked = datetime.now(UTC)
        process = await asyncio.create_subprocess_exec(
            "nsenter", "-t", str(self.pid), "-m", *command.argv, stdout=-1, stderr=-1
        )
        out, err = await process.communicate()
        return Reply(process.returncode or 0, out, err, asked, datetime.now(UTC))

    async def close(self) -> None:
        self._socket.close()


@contextmanager
def journald() -> Iterator[Journald]:
    """Start one, and end it."""
    process = subprocess.Popen(["unshare", "-m", "--propagation", "private", "sh", "-c", _SETUP], stderr=-3)
    try:
        daemon = _connected(process.pid)
        daemon.settle()
        yield daemon
        daemon._socket.close()
    finally:
        process.terminate()
        process.wait(10)


def _connected(pid: int) -> Journald:
    for _ in range(500):
        try:
            return Journald(pid)
        except OSError:
            time.sleep(0.01)
    raise RuntimeError("journald did not start")
