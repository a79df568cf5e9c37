"""A worker: k0sworker, its kubelet, its Envoy where node-local load balancing was on when it started, its pods.

Source: reference/k0s.md §2.6, §4; recordings/restart-timings/w*.txt.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from k0stui.demo.daemonset import Pod
from k0stui.demo.host import Machine
from k0stui.demo.konnectivity import Agent, Link, Server

if TYPE_CHECKING:
    from k0stui.demo.controller import Controller
    from k0stui.demo.fleet import Fleet

API_PORT = 7443
AGENT_PORT = 7132

MARKED_DOWN = 25.0
"""Seconds until Envoy stops sending to an upstream that refuses: five checks, one every 5 s."""

MARKED_UP = 15.0
"""Seconds until it sends there again: three checks."""

NOT_READY_AFTER = 42.0
"""Seconds without heartbeat until a node is NotReady."""

FORGOTTEN_AFTER = 26.0
"""Seconds until a server drops the agents of a worker that vanished (TCP keepalive, seen)."""


@dataclass(eq=False)
class KubeProxy:
    """One kube-proxy process: it keeps the API server that it was started with."""

    server: str
    """`https://host:port`, of the ConfigMap when it started."""
    pid: int
    started: float


@dataclass(eq=False)
class Envoy:
    """The balancer on a worker's loopback."""

    pid: int
    since: float
    pod_name: str
    pod_uid: str


