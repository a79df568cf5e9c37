"""All simulated hosts and API servers of a fleet, on loopback: a port for each host, one for each API server."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncssh

from k0stui.demo.api_server import ApiFront, tls
from k0stui.demo.controller import Controller
from k0stui.demo.guard_place import GuardPlace
from k0stui.demo.pace import Pace
from k0stui.demo.pki import Pki
from k0stui.demo.ssh_host import DemoHost

TICK = 0.5
"""Seconds between two looks at who still has power."""


class DemoServer:
    """All hosts and API servers of one fleet."""

    def __init__(self, pace: Pace, pki: Pki, folder: Path, login: asyncssh.SSHKey) -> None:
        self.pace = pace
        self._pki = pki
        self._folder = folder
        self._logins = asyncssh.import_authorized_keys(login.export_public_key().decode())
        self._fronts: dict[str, ApiFront] = {}
        self.hosts: list[DemoHost] = []
        self._timer: asyncio.TimerHandle | None = None
        place = GuardPlace(folder / "hosts")
        for host in pace.fleet.hosts:
            front = ApiFront(pace, host.name, self.settle) if isinstance(host, Controller) else None
            if front is not None:
                self._fronts[host.name] = front
            self.hosts.append(DemoHost(pace, host.name, place, front))

    async def start(self) -> None:
        context = tls(self._pki, self._folder)
        for front in self._fronts.values():
            await front.start(context)
        for host in self.hosts:
            await host.listen(self._logins)
        self._tick()

    def look_around(self) -> None:
        """A host that lost its power falls silent, whether anybody asks it or not."""
        for host in self.hosts:
            if not host.powered and not host.is_dark:
                host.go_dark()

    async def settle(self) -> None:
        """Hosts that have power again listen again; called with every API request, and by whoever cannot wait."""
        for host in self.hosts:
            if host.is_dark and host.powered:
                await host.listen(self._logins)

    def _tick(self) -> None:
        self.look_around()
        self._timer = asyncio.get_running_loop().call_later(TICK, self._tick)

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for host in self.hosts:
            await host.close()
        for front in self._fronts.values():
            await front.stop()
