"""A hundred hosts through one jump host, all with sshd's own limits: how many come up, and how soon.

Bar: 100 of 100 in at most 2.5 s. Beside it the stock way: asyncssh with ProxyJump, one connection to the jump host for
each target. Each of the hundred is an sshd of its own, since MaxStartups counts for each daemon.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncssh

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.result import report
from k0stui.connect.connector import Options, SshConnector
from k0stui.inventory import InventoryHost, Reach
from k0stui.model.host import HostName
from k0stui.ports import Command
from tests.sshd import ME, Sshd, make_sshd

HOSTS = 100


def main() -> None:
    os.environ.pop("SSH_AUTH_SOCK", None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with sshds(folder, HOSTS + 1) as (jump, *hosts):
            known = folder / "known_hosts"
            known.write_text("".join(sshd.known_hosts() for sshd in (jump, *hosts)))
            runs = [asyncio.run(ours(folder, jump, hosts)) for _ in range(3)]
            stock_reached, stock_took = asyncio.run(stock(folder, jump, hosts))
    runs.sort()
    report(
        "connect_bastion",
        hosts=HOSTS,
        reached=min(reached for _, reached, _ in runs),
        seconds_median=round(runs[1][0], 2),
        seconds_all=[round(took, 2) for took, _, _ in runs],
        own_cpu_seconds=round(runs[1][2], 2),
        stock_reached=stock_reached,
        stock_seconds=round(stock_took, 2),
        bar_seconds=2.5,
    )


async def ours(folder: Path, jump: Sshd, hosts: list[Sshd]) -> tuple[float, int, float]:
    """Seconds until the last has answered a first question; how many did; our CPU seconds."""
    (folder / "config").write_text("")
    options = Options(config_path=folder / "config", known_hosts=(folder / "known_hosts",))
    through = Reach(jump.address, ME, jump.port, str(jump.client_key))
    started, cpu = time.perf_counter(), own_cpu()
    async with SshConnector(options) as connector:
        shells = [
            connector.shell(InventoryHost(HostName(f"h{n}"), Reach(h.address, ME, h.port, str(h.client_key), through)))
            for n, h in enumerate(hosts)
        ]
        replies = await asyncio.gather(*(shell.run(Command(("true",))) for shell in shells), return_exceptions=True)
        took, cpu = time.perf_counter() - started, own_cpu() - cpu
    for failure in sorted({str(reply) for reply in replies if isinstance(reply, BaseException)})[:3]:
        print(failure, file=sys.stderr)
    return took, sum(not isinstance(reply, BaseException) for reply in replies), cpu


async def stock(folder: Path, jump: Sshd, hosts: list[Sshd]) -> tuple[int, float]:
    """What asyncssh does for ProxyJump: a connection to the jump host for each target."""
    options = {"client_keys": [str(jump.client_key)], "known_hosts": str(folder / "known_hosts"), "config": None}

    async def one(host: Sshd) -> None:
        async with (
            asyncssh.connect(jump.address, jump.port, username=ME, **options) as tunnel,
            asyncssh.connect(host.address, host.port, username=ME, tunnel=tunnel, **options) as connection,
        ):
            await connection.run("true", check=True)

    started = time.perf_counter()
    done = await asyncio.gather(*(one(host) for host in hosts), return_exceptions=True)
    return sum(not isinstance(each, BaseException) for each in done), time.perf_counter() - started


@contextlib.contextmanager
def sshds(folder: Path, count: int) -> Iterator[list[Sshd]]:
    made = [make_sshd(folder, f"h{n}", (f"127.0.{1 + n // 250}.{1 + n % 250}",)) for n in range(count)]
    try:
        for sshd in made:
            sshd.start()
        yield made
    finally:
        for sshd in made:
            sshd.stop()


def own_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
