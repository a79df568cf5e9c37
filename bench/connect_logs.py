"""Five megabytes of log lines in one batch over the channel for logs, from a real sshd.

Bar: at least 200,000 lines/s. Beside it the plain way: asyncssh's own process, read line by line.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import asyncssh

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.result import report
from k0stui.connect.connector import Options, SshConnector
from k0stui.connect.ssh import SshShell
from k0stui.inventory import InventoryHost, Reach
from k0stui.model.host import HostName
from k0stui.ports import Command
from tests.sshd import ME, Sshd, an_sshd

LINES = 20_000
LINE = '1738638847.118206 c2 k0s[812]: time="2025-02-04 03:07:27" level=info msg="E0204 03:07:27.118 1 server.go:528] '
ROUNDS = 9


def main() -> None:
    os.environ.pop("SSH_AUTH_SOCK", None)
    with tempfile.TemporaryDirectory() as name, an_sshd(Path(name)) as sshd:
        folder = Path(name)
        (folder / "known_hosts").write_text(sshd.known_hosts())
        log = folder / "journal"
        log.write_text("".join(f"{LINE}{number:>138}\n" for number in range(LINES)))
        ours = asyncio.run(batches(folder, sshd, log))
        plain = asyncio.run(line_by_line(folder, sshd, log))
    report(
        "connect_logs",
        lines=LINES,
        lines_per_second=round(LINES / ours),
        line_by_line_per_second=round(LINES / plain),
        ratio=round(plain / ours, 1),
        bar_lines_per_second=200_000,
        met=LINES / ours >= 200_000,
    )


async def batches(folder: Path, sshd: Sshd, log: Path) -> float:
    (folder / "config").write_text("")
    options = Options(config_path=folder / "config", known_hosts=(folder / "known_hosts",))
    async with SshConnector(options) as connector:
        reach = Reach(sshd.address, ME, sshd.port, str(sshd.client_key))
        shell = connector.shell(InventoryHost(HostName("c1"), reach))
        assert isinstance(shell, SshShell)
        channel = shell.log_channel()
        await channel.run(Command(("true",)))
        took = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            reply = await channel.run(Command(("cat", str(log)), cap=2**24))
            took.append(time.perf_counter() - started)
            assert reply.stdout.count(b"\n") == LINES
    return statistics.median(took)


async def line_by_line(folder: Path, sshd: Sshd, log: Path) -> float:
    options = {"client_keys": [str(sshd.client_key)], "known_hosts": str(folder / "known_hosts"), "config": None}
    async with asyncssh.connect(sshd.address, sshd.port, username=ME, **options) as connection:
        started = time.perf_counter()
        async with await connection.create_process(f"cat {log}") as process:
            count = 0
            async for _ in process.stdout:
                count += 1
        assert count == LINES
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
