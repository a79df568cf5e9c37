"""Clusters from a sentence: `a_cluster(controllers=3).incident().where("k0s-master-2", api_ready=unknown())`.

What comes out *is* a `ClusterSnapshot`, healthy and with node-local load balancing unless a word changes it. Names and
addresses are those of the incident: k0s-master-1… at 10.10.10.41…, k0s-worker-1… at 10.10.10.51…
Counters and states only as far as rules, plans and screens read them; the truth of real clusters is in the recordings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, Self

from k0stui.model.cluster import (
    ApiObservation,
    ClusterSnapshot,
    Connection,
    HostObservation,
    Listener,
    LocalReady,
    LogSigns,
    Privileges,
    Reachable,
    Tunnel,
)
from k0stui.model.etcd import EtcdHealth, EtcdMember, EtcdMetrics, EtcdStatus
from k0stui.model.host import Certificate, ClockOffset, Filesystem, HostIdentity, HostName, LogUsage, Role
from k0stui.model.k0s import ClusterConfig, ComponentHealth, ConfigFile, K0sStatus, Version
from k0stui.model.konnectivity import (
    AgentMetrics,
    AgentProcess,
    AgentSocket,
    AgentSockets,
    KonnectivityMetrics,
    KonnectivityReady,
    KonnectivityServer,
)
from k0stui.model.nllb import Balancer, Kubelet, NllbSettings, Upstreams
from k0stui.model.observed import Known, Lack, Unknown
from k0stui.model.service import K0sService
from tests.built_objects import (
    NOW,
    UP_SINCE,
    agent_daemonset,
    agent_pod,
    invocation,
    kube_proxy_daemonset,
    leases,
    metrics_api,
    nllb_pod,
    node,
    worker_config,
)

GIB = 1 << 30
VIP = "10.10.10.70"

Facts = Mapping[str, Any]


class Cluster(ClusterSnapshot):
    """A snapshot that understands a few words; every word returns another one."""

    def __repr__(self) -> str:
        return f"<{len(self.hosts)} hosts of {self.cluster}>"

    def where(self, host: str, **facts: Any) -> Self:
        """Set facts of one host; a bare value becomes `Known` at the moment of the look."""
        self.host(host)
        return self.hosts_with(lambda it: it.name == host, **facts)

    def hosts_with(self, chosen: Any, **facts: Any) -> Self:
        """Set facts of all hosts for which `chosen(host)` holds."""
        return replace(
            self, hosts=tuple(_with(host, self.taken_at, facts) if chosen(host) else host for host in self.hosts)
        )

    def controllers_with(self, **facts: Any) -> Self:
        return self.hosts_with(lambda host: host.is_controller, **facts)

    def workers_with(self, **facts: Any) -> Self:
        return self.hosts_with(lambda host: host.is_worker, **facts)

    def api_where(self, host: str, **facts: Any) -> Self:
        """Set facts of one controller's own API server."""
        return replace(
            self, apis=tuple(_with(api, self.taken_at, facts) if api.host == host else api for api in self.apis)
        )

    def apis_with(self, **facts: Any) -> Self:
        """Set facts of all API servers."""
        return replace(self, apis=tuple(_with(api, self.taken_at, facts) for api in self.apis))

    def unreachable(self, host: str, why: str = "connection timed out") -> Self:
        """A host that SSH does not reach: nothing of it is known, its API server included."""
        lost = Unknown(why, self.taken_at, Lack.UNREACHABLE)
        return replace(
            self,
            hosts=tuple(_all(it, lost) if it.name == host else it for it in self.hosts),
            apis=tuple(_all(it, lost) if it.host == host else it for it in self.apis),
        )

    def without_sudo(self, host: str) -> Self:
        """A host where `sudo -n` is refused: what only root may read is unknown."""
        refused = Unknown("sudo wants a password", self.taken_at, Lack.NOT_PERMITTED)
        found = self.host(host)
        connection = found.connection
        assert isinstance(connection, Known)
        lacking = {name: refused for name in ROOT_FACTS if isinstance(getattr(found, name), Known)}
        return self.where(host, connection=replace(connection.value, sudo=False), **lacking)

    def changed(self, host: str, fact: str, **values: Any) -> Self:
        """Change single values inside one fact of a host: `changed("k0s-master-2", "service", active="failed")`."""
        observed = getattr(self.host(host), fact)
        return self.where(host, **{fact: replace(observed.value, **values)})

    def agents(self, *counts: int) -> Self:
        """So many agents at each controller's server, in order: `agents(4, 0, 0)`; sockets and readiness agree."""
        built = self
        for controller, count in zip(self.controllers, counts, strict=True):
            peers = [worker.address for worker in self.workers[:count]]
            built = built.changed(controller.name, "konnectivity_metrics", agents=count, connects=count).where(
                controller.name,
                agent_sockets=_sockets(controller.address, peers),
                konnectivity_ready=KonnectivityReady(200, 200 if count else 500),
            )
        return built._tunnels(counts)

    def open_known(self, *pairs: tuple[int | None, int | None]) -> Self:
        """What each worker's agent believes: `open_known((1, 3), (1, 3), (1, 3), (1, 3))`."""
        built = self
        for worker, (opened, known) in zip(self.workers, pairs, strict=True):
            built = built.where(worker.name, agent_metrics=AgentMetrics(opened, known))
        return built

    def incident(self) -> Self:
        """As on the day: no balancer anywhere, all agents dial the leader k0s-master-1; it has all, the others none."""
        first, others = self.controllers[0], self.controllers[1:]
        workers = len(self.workers)
        built = self.nllb_off().dialling(first.address).agents(workers, *(0 for _ in others))
        built = built.open_known(*((1, len(self.controllers)) for _ in range(workers)))
        return built.metrics_api(False).flooded(*(host.name for host in others))

    def nllb_off(self) -> Self:
        """Node-local load balancing is off: in the configuration, the ConfigMaps and on every worker."""
        off = NllbSettings(enabled=False)
        built = self.configured(nllb=off).workers_with(
            balancer=Balancer(False, False),
            upstreams=Unknown("no balancer", self.taken_at),
            kubelet=Kubelet("/var/lib/k0s/kubelet.conf", f"https://{VIP}:6443"),
            kube_proxy=(f"{self.controllers[0].address}:6443",),
        )
        return built.apis_with(
            nllb_pods=(),
            worker_configs=(worker_config(self, enabled=False),),
            kube_proxy_server=f"https://{self.controllers[0].address}:6443",
        )

    def dialling(self, host: str, port: int = 8132, **status: Any) -> Self:
        """Template and running agents dial `host`; `status` changes counts of the DaemonSet."""
        return self.template(host, port, **status).running_agents_dial(host, port)

    def template(self, host: str, port: int, *, strategy: str = "RollingUpdate", **status: Any) -> Self:
        """The DaemonSet's template says `host:port`; what runs stays as it is."""
        daemonset = agent_daemonset(len(self.workers), len(self.controllers), host, port, strategy, status)
        return self.apis_with(daemonsets=(daemonset, kube_proxy_daemonset(len(self.workers))))

    def running_agents_dial(self, host: str, port: int = 8132) -> Self:
        """Agents' processes and pods were started with `host:port`."""
        pods = tuple(agent_pod(worker, host, port) for worker in self.workers)
        return self.workers_with(agent_process=AgentProcess(host, port, 4000, UP_SINCE)).apis_with(agent_pods=pods)

    def exposed(self) -> Self:
        """NLLB is on and the agents moved, no worker was restarted: nobody listens on 7132, no server has an agent."""
        none = [0 for _ in self.controllers]
        built = self.incident().configured(nllb=NllbSettings(enabled=True)).dialling("localhost", 7132)
        built = built.agents(*none).open_known(*((None, 0) for _ in self.workers))
        return built.apis_with(
            worker_configs=(worker_config(self, enabled=True),), kube_proxy_server="https://localhost:7443"
        )

    def held(self) -> Self:
        """NLLB is on, the DaemonSet is held on OnDelete: agents still dial the first controller."""
        built = self.incident().configured(nllb=NllbSettings(enabled=True))
        built = built.template("localhost", 7132, strategy="OnDelete", updated_number_scheduled=0)
        return built.apis_with(
            worker_configs=(worker_config(self, enabled=True),), kube_proxy_server="https://localhost:7443"
        )

    def configured(self, **settings: Any) -> Self:
        """Change the configuration of every controller, file and running process alike."""
        built = self
        for controller in self.controllers:
            built = built.configured_on(controller.name, **settings)
        return built

    def configured_on(self, host: str, **settings: Any) -> Self:
        """Change the configuration of one controller, file and running process alike."""
        found = self.host(host)
        assert isinstance(found.status, Known)
        assert isinstance(found.config_file, Known)
        assert found.status.value.config is not None
        config = replace(found.status.value.config, **settings)
        return self.where(
            host,
            status=replace(found.status.value, config=config),
            config_file=replace(found.config_file.value, config=config),
        )

    def metrics_api(self, available: bool, since: timedelta = timedelta(days=12)) -> Self:
        return self.apis_with(metrics_api=metrics_api(available, self.taken_at - since))

    def flooded(self, *hosts: str, lines: int = 1800) -> Self:
        """So many `No agent available` in the newest 2000 lines of these controllers' journals, of the last minute."""
        signs = LogSigns(2000, self.taken_at - timedelta(minutes=1), (("no-agent", lines),))
        return self.hosts_with(lambda host: host.name in hosts, log_signs=signs)

    def counters(self, host: str, **values: Any) -> Self:
        """Set counters of one konnectivity server: `counters("k0s-master-2", no_agent=2000)`."""
        return self.changed(host, "konnectivity_metrics", **values)

    def after(self, earlier: ClusterSnapshot, seconds: float = 15) -> Self:
        """This look, with `earlier` as the one `seconds` before it; all its times are moved back."""
        return replace(self, earlier=_moved(replace(earlier, earlier=None), timedelta(seconds=-seconds)))

    def steady(self, seconds: float = 15) -> Self:
        """This look, and the same one `seconds` earlier: nothing moved."""
        return self.after(self, seconds)

    def _tunnels(self, counts: tuple[int, ...]) -> Self:
        built = self
        for controller, count in zip(self.controllers, counts, strict=True):
            error = "" if count else "error trying to reach service: No agent available"
            tunnels = tuple(Tunnel(worker.node, bool(count), error, 0.01) for worker in self.workers)
            built = built.api_where(controller.name, tunnels=tunnels)
        return built


