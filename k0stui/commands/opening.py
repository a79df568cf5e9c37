"""The way to the cluster that argv names: real hosts, a simulated fleet or a recording."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from k0stui import settings
from k0stui.engine.observe import Connector, Watch
from k0stui.errors import Unreachable, UsageError
from k0stui.inventory import LOCAL, Inventory, InventoryHost, from_k0sctl, from_seeds
from k0stui.model.host import HostName
from k0stui.ports import Clock, KubeApi, Shell
from k0stui.present.harmless import harmless_line
from k0stui.settings import Settings

if TYPE_CHECKING:
    from k0stui.connect.connector import AskHostKey, Options, SshConnector
    from k0stui.connect.keys import AskPassphrase


async def _nobody() -> None:
    """Whom to greet where no person can be asked anything."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A cluster that can be asked."""

    inventory: Inventory
    connector: Connector
    clock: Clock
    greet: Callable[[], Coroutine[Any, Any, None]] = _nobody
    """Knocks at every host once, and asks a person what only a person knows; raises UsageError for a slip in argv."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asks:
    """How a person is asked; None: nobody is there to be asked."""

    host_key: AskHostKey | None = None
    passphrase: AskPassphrase | None = None


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways to real hosts: SSH, and through it each controller's own API server."""

    connector: SshConnector
    kubeconfig: bytes | None = None

    def shell(self, host: InventoryHost) -> Shell:
        return self.connector.shell(host)

    def api(self, host: InventoryHost, shell: Shell) -> KubeApi:
        from k0stui.connect.kube import ForwardingShell, KubernetesApi

        return KubernetesApi(cast(ForwardingShell, shell), self.kubeconfig)


@asynccontextmanager
async def opened(arguments: argparse.Namespace) -> AsyncIterator[Opened]:
    """Open what argv names; questions that need a person are asked here, before anything else starts.

    Raises:
        UsageError: argv names nothing, or something that cannot be read.
    """
    refuse_two_ways(arguments)
    if folder := getattr(arguments, "replay", None):
        from k0stui.connect.replay import Replay

        replay = Replay(Path(folder))
        yield Opened(replay.inventory, replay, replay.clock)
    elif scenario := getattr(arguments, "demo", None):
        async with demo(scenario, getattr(arguments, "speed", 1.0)) as fleet:
            yield fleet
    else:
        async with real(arguments) as hosts:
            yield hosts


@asynccontextmanager
async def observing(arguments: argparse.Namespace) -> AsyncIterator[Watch]:
    """What argv names, under observation; nobody is asked yet. Raises as `opened`."""
    async with (
        opened(arguments) as cluster,
        Watch(cluster.inventory, cluster.connector, cluster.clock) as watch,
    ):
        yield watch


@asynccontextmanager
async def demo(scenario: str, speed: float = 1.0) -> AsyncIterator[Opened]:
    """A simulated fleet of its own, behind its own SSH server, asked as a real one is."""
    from k0stui.connect.connector import Options, SshConnector
    from k0stui.demo.serve import demo_fleet

    async with demo_fleet(scenario, speed=speed) as fleet:
        (fleet.folder / "ssh_config").write_text("# A simulated fleet is reached past the operator's own.\n")
        options = Options(config_path=fleet.folder / "ssh_config", known_hosts=(fleet.known_hosts,))
        async with SshConnector(options, clock=fleet.clock) as connector:
            await connector.prepare(fleet.inventory.hosts)
            yield Opened(fleet.inventory, Ways(connector), fleet.clock)


@asynccontextmanager
async def real(arguments: argparse.Namespace) -> AsyncIterator[Opened]:
    """The hosts of the inventory, of `--host`, or this one; all have been greeted, and a person asked what must be."""
    from k0stui.commands.asking import ask_host_key, handed, keeping

    person = is_terminal()
    asks = Asks(ask_host_key, keeping(arguments)) if person else Asks(passphrase=handed(arguments))
    async with reached(arguments, asks) as cluster:
        for warning in cluster.warnings:
            print(f"k0stui: {harmless_line(warning)}", file=sys.stderr)
        await cluster.greet()
        yield cluster


