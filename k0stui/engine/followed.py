"""Whose logs are wanted: hosts by the names they have in snapshots, and what there is to follow on each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from k0stui.logs.file_stream import FileStream
from k0stui.logs.files import OPENRC_FILES, POD_FILES
from k0stui.logs.store import LogStore
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.host import HostName
from k0stui.model.log import Source
from k0stui.model.observed import Known
from k0stui.ports import Command, Reply, Shell


@dataclass(frozen=True, slots=True)
class Followed:
    """One host whose logs are wanted."""

    shell: Shell
    """A log channel of its own, so that a long batch delays no probe."""
    unit: str
    """`k0scontroller` or `k0sworker`: what its journal is called here."""
    worker: bool = False
    """Pods run on it: follow the files of agent and balancer too."""
    openrc: bool = False
    """No journal: follow k0s' own files."""
    since: datetime | None = None
    """Begin there instead of at the newest lines."""

    @property
    def source(self) -> Source:
        """Its journal, as the store knows it."""
        return Source(self.shell.host, self.unit)

    def files(self, store: LogStore) -> list[FileStream]:
        """What is followed beside the journal, or instead of it."""
        streams = []
        if self.openrc:
            streams.append(FileStream(self.source, store, OPENRC_FILES, pods=False))
        if self.worker:
            streams.append(FileStream(self.source, store, POD_FILES, pods=True))
        return streams


def followed_hosts(
    snapshot: ClusterSnapshot,
    shells: Mapping[HostName, Shell],
    channel: Callable[[Shell], Shell],
) -> tuple[Followed, ...]:
    """Those hosts of a snapshot that answered and whose role is known."""
    found = []
    for host in snapshot.hosts:
        role, shell = host.known_role, shells.get(host.name)
        if host.is_reachable and role is not None and shell is not None:
            unit = "k0scontroller" if role.is_controller else "k0sworker"
            openrc = isinstance(host.identity, Known) and host.identity.value.init == "openrc"
            found.append(Followed(_Named(host.name, channel(shell)), unit, role.is_worker, openrc))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Named:
    """A shell under the name that the host has in snapshots."""

    host: HostName
    inner: Shell

    async def run(self, command: Command) -> Reply:
        return await self.inner.run(command)

    async def close(self) -> None:
        await self.inner.close()
