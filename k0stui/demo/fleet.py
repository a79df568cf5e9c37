"""A simulated k0s cluster: controllers, workers, and what one change does to all of them over time.

    fleet = Fleet.build(V1_32_1)             # the incident's cluster, an hour old
    fleet.controller("k0s-master-2").restart()
    fleet.advance(fleet.now + 30)            # its server counts 1, 2, 3 meanwhile; the others 3, 2, 3

Pure: no clock, no thread, no I/O. Times are seconds of fleet time; `wall` turns them into dates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from k0stui.demo.controller import Controller
from k0stui.demo.daemonset import DaemonSet
from k0stui.demo.etcd import Etcd
from k0stui.demo.flood import Flooding
from k0stui.demo.konnectivity import Link
from k0stui.demo.leaders import Leaders
from k0stui.demo.leases import LEADER, Leases
from k0stui.demo.release import Release
from k0stui.demo.timeline import Dice, Timeline
from k0stui.demo.worker import MARKED_DOWN, MARKED_UP, Worker

VIP = "10.10.10.70"
CLUSTER = "demo"


@dataclass
class WorkerConfig:
    """ConfigMap worker-config-default-X.Y: what workers read when they start."""

    nllb: bool = False
    addresses: tuple[str, ...] = ()
    resource: int = 1


@dataclass(eq=False)
class Fleet:
    """The whole cluster. Scenarios change it, commands and API requests act on it, `advance` lets time pass."""

    release: Release
    timeline: Timeline
    dice: Dice
    cluster_uid: str = ""
    controllers: list[Controller] = field(default_factory=list)
    workers: list[Worker] = field(default_factory=list)
    etcd: Etcd = field(default_factory=Etcd)
    worker_config: WorkerConfig = field(default_factory=WorkerConfig)
    kube_proxy_server: str = ""
    kube_proxy_resource: int = 1
    vip: str = VIP
    vip_holder: Controller | None = None
    join_address: str = VIP
    dynamic: dict[str, Any] | None = None
    """`spec` of the ClusterConfig object in dynamic mode; None: static."""
    dynamic_resource: int = 1
    dynamic_generation: int = 1
    events: list[dict[str, Any]] = field(default_factory=list)
    """Kubernetes Events of k0s' own reconciler."""
    alive: tuple[str, ...] = ()
    """Addresses in default/kubernetes: a graceful stop is seen in a second or two, a power loss after some ten."""
    blocked: dict[tuple[str, str, int], float] = field(default_factory=dict)
    """(worker, controller, port) -> since when its packets are dropped."""
    tunnel_blocked: frozenset[tuple[str, str]] = frozenset()
    """(worker, port) that no agent reaches: the pod network is broken there."""
    leaving: frozenset[str] = frozenset()
    """Controllers whose EtcdMember says `leave`."""
    missing_images: frozenset[str] = frozenset()
    """Images that no registry gives."""
    upgrading: tuple[str, ...] = ()
    """Nodes to which the system-upgrade-controller applies a plan now."""
    autopilot: str = ""
    """State of the plan `autopilot`; empty: there is none."""
    resource: int = 31000
    manager: str = ""
    """The controller whose kube-controller-manager leads; empty: none, DaemonSets stand still."""
    agents: DaemonSet = field(init=False)
    kube_proxies: DaemonSet = field(init=False)
    leases: Leases = field(init=False)
    leaders: Leaders = field(init=False)
    flooding: Flooding = field(init=False)
    ca: bytes = b"-----BEGIN CERTIFICATE-----\nof the simulated cluster\n-----END CERTIFICATE-----\n"
    """`pki/ca.crt` on every host."""
    epoch: datetime = datetime(2025, 2, 4, 8, 0, tzinfo=UTC)
    """The date of fleet time 0, while nothing is accelerated."""
    live_from: float | None = None
    """From here on `speed` seconds of fleet time pass in one second of dates."""
    speed: float = 1.0

    def __post_init__(self) -> None:
        self.leases = Leases(self.timeline, self.dice, self.changed)
        self.leaders = Leaders(self)
        self.flooding = Flooding(self)
        self.cluster_uid = self.cluster_uid or self.dice.uid()

    # --- time ------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        return self.timeline.now

    def advance(self, to: float) -> None:
        self.timeline.advance(to)

    def live(self, at: datetime, speed: float = 1.0) -> None:
        """This instant of the fleet is `at`; all dates follow from it.

        Accelerated, the dates still run at one second a second, so that a host's clock agrees with the asker's:
        what takes 60 s in a real cluster takes 60/speed s of dates.
        """
        self.epoch = at - timedelta(seconds=self.now)
        self.live_from, self.speed = self.now, speed

    def wall(self, moment: float) -> datetime:
        """The date of a moment of fleet time, by a clock that is right."""
        if self.live_from is not None and moment > self.live_from:
            moment = self.live_from + (moment - self.live_from) / self.speed
        return self.epoch + timedelta(seconds=moment)

    # --- who is who ------------------------------------------------------------------------------------------------

    @property
    def hosts(self) -> list[Controller | Worker]:
        return [*self.controllers, *self.workers]

    def host(self, name: str) -> Controller | Worker:
        """By name; raises KeyError where there is none."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise KeyError(name)

    def controller(self, name: str) -> Controller:
        return next(controller for controller in self.controllers if controller.name == name)

    def worker(self, name: str) -> Worker:
        return next(worker for worker in self.workers if worker.name == name)

    def at_address(self, address: str) -> Controller | None:
        """The controller that answers there now."""
        if address == self.vip:
            return self.vip_holder
        return next((controller for controller in self.controllers if controller.address == address), None)

    @property
    def leader(self) -> Controller | None:
        """Whose manifests count: the holder of k0s-endpoint-reconciler."""
        return self.leaders.holder(LEADER)

    def clocks(self) -> dict[str, float]:
        return {controller.name: controller.clock_ahead for controller in self.controllers}

    def counts(self) -> list[int | None]:
        """R of each controller's server; None: no server."""
        return [controller.server.agents if controller.server else None for controller in self.controllers]

    def changed(self) -> int:
        """The next resourceVersion."""
        self.resource += 1
        return self.resource

    # --- the network -----------------------------------------------------------------------------------------------

    def block(self, worker: Worker, controller: Controller, port: int) -> None:
        """From now on packets of the worker to that port are dropped; open connections die."""
        self.blocked[worker.name, controller.name, port] = self.now
        for link in [
            link for link in (controller.server.links if controller.server else []) if link.agent.worker is worker
        ]:
            self.drop(link)
        self.timeline.after(MARKED_DOWN + 0.5, self.wake_agents)

    def is_blocked(self, worker: Worker, controller: Controller, port: int) -> bool:
        return (worker.name, controller.name, port) in self.blocked

    def blocked_since(self, worker: Worker, controller: Controller, port: int) -> float | None:
        return self.blocked.get((worker.name, controller.name, port))

    def drop(self, link: Link) -> None:
        """A connection ends, and both ends know."""
        link.server.links = [kept for kept in link.server.links if kept is not link]
        link.agent.lose(link)
        self.tunnels_changed()

    def haunt(self, controller: Controller) -> None:
        """A firewall between the workers and this controller forgets all connections: agents go on counting them."""
        server = controller.server
        if server is None:
            return
        for link in server.links:
            link.ghost = True
        server.links = []
        self.tunnels_changed()

    # --- what happens elsewhere when something changes -------------------------------------------------------------

    def server_opened(self, controller: Controller) -> None:
        self.tunnels_changed()
        self.wake_agents()
        if controller.opened - controller.closed >= MARKED_DOWN:
            self.timeline.after(MARKED_UP + 0.2, self.wake_agents)

    def server_closed(self, controller: Controller) -> None:
        self.tunnels_changed()
        self.timeline.after(MARKED_DOWN + 0.5, self.wake_agents)

    def wake_agents(self) -> None:
        """Those that want more servers look again: where they can go may have changed."""
        for worker in self.workers:
            agent = worker.agent
            if agent is not None and not agent.is_content and agent.in_vain:
                agent.wake()

    def tunnels_changed(self) -> None:
        self.flooding.update()

    def api_changed(self, controller: Controller) -> None:
        """An API server came or went: endpoints, the virtual IP, leaders, heartbeats."""
        if controller.api_since is None and self.vip_holder is controller:
            self.timeline.after(self.dice.between(2.5, 4.0), self._move_vip)
        if controller.api_since is None and self.manager == controller.name:
            self.manager = ""
            self.timeline.after(self.dice.between(14.0, 17.0), self._elect_manager)
        if controller.api_since is not None:
            self.leaders.joined(controller)
            if self.manager == "":
                self.timeline.after(self.dice.between(2.0, 5.0), self._elect_manager)
            if self.vip_holder is None:
                self._move_vip()
        delay = self.dice.between(0.5, 1.5) if controller.powered else self.dice.between(9.0, 11.0)
        self.timeline.after(delay, self._publish_endpoints)
        self.nodes_changed()
        self.tunnels_changed()

    def nodes_changed(self) -> None:
        for worker in self.workers:
            worker.heartbeat()

    def _move_vip(self) -> None:
        if self.vip_holder is None or self.vip_holder.settings is None or not self.vip_holder.powered:
            running = [controller for controller in self.controllers if controller.settings is not None]
            self.vip_holder = running[0] if running and self.vip else None
            self.nodes_changed()
            self.wake_agents()

    def _elect_manager(self) -> None:
        running = [controller for controller in self.controllers if controller.serves_api]
        if self.manager or not running:
            return
        self.manager = running[-1].name
        self.agents.sync()
        self.kube_proxies.sync()

    def _publish_endpoints(self) -> None:
        """API servers that are alive, or the external address that hides them."""
        alive = [
            controller for controller in self.controllers if controller.api_since is not None and controller.powered
        ]
        external = sorted({c.settings.external_address for c in alive if c.settings and c.settings.external_address})
        self.alive = tuple(external) if external else tuple(controller.address for controller in alive)
        self.leaders.tell_addresses()

    def set_dynamic(self, spec: dict[str, Any]) -> None:
        """The ClusterConfig object of dynamic mode was patched."""
        self.dynamic = spec
        self.dynamic_resource, self.dynamic_generation = self.changed(), self.dynamic_generation + 1
        self.leaders.reconcile(self.dynamic_resource)