@asynccontextmanager
async def reached(arguments: argparse.Namespace, asks: Asks) -> AsyncIterator[Opened]:
    """The same, nobody greeted yet: for who cannot wait for a host that does not answer."""
    from k0stui.connect.clock import SystemClock
    from k0stui.connect.connector import SshConnector

    inventory, clock = inventory_of(arguments), SystemClock()
    kubeconfig = kubeconfig_of(arguments)
    async with SshConnector(
        ssh_options(arguments), clock=clock, ask_host_key=asks.host_key, ask_passphrase=asks.passphrase
    ) as connector:

        async def greet() -> None:
            refuse_unknown_names(arguments, await connector.prepare(inventory.hosts))

        yield Opened(inventory, Ways(connector, kubeconfig), clock, greet, tuple(connector.warnings))


WAYS = ("replay", "demo", "inventory", "host")
"""Options that say where the cluster is; one of them is enough, and two would contradict each other."""


def refuse_two_ways(arguments: argparse.Namespace) -> None:
    """Raises UsageError where argv names more than one cluster."""
    given = [f"--{way}" for way in WAYS if getattr(arguments, way, None)]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} name different clusters; give one of them.")


def kubeconfig_of(arguments: argparse.Namespace) -> bytes | None:
    """The kubeconfig that argv names; None where each controller's own is to be used.

    Raises:
        UsageError: it cannot be read, or is none. Said before any host is asked.
    """
    from k0stui.connect.kubeconfig import read_kubeconfig

    given = getattr(arguments, "kubeconfig", None)
    if not given:
        return None
    text = read_file(Path(given), "a kubeconfig").encode()
    try:
        read_kubeconfig(text, given)
    except UsageError as error:
        raise UsageError(f"{error}; give another one, or none: then each controller's own is used.") from error
    return text


def refuse_unknown_names(arguments: argparse.Namespace, failures: Mapping[HostName, Unreachable]) -> None:
    """A `--host` that no name server knows is a slip of the fingers, not a host that is down; raises UsageError."""
    for failure in failures.values():
        if getattr(arguments, "host", None) and isinstance(failure.__cause__, socket.gaierror):
            raise UsageError(str(failure))


def ssh_options(arguments: argparse.Namespace) -> Options:
    """What argv says of SSH; raises UsageError."""
    from k0stui.connect.connector import Options

    config = getattr(arguments, "ssh_config", None)
    known = getattr(arguments, "known_hosts", None)
    if known and Path(known).expanduser().is_dir():
        raise UsageError(f"--known-hosts {known} is a directory; name the file.")
    return Options(
        config_path=Path(config).expanduser() if config else None,
        known_hosts=(Path(known).expanduser(),) if known else (),
    )


def inventory_of(arguments: argparse.Namespace) -> Inventory:
    """Where hosts come from, in this order: --inventory, --host, the settings' default, this controller."""
    if path := getattr(arguments, "inventory", None):
        return read_inventory(Path(path))
    if seeds := getattr(arguments, "host", None):
        return from_seeds(seeds)
    if default := own_settings().inventory:
        return read_inventory(Path(default))
    if Path("/run/k0s/k0s.yaml").exists() or Path("/etc/k0s/k0s.yaml").exists():
        return Inventory("", (LOCAL,))
    raise UsageError(
        "no hosts: give --inventory k0sctl.yaml, or --host user@controller; "
        "or start it on a controller. `k0stui demo` shows a simulated cluster."
    )


def own_settings() -> Settings:
    """The operator's config.toml; what is wrong in it is said on stderr and has no effect.

    Raises:
        UsageError: it is there and cannot be read.
    """
    path = settings.folder(os.environ) / "config.toml"
    if not path.exists():
        return Settings()
    found = settings.read(read_file(path, "settings that can be read"), str(path))
    for complaint in found.complaints:
        print(f"k0stui: {harmless_line(complaint)}", file=sys.stderr)
    return found.settings


def read_inventory(path: Path) -> Inventory:
    """The k0sctl.yaml at `path`; raises UsageError with what is wrong, where, and what now."""
    return from_k0sctl(read_file(path, "the cluster's k0sctl.yaml"), str(path), os.environ)


def read_file(path: Path, what: str) -> str:
    """The text of a file that the operator named.

    Raises:
        UsageError: it cannot be read; `what` says what should be given.
    """
    try:
        return path.expanduser().read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); give {what}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: this is not text (byte {error.start}); give {what}.") from error


def is_terminal() -> bool:
    """Whether a person sits there to be asked and shown screens."""
    return sys.stdin.isatty() and sys.stdout.isatty()
