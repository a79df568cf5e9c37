"""Hosts for benches: a real journald that can be told what to log, behind a real sshd, asked as k0stui asks hosts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from k0stui.connect.connector import Options, SshConnector
from k0stui.connect.ssh import LOGS, LogChannel, SshShell
from k0stui.inventory import InventoryHost, Reach
from k0stui.model.host import HostName
from tests.logs.journald import Journald, journald
from tests.sshd import ME, Sshd, an_sshd


@dataclass(slots=True)
class LogHost:
    """One host."""

    name: HostName
    daemon: Journald
    sshd: Sshd

    def processor_seconds(self, shell: SshShell) -> float:
        """That the log channel has cost so far: its shell and all that it ran and that has ended."""
        lane = shell._connection.open_lane(LOGS)
        assert lane is not None
        fields = Path(f"/proc/{lane.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def log_hosts(folder: Path, names: tuple[str, ...], awk: str = "awk") -> Iterator[list[LogHost]]:
    """So many hosts, each with its own journal; `awk` is the program that is called so there."""
    with ExitStack() as stack:
        hosts = []
        for name in names:
            daemon = stack.enter_context(journald())
            tools = _tools(folder / name, daemon, awk)
            path = f"{tools}:{os.environ['PATH']}"
            extra = [f"SetEnv PATH={path}"]
            (folder / name / "sshd").mkdir(parents=True)
            sshd = stack.enter_context(an_sshd(folder / name / "sshd", extra=extra))
            hosts.append(LogHost(HostName(name), daemon, sshd))
        yield hosts


def _tools(folder: Path, daemon: Journald, awk: str) -> Path:
    """Programs that come first on the host: its own journalctl, and the awk that is to be measured."""
    tools = folder / "bin"
    tools.mkdir(parents=True)
    found = shutil.which("journalctl")
    (tools / "journalctl").write_text(f'#!/bin/sh\nexec nsenter -t {daemon.pid} -m {found} "$@"\n')
    (tools / "journalctl").chmod(0o755)
    os.symlink(str(shutil.which(awk)), tools / "awk")
    return tools


@dataclass(slots=True)
class Relay:
    """A port in between that counts what goes through, both ways: all of SSH, without the headers of TCP and IP."""

    bytes: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def carry(self, sshd: Sshd, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        there, back = await asyncio.open_connection(sshd.address, sshd.port)
        self.writers += [writer, back]
        async with asyncio.TaskGroup() as group:
            group.create_task(self._copy(reader, back))
            group.create_task(self._copy(there, writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(2**16):
                self.bytes += len(data)
                writer.write(data)
        writer.close()

    def cut(self) -> None:
        """End all connections, in the middle of whatever they carry."""
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()


@dataclass(slots=True)
class Reached:
    """A host as k0stui has reached it."""

    host: LogHost
    shell: SshShell
    channel: LogChannel
    relay: Relay


@asynccontextmanager
async def reached(folder: Path, hosts: list[LogHost]) -> AsyncIterator[list[Reached]]:
    """All hosts, each through a relay of its own; connections are made when something is asked."""
    (folder / "config").write_text("")
    options = Options(config_path=folder / "config", known_hosts=(folder / "known_hosts",))
    found, servers = [], []
    async with SshConnector(options) as connector:
        for host in hosts:
            relay = Relay()
            server = await asyncio.start_server(partial(relay.carry, host.sshd), host.sshd.address)
            servers.append(server)
            port = server.sockets[0].getsockname()[1]
            with (folder / "known_hosts").open("a") as known:
                known.write(f"[{host.sshd.address}]:{port} {host.sshd.host_key}\n")
            reach = Reach(host.sshd.address, ME, port, str(host.sshd.client_key))
            shell = connector.shell(InventoryHost(host.name, reach))
            assert isinstance(shell, SshShell)
            found.append(Reached(host, shell, shell.log_channel(), relay))
        try:
            yield found
        finally:
            for each in found:
                await each.shell.close()
                each.relay.cut()
            for server in servers:
                server.close()
            await asyncio.sleep(0.1)  # until the relays have seen it
