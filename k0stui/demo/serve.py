"""A simulated fleet to ask like a real one: `async with demo_fleet("incident") as fleet` gives inventory, keys and all.

The folder then holds what an operator would have: inventory.yaml (k0sctl's form), a key, known_hosts. With `folder`
given it is kept there for other processes (`k0stui demo --serve DIR`), else it is temporary.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncssh

from k0stui.connect.clock import SystemClock
from k0stui.demo.controller import Controller
from k0stui.demo.fleet import Fleet
from k0stui.demo.host import File
from k0stui.demo.pace import Pace
from k0stui.demo.pki import make_pki
from k0stui.demo.scenarios import SCENARIOS
from k0stui.demo.server import DemoServer
from k0stui.demo.ssh_host import DemoHost
from k0stui.errors import UsageError
from k0stui.inventory import Inventory, from_k0sctl
from k0stui.ports import Clock

LOGIN = "operator"
ADMIN_CONF = "/var/lib/k0s/pki/admin.conf"


@dataclass(frozen=True, slots=True)
class DemoFleet:
    """A fleet that can be asked."""

    inventory: Inventory
    folder: Path
    known_hosts: Path
    key: Path
    clock: Clock
    pace: Pace
    server: DemoServer

    @property
    def model(self) -> Fleet:
        """The cluster itself, as far as time has come: for tests, which may also change it."""
        return self.pace.catch_up()


@asynccontextmanager
async def demo_fleet(
    scenario: str, *, speed: float = 1.0, clock: Clock | None = None, folder: Path | None = None
) -> AsyncIterator[DemoFleet]:
    """Serve a scenario on loopback until the block is left.

    Raises:
        UsageError: there is no such scenario, or the folder cannot be written.
    """
    if scenario not in SCENARIOS:
        raise UsageError(f"no scenario is called {scenario}; there are {', '.join(SCENARIOS)}.")
    if not 0 < speed <= 1000:
        raise UsageError(f"the speed {speed:g} makes no sense; give one above 0 and up to 1000.")
    with ExitStack() as stack:
        place = folder or Path(stack.enter_context(TemporaryDirectory(prefix="k0stui-demo-")))
        served = await _served(scenario, speed, clock or SystemClock(), _made(place))
        try:
            yield served
        finally:
            await served.server.close()


async def _served(scenario: str, speed: float, clock: Clock, folder: Path) -> DemoFleet:
    fleet = SCENARIOS[scenario]()
    pki = make_pki([host.address for host in fleet.controllers])
    fleet.ca = pki.ca
    for controller in fleet.controllers:
        controller.files[ADMIN_CONF] = File(pki.admin_conf(), controller.booted)
    login = asyncssh.generate_private_key("ssh-ed25519")
    pace = Pace(fleet, clock, speed)
    server = DemoServer(pace, pki, folder, login)
    await server.start()
    key, known_hosts = folder / "id_ed25519", folder / "known_hosts"
    _write(key, login.export_private_key())
    _write(known_hosts, "".join(map(_known_host, server.hosts)).encode())
    text = inventory_text(fleet, server.hosts, key)
    _write(folder / "inventory.yaml", text.encode())
    inventory = from_k0sctl(text, str(folder / "inventory.yaml"), {})
    return DemoFleet(inventory, folder, known_hosts, key, clock, pace, server)


def inventory_text(fleet: Fleet, hosts: list[DemoHost], key: Path) -> str:
    """k0sctl.yaml: every host at its port on loopback, with the private address that it has in the model."""
    rows = []
    for host in hosts:
        machine = fleet.host(host.name)
        role = "controller" if isinstance(machine, Controller) else "worker"
        rows.append(
            f"  - role: {role}\n    hostname: {host.name}\n    privateAddress: {machine.address}\n"
            f"    ssh:\n      address: 127.0.0.1\n      port: {host.port}\n      user: {LOGIN}\n      keyPath: {key}\n"
        )
    return (
        "apiVersion: k0sctl.k0sproject.io/v1beta1\nkind: Cluster\nmetadata:\n  name: demo\nspec:\n"
        f"  k0s:\n    version: {fleet.release.k0s.removeprefix('v')}\n  hosts:\n{''.join(rows)}"
    )


def _known_host(host: DemoHost) -> str:
    return f"[127.0.0.1]:{host.port} {host.key.export_public_key().decode().strip()}\n"


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made ({error.strerror}); give a folder that can be written.") from error
    return folder.resolve()


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)
