"""A full look at one host, 25 questions, over the resident shell; beside it one `ssh -S` command for each.

Bar: at most a fifth of the time. The peer has the best that OpenSSH gives: a ControlMaster that is up already, and a
login without rc files. Both ask the same sshd for the same commands; each look is the median of several.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.result import report
from k0stui.connect.connector import Options, SshConnector
from k0stui.inventory import InventoryHost, Reach
from k0stui.model.host import HostName
from k0stui.ports import Command
from tests.sshd import ME, Sshd, an_sshd

LOOK = tuple(
    Command(argv)
    for argv in (
        ("cat", "/proc/uptime"), ("cat", "/proc/loadavg"), ("cat", "/etc/machine-id"), ("uname", "-m"), ("uname", "-n"),
        ("date", "+%s.%N"), ("df", "-P", "/"), ("df", "-Pi", "/"), ("cat", "/proc/meminfo"), ("nproc",), ("id",),
        ("ls", "/"), ("cat", "/proc/net/tcp"), ("cat", "/etc/os-release"), ("cat", "/proc/sys/kernel/random/boot_id"),
        ("stat", "/etc/passwd"), ("ls", "-l", "/etc"), ("cat", "/proc/mounts"), ("cat", "/proc/version"),
        ("sha256sum", "/etc/passwd"), ("cat", "/proc/stat"), ("cat", "/proc/vmstat"), ("cat", "/proc/version"),
        ("wc", "-l", "/etc/group"), ("true",),
    )
)  # fmt: skip
ROUNDS = 7


def main() -> None:
    os.environ.pop("SSH_AUTH_SOCK", None)
    with tempfile.TemporaryDirectory() as name, an_sshd(Path(name)) as sshd:
        (Path(name) / "known_hosts").write_text(sshd.known_hosts())
        ours = asyncio.run(resident(Path(name), sshd))
        peer = control_master(Path(name), sshd)
    report(
        "connect_look",
        questions=len(LOOK),
        seconds=round(ours, 4),
        control_master_seconds=round(peer, 4),
        share=round(ours / peer, 3),
        bar_share=0.2,
        met=ours / peer <= 0.2,
    )


async def resident(folder: Path, sshd: Sshd) -> float:
    (folder / "config").write_text("")
    options = Options(config_path=folder / "config", known_hosts=(folder / "known_hosts",))
    async with SshConnector(options) as connector:
        reach = Reach(sshd.address, ME, sshd.port, str(sshd.client_key))
        shell = connector.shell(InventoryHost(HostName("c1"), reach))
        await shell.run(Command(("true",)))
        took = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            await asyncio.gather(*(shell.run(command) for command in LOOK))
            took.append(time.perf_counter() - started)
    return statistics.median(took)


def control_master(folder: Path, sshd: Sshd) -> float:
    base = [
        "ssh", "-F", "none", "-i", str(sshd.client_key), "-p", str(sshd.port), "-S", str(folder / "control"),
        "-o", f"UserKnownHostsFile={folder / 'known_hosts'}", "-o", "BatchMode=yes", f"{ME}@{sshd.address}",
    ]  # fmt: skip
    master = subprocess.Popen([*base[:-1], "-M", "-N", base[-1]])
    while not (folder / "control").exists():
        time.sleep(0.01)
    took = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for command in LOOK:
            subprocess.run([*base, command.line()], stdout=subprocess.DEVNULL, check=True)
        took.append(time.perf_counter() - started)
    master.terminate()
    master.wait()
    return statistics.median(took)


if __name__ == "__main__":
    main()