ROOT_FACTS = (
    "status", "config_file", "etcd_members", "etcd_health", "etcd_status", "etcd_metrics", "certificates",
    "log_usage", "log_signs", "upstreams", "images", "konnectivity_server", "agent_process", "agent_signs",
)  # fmt: skip
"""What needs root on a host."""


def unknown(why: str = "no answer in 10 s", lack: Lack = Lack.NO_ANSWER) -> Unknown:
    """A fact that could not be had."""
    return Unknown(why, NOW, lack)


def a_cluster(controllers: int = 3, workers: int = 4, version: str = "1.32.1", names: str = "k0s") -> Cluster:
    """A healthy cluster with node-local load balancing on: every agent on every server."""
    release = Version.parse(version)
    config = ClusterConfig(nllb=NllbSettings(enabled=True), cluster_wide=(("spec.network.provider", '"kuberouter"'),))
    masters = [(f"{names}-master-{n}", f"10.10.10.{40 + n}") for n in range(1, controllers + 1)]
    nodes = [(f"{names}-worker-{n}", f"10.10.{10 + (50 + n) // 250}.{(50 + n) % 250}") for n in range(1, workers + 1)]
    hosts = [_controller(name, address, release, config, masters, nodes) for name, address in masters]
    hosts += [_worker(name, address, release, masters) for name, address in nodes]
    built = Cluster("k0s-prod", NOW, tuple(hosts))
    built = replace(built, apis=tuple(_api(built, name, release, masters) for name, _ in masters))
    return built.dialling("localhost", 7132).metrics_api(True)._tunnels(tuple(workers for _ in masters))


