"""A simulated fleet behind the ports, without any network: for tests, and for whoever wants answers in microseconds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from k0stui.demo.answers import answer
from k0stui.demo.controller import Controller
from k0stui.demo.errand import Errand
from k0stui.demo.guard_place import GuardPlace
from k0stui.demo.kube import Answered, ApiServer
from k0stui.demo.pace import Pace
from k0stui.demo.said import Asked, Said
from k0stui.errors import ApiRefused, NotPermitted, Unreachable
from k0stui.inventory import Inventory, InventoryHost, Reach
from k0stui.model.host import HostName, Role
from k0stui.ports import LIMIT, Clock, Command, Reply, Shell


@dataclass
class DemoShell:
    """`ports.Shell` on one simulated host."""

    name: HostName
    pace: Pace
    place: GuardPlace
    ran: list[Command]
    closed: bool = False

    @property
    def host(self) -> HostName:
        return self.name

    async def run(self, command: Command) -> Reply:
        self.ran.append(command)
        asked_at = self.pace.clock.now()
        said = self._say(command)
        if said.takes:
            await self.pace.clock.sleep(said.takes / self.pace.speed)
        cut = len(said.stdout) > command.cap
        return Reply(said.status, said.stdout[: command.cap], said.stderr, asked_at, self.pace.clock.now(), cut)

    async def close(self) -> None:
        self.closed = True

    def _say(self, command: Command) -> Said:
        host = next((host for host in self.pace.catch_up().hosts if host.name == self.name), None)
        if host is None or not host.powered or self.closed:
            raise Unreachable(f"{self.name}: no answer within 10 s; is the host up?")
        if command.sudo and not host.sudo:
            raise NotPermitted(f"{self.name}: sudo wants a password; add NOPASSWD or log in as root")
        said = answer(Asked(self.pace.fleet, host, command), self.place)
        return said.finish(said.run()) if isinstance(said, Errand) else said


@dataclass
class DemoApi:
    """`ports.KubeApi` of one simulated controller."""

    name: HostName
    pace: Pace

    @property
    def host(self) -> HostName:
        return self.name

    async def get(self, path: str, *, timeout: float = LIMIT) -> bytes:
        return self._ask("GET", path)

    async def patch(self, path: str, body: bytes, *, content_type: str, timeout: float = LIMIT) -> bytes:
        return self._ask("PATCH", path, body, content_type)

    async def delete(self, path: str, body: bytes = b"", *, timeout: float = LIMIT) -> bytes:
        return self._ask("DELETE", path, body)

    async def close(self) -> None:
        return None

    def _ask(self, method: str, path: str, body: bytes = b"", content_type: str = "") -> bytes:
        server = ApiServer(self.pace.catch_up(), self.pace.fleet.controller(self.name))
        if not server.listens:
            raise Unreachable(f"{self.name}: the API server refuses connections on 127.0.0.1:6443")
        return _body(self.name, path, server.request(method, path, body, content_type))


def _body(name: str, path: str, answered: Answered) -> bytes:
    text = answered.body.decode("utf-8", "replace")
    if answered.status in (401, 403):
        raise NotPermitted(f"{name}: the API server refuses {path}: {text[:200]}")
    if answered.status >= 400:
        raise ApiRefused(f"{name}: {path} answered {answered.status}", answered.status, text)
    return answered.body


class DemoConnector:
    """Shells and API clients of one simulated fleet; a context manager, for the guard's folders."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.clock: Clock = pace.clock
        self._folder = TemporaryDirectory(prefix="k0stui-demo-")
        self.place = GuardPlace(Path(self._folder.name))
        self.ran: dict[str, list[Command]] = {}
        """Every command by host, in order."""

    def __enter__(self) -> DemoConnector:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def shell(self, host: InventoryHost) -> DemoShell:
        return self.shell_of(host.name)

    def api(self, host: InventoryHost, shell: Shell) -> DemoApi:
        return self.api_of(host.name)

    def shell_of(self, name: str) -> DemoShell:
        return DemoShell(HostName(name), self.pace, self.place, self.ran.setdefault(name, []))

    def api_of(self, name: str) -> DemoApi:
        return DemoApi(HostName(name), self.pace)

    def inventory(self) -> Inventory:
        """All hosts at the addresses that they have in the model."""
        hosts = tuple(
            InventoryHost(
                HostName(host.name),
                Reach(host.address),
                Role.CONTROLLER if isinstance(host, Controller) else Role.WORKER,
                host.address,
            )
            for host in self.pace.fleet.hosts
        )
        return Inventory("demo", hosts)
