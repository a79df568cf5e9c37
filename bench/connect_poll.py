"""A hundred hosts asked once a second: what it costs this machine.

Bar: at most 10 % of one core. The connections are real, to real sshds on loopback; only this process' own CPU counts,
since what the hosts do is theirs. A poll is one question with 2 kB of answer, as the pace's group of probes is sent.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.connect_bastion import own_cpu, sshds
from bench.result import report
from k0stui.connect.connector import Options, SshConnector
from k0stui.inventory import InventoryHost, Reach
from k0stui.model.host import HostName
from k0stui.ports import Command, Shell
from tests.sshd import ME, Sshd

HOSTS = 100
DAEMONS = 10
"""Ten hosts on each: that many logins at once are within MaxStartups, and the machine is not full of daemons."""
SECONDS = 10
POLL = Command(("head", "-c", "2000", "/proc/meminfo"))


def main() -> None:
    os.environ.pop("SSH_AUTH_SOCK", None)
    with tempfile.TemporaryDirectory() as name, sshds(Path(name), DAEMONS) as daemons:
        (Path(name) / "known_hosts").write_text("".join(sshd.known_hosts() for sshd in daemons))
        share, answered, memory = asyncio.run(polled(Path(name), daemons))
    report(
        "connect_poll",
        hosts=HOSTS,
        pace_seconds=1,
        answered=answered,
        expected=HOSTS * SECONDS,
        share_of_core=round(share, 4),
        rss_mib=round(memory, 1),
        bar_share=0.1,
        met=share <= 0.1 and answered == HOSTS * SECONDS,
    )


async def polled(folder: Path, daemons: list[Sshd]) -> tuple[float, int, float]:
    (folder / "config").write_text("")
    options = Options(config_path=folder / "config", known_hosts=(folder / "known_hosts",))
    async with SshConnector(options) as connector:
        shells = []
        for number in range(HOSTS):
            sshd = daemons[number % DAEMONS]
            reach = Reach(sshd.address, ME, sshd.port, str(sshd.client_key))
            shells.append(connector.shell(InventoryHost(HostName(f"h{number}"), reach)))
        for shell in shells:
            await shell.run(POLL)
        started, cpu = time.perf_counter(), own_cpu()
        counts = await asyncio.gather(*(poll(shell, number / HOSTS) for number, shell in enumerate(shells)))
        cpu, took = own_cpu() - cpu, time.perf_counter() - started
    return cpu / took, sum(counts), rss()


async def poll(shell: Shell, offset: float) -> int:
    """Once a second, each host at its own moment."""
    begin = time.perf_counter() + offset
    for tick in range(SECONDS):
        await asyncio.sleep(begin + tick - time.perf_counter())
        await shell.run(POLL)
    return SECONDS


def rss() -> float:
    """MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 2**20


if __name__ == "__main__":
    main()