def _with(thing: Any, at: datetime, facts: Facts) -> Any:
    plain = ("role", "address", "discovered", "name")
    known = {
        name: value if name in plain or isinstance(value, Known | Unknown) else Known(value, at)
        for name, value in facts.items()
    }
    return replace(thing, **known)


def _all(thing: Any, lost: Unknown) -> Any:
    plain = ("name", "host", "address", "role", "discovered")
    return replace(thing, **{field.name: lost for field in fields(thing) if field.name not in plain})


def _moved(snapshot: ClusterSnapshot, by: timedelta) -> ClusterSnapshot:
    return replace(
        snapshot,
        taken_at=snapshot.taken_at + by,
        hosts=tuple(_move(host, by) for host in snapshot.hosts),
        apis=tuple(_move(api, by) for api in snapshot.apis),
    )


def _move(thing: Any, by: timedelta) -> Any:
    observed = {field.name: getattr(thing, field.name) for field in fields(thing)}
    return replace(
        thing,
        **{name: replace(it, at=it.at + by) for name, it in observed.items() if isinstance(it, Known | Unknown)},
    )


def _host(name: str, address: str, release: Version, unit: str, **facts: Any) -> dict[str, Any]:
    return {
        "connection": Connection(address, 0.02, True, "root"),
        "identity": HostIdentity(name, invocation("machine" + name), invocation("boot" + name), 12 * 86400.0, "x86_64"),
        "ca_sha256": "ca" * 32,
        "clock": ClockOffset(0.01, 0.02),
        "privileges": Privileges(
            True, frozenset(("flock", "sync", "sha256sum", "curl", "timeout", "ss", "journalctl"))
        ),
        "service": K0sService(
            unit, "loaded", "active", "running", "enabled", 1000, invocation("unit" + name), 0, UP_SINCE
        ),
        "binary": release,
        "disks": (Filesystem("/", "/dev/sda1", 100 * GIB, 64 * GIB, 6_000_000, 5_000_000),),
        "log_usage": LogUsage(2 * GIB, 200.0, 4 * GIB, "/", UP_SINCE),
        "log_signs": LogSigns(2000, UP_SINCE, ()),
        "certificates": (Certificate("/var/lib/k0s/pki/server.crt", NOW + timedelta(days=350)),),
        "addresses": (address,),
        "localhost": ("127.0.0.1",),
        "other_actors": (),
        **facts,
    }