@dataclass(eq=False)
class Worker(Machine):
    """A host of role worker; its node has the same name."""

    fleet: Fleet = None  # type: ignore[assignment]
    invocation: str = ""
    nllb: bool = False
    """What worker-config said when k0sworker started: it is read once."""
    files_since: float | None = None
    """/run/k0s/nllb was written; taken away again when k0sworker stops."""
    kubelet_since: float | None = None
    kubelet_pid: int = 0
    kubelet_nllb: bool = False
    """The kubelet runs with /run/k0s/nllb/kubeconfig.yaml."""
    envoy: Envoy | None = None
    images: set[str] = field(default_factory=set)
    port: int = 34000
    turn: int = 0
    """Envoy's round robin."""
    silent_since: float | None = None
    """No heartbeat reaches an API server since."""
    unready_until: float = -1.0
    pod_cidr: str = "10.244.0.0/24"
    unschedulable: bool = False
    comes_back: bool = True
    """False: k0sworker does not start again, for scenarios."""

    def ephemeral_port(self) -> int:
        self.port = 32768 + (self.port - 32768 + self.dice.number(2, 97)) % 28000
        return self.port

    # --- the service -----------------------------------------------------------------------------------------------

    def restart(self) -> None:
        """`systemctl --no-block restart k0sworker`. Pods, agent and Envoy go on (KillMode=process)."""
        if not self.powered:
            return
        self.unit.job = str(self.dice.number(1200, 9800))
        if self.unit.active == "active":
            self.unit.active, self.unit.sub = "deactivating", "stop-sigterm"
        self._forget_kubelet()
        self.planned(self.dice.between(0.1, 0.3), self._begin)

    def start(self) -> None:
        if self.powered and self.unit.active != "active":
            self._begin()

    def stop(self) -> None:
        self._forget_kubelet()
        self.stop_unit()

    def power_off(self) -> None:
        """The host vanishes; its servers find out by keepalive."""
        self.powered = False
        self.stop_unit()
        self._forget_kubelet()
        self.envoy = None
        agent = self.agent
        if agent is not None:
            agent.running = False
            agent.wake()
            links = list(agent.links)
            self.timeline.after(FORGOTTEN_AFTER, lambda: self._forgotten(links))
        self.fleet.nodes_changed()

    def _forgotten(self, links: list[Link]) -> None:
        for controller in self.fleet.controllers:
            if controller.server is not None:
                controller.server.links = [kept for kept in controller.server.links if kept not in links]
        self.fleet.tunnels_changed()

    def _forget_kubelet(self) -> None:
        self.files_since = self.kubelet_since = None
        self.fleet.nodes_changed()

    def _begin(self) -> None:
        self.exec_unit()
        self.invocation = self.dice.hex(32)
        if not self.comes_back:
            self.planned(1.0, self._crash)
            return
        self.planned(self.dice.between(0.4, 0.9), self._load_profile)

    def _crash(self) -> None:
        self.stop_unit("activating", "auto-restart")
        self.unit.restarts += 1
        self.planned(10.0, self._begin)

    def _load_profile(self) -> None:
        """worker-config, from whichever API server answers; without one not even the kubelet starts."""
        if not any(controller.serves_api for controller in self.fleet.controllers):
            self.planned(1.0, self._load_profile)
            return
        begun = self.unit.started or self.timeline.now
        self.nllb = self.fleet.worker_config.nllb
        since = self.timeline.now - begun
        if self.nllb:
            self.planned(max(0.1, self.dice.between(1.3, 1.6) - since), self._write_files)
            self._plan_envoy(since)
        self.planned(max(0.5, self.dice.between(5.9, 6.8) - since), self._run_kubelet)

    def _plan_envoy(self, since: float) -> None:
        """The first one listens after 7-9 s, later where its image must be pulled; a running one goes on till then."""
        image = self.fleet.release.envoy_image
        if image in self.fleet.missing_images and image not in self.images:
            return
        pulled = 0.0 if image in self.images else self.dice.between(4.0, 9.0)
        self.images.add(image)
        usual = (10.8, 11.6) if self.envoy else self.fleet.release.envoy_up
        self.planned(max(0.5, pulled + self.dice.between(*usual) - since), self._run_envoy)

    def _write_files(self) -> None:
        self.files_since = self.timeline.now
        self.journal.write("nllb.envoyProxy", "Provisioned static Envoy Pod", stream="")

    def _run_kubelet(self) -> None:
        self.kubelet_since, self.kubelet_nllb, self.kubelet_pid = self.timeline.now, self.nllb, self.pid()
        if self.dice.happens(4 / 13):
            self.unready_until = self.timeline.now + self.dice.between(2.0, 4.0)
        self.fleet.nodes_changed()

    def _run_envoy(self) -> None:
        self.envoy = Envoy(self.pid(), self.timeline.now, f"nllb-{self.name}", self.dice.uid())
        agent = self.agent
        if agent is not None and agent.host == "localhost":
            for link in list(agent.links):
                self.fleet.drop(link)
        self.fleet.nodes_changed()

    # --- heartbeat -------------------------------------------------------------------------------------------------

    @property
    def reaches_api(self) -> bool:
        """By the way that its kubelet goes."""
        if self.kubelet_nllb:
            return self.envoy is not None and any(controller.serves_api for controller in self.fleet.controllers)
        joined = self.fleet.at_address(self.fleet.join_address)
        return joined is not None and joined.serves_api

    def heartbeat(self) -> None:
        """Called when something changed: remember when the node fell silent."""
        alive = self.powered and self.kubelet_since is not None and self.reaches_api
        if alive:
            self.silent_since = None
        elif self.silent_since is None:
            self.silent_since = self.timeline.now

    def is_silent(self, now: float) -> bool:
        return self.silent_since is not None and now - self.silent_since > NOT_READY_AFTER

    def is_ready(self, now: float) -> bool:
        return not self.is_silent(now) and now >= self.unready_until

    # --- pods ------------------------------------------------------------------------------------------------------

    @property
    def agent_pod(self) -> Pod | None:
        pods = self.fleet.agents.pods[self.name]
        return next((pod for pod in pods if pod.process is not None), None)

    @property
    def agent(self) -> Agent | None:
        pod = self.agent_pod
        return pod.process if pod is not None else None

    @property
    def kube_proxy(self) -> KubeProxy | None:
        pods = self.fleet.kube_proxies.pods[self.name]
        return next((pod.process for pod in pods if pod.process is not None), None)

    def run_agent(self, pod: Pod) -> None:
        template = pod.template
        pod.pid = self.pid()
        pod.ip = self.address if template.host_network else self.pod_address()
        known = self.fleet.release.fresh_known
        agent = Agent(self, template.target, template.port, template.host_network, pod.pid, self.timeline.now, known)
        pod.process = agent
        agent.start()
        if not self.fleet.release.has_readiness_probe:
            self.fleet.agents.set_ready(pod, True)
        else:
            self.timeline.after(self.dice.between(15.5, 21.0), lambda: self._probe(pod))

    def _probe(self, pod: Pod, failures: int = 0) -> None:
        """The readiness probe, every 10 s: at least one connection; three failures take it back."""
        agent = self.agent
        if agent is None or pod.process is not agent or not self.powered:
            return
        failures = 0 if agent.links else failures + 1
        if failures in (0, 3):
            self.fleet.agents.set_ready(pod, failures == 0)
        self.timeline.after(10.0, lambda: self._probe(pod, failures))

    def stop_agent(self, pod: Pod) -> None:
        if pod.process is not None:
            pod.process.stop()
            pod.process = None

    def run_kube_proxy(self, pod: Pod) -> None:
        pod.pid, pod.ip = self.pid(), self.address
        pod.process = KubeProxy(self.fleet.kube_proxy_server, pod.pid, self.timeline.now)
        self.fleet.kube_proxies.set_ready(pod, True)

    def stop_kube_proxy(self, pod: Pod) -> None:
        pod.process = None

    def pod_address(self) -> str:
        return f"{self.pod_cidr.rpartition('.')[0]}.{self.dice.number(20, 99)}"

    # --- the way to the servers ------------------------------------------------------------------------------------

    def route(self, agent: Agent) -> tuple[Server | None, str]:
        """Where one more dial of the agent ends, and the address at which it arrives there; None: refused."""
        if agent.host != "localhost":
            controller = self.fleet.at_address(agent.host)
            return self._server(controller), agent.host
        upstreams = self._upstreams()
        if not upstreams:
            return None, ""
        self.turn += 1
        controller = upstreams[self.turn % len(upstreams)]
        return self._server(controller), controller.address

    def reachable_servers(self, agent: Agent) -> tuple[Server, ...]:
        """All servers that its address leads to; none while some dials would be refused."""
        if agent.host != "localhost":
            server = self._server(self.fleet.at_address(agent.host))
            return (server,) if server else ()
        servers = [self._server(controller) for controller in self._upstreams()]
        return tuple(server for server in servers if server is not None) if all(servers) else ()

    def _server(self, controller: Controller | None) -> Server | None:
        if controller is None or not controller.powered or not controller.api_listens:
            return None
        return None if self.fleet.is_blocked(self, controller, 8132) else controller.server

    def _upstreams(self) -> list[Controller]:
        """Those of the balancer's list that its health checks let through; all where fewer than half are healthy."""
        if self.envoy is None:
            return []
        listed = [found for address in self.upstream_addresses if (found := self.fleet.at_address(address)) is not None]
        healthy = [controller for controller in listed if self._is_healthy(controller)]
        return healthy if len(healthy) * 2 >= len(listed) else listed

    @property
    def upstream_addresses(self) -> tuple[str, ...]:
        """Of cds.yaml: it follows worker-config while k0sworker runs, and is never emptied."""
        return self.fleet.worker_config.addresses

    def _is_healthy(self, controller: Controller) -> bool:
        now = self.timeline.now
        blocked = self.fleet.blocked_since(self, controller, 8132)
        if blocked is not None:
            return now - blocked < MARKED_DOWN
        if controller.server is None:
            return now - controller.closed < MARKED_DOWN
        return controller.opened - controller.closed < MARKED_DOWN or now - controller.opened >= MARKED_UP