def _controller(
    name: str, address: str, release: Version, config: ClusterConfig, masters: list[tuple[str, str]],
    nodes: list[tuple[str, str]],
) -> HostObservation:  # fmt: skip
    members = tuple(EtcdMember(100 + n, other, (f"https://{at}:2380",)) for n, (other, at) in enumerate(masters))
    own = 100 + [other for other, _ in masters].index(name)
    config = replace(config, api_address=address, sans=(address, VIP))
    status = K0sStatus(
        release, 1000, True, False, False, ("/usr/local/bin/k0s", "controller"), invocation(name), config=config
    )
    facts = _host(
        name,
        address,
        release,
        "k0scontroller.service",
        status=status,
        components=(ComponentHealth("Konnectivity", "", NOW),),
        listeners=tuple(Listener("*", port, "k0s") for port in (6443, 8132, 9443)),
        config_file=ConfigFile("/etc/k0s/k0s.yaml", "c0" * 32, UP_SINCE - timedelta(hours=1), config),
        api_ready=LocalReady(200),
        konnectivity_server=KonnectivityServer(
            invocation(name), len(masters), pid=2000, pids=(2000,), started_at=UP_SINCE
        ),
        konnectivity_metrics=KonnectivityMetrics(len(nodes), len(nodes), 600, 40, 5000, 3, UP_SINCE),
        konnectivity_ready=KonnectivityReady(200, 200),
        agent_sockets=_sockets(address, [at for _, at in nodes]),
        etcd_members=members,
        etcd_health=EtcdHealth(True),
        etcd_status=EtcdStatus(own, 100, 3, 50_000, 50_000, "3.5.17", 40 << 20),
        etcd_metrics=EtcdMetrics(True, own == 100, 1, len(masters) - 1),
    )
    return _with(HostObservation(HostName(name), address, Role.CONTROLLER), NOW, facts)  # type: ignore[no-any-return]


def _worker(name: str, address: str, release: Version, masters: list[tuple[str, str]]) -> HostObservation:
    status = K0sStatus(release, 1000, False, True, False, ("/usr/local/bin/k0s", "worker"), "", api_reached=True)
    facts = _host(
        name,
        address,
        release,
        "k0sworker.service",
        status=status,
        listeners=tuple(Listener("127.0.0.1", port, "envoy") for port in (7443, 7132)),
        balancer=Balancer(True, True, 401),
        upstreams=Upstreams(tuple(f"{at}:6443" for _, at in masters), tuple(f"{at}:8132" for _, at in masters)),
        kubelet=Kubelet("/run/k0s/nllb/kubeconfig.yaml", "https://127.0.0.1:7443"),
        agent_metrics=AgentMetrics(len(masters), len(masters)),
        agent_process=AgentProcess("localhost", 7132, 4000, UP_SINCE),
        agent_signs=LogSigns(150, UP_SINCE, ()),
        kube_proxy=("127.0.0.1:7443",),
        reach=tuple(Reachable(at, port, True) for _, at in masters for port in (6443, 8132)),
        images=("quay.io/k0sproject/envoy-distroless:v1.31.3",),
    )
    return _with(HostObservation(HostName(name), address, Role.WORKER), NOW, facts)  # type: ignore[no-any-return]


def _sockets(local: str, peers: list[str]) -> AgentSockets:
    sockets = tuple(AgentSocket(peer, 40000 + n, local) for n, peer in enumerate(peers))
    return AgentSockets(sockets, len(sockets), len(sockets))


def _api(built: Cluster, host: str, release: Version, masters: list[tuple[str, str]]) -> ApiObservation:
    facts = {
        "ready": LocalReady(200),
        "cluster_uid": "11111111-2222-3333-4444-555555555555",
        "nodes": tuple(node(worker) for worker in built.workers),
        "leases": leases(masters),
        "nllb_pods": tuple(nllb_pod(worker) for worker in built.workers),
        "worker_configs": (worker_config(built, enabled=True),),
        "kube_proxy_server": "https://localhost:7443",
        "endpoints": tuple(address for _, address in masters),
        "etcd_members": (),
        "autopilot": None,
        "cluster_config": None,
    }
    return _with(ApiObservation(HostName(host)), NOW, facts)  # type: ignore[no-any-return]
