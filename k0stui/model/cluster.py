"""One look at a cluster: every host by itself, every API server by itself, each value with its age."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from k0stui.model.etcd import EtcdHealth, EtcdMember, EtcdMetrics, EtcdStatus
from k0stui.model.host import (
    Certificate,
    ClockOffset,
    Filesystem,
    HostIdentity,
    HostName,
    LogUsage,
    NodeName,
    Role,
)
from k0stui.model.k0s import ClusterConfig, ComponentHealth, ConfigFile, K0sStatus, Version
from k0stui.model.konnectivity import (
    AgentMetrics,
    AgentProcess,
    AgentSockets,
    KonnectivityMetrics,
    KonnectivityReady,
    KonnectivityServer,
)
from k0stui.model.kubernetes import (
    ApiService,
    AutopilotPlan,
    ConfigMap,
    DaemonSet,
    EtcdMemberObject,
    Lease,
    Node,
    Pod,
)
from k0stui.model.nllb import Balancer, Kubelet, Upstreams
from k0stui.model.observed import Known, Lack, Observed, Unknown
from k0stui.model.service import K0sService

T = TypeVar("T")

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
NOT_ASKED = Unknown("not asked", EPOCH, Lack.NOT_ASKED)


@dataclass(frozen=True, slots=True)
class Connection:
    """That a host answers, and how."""

    address: str
    round_trip: float
    """Seconds."""
    sudo: bool
    """`sudo -n true` works, or the login is root."""
    login: str = ""


@dataclass(frozen=True, slots=True)
class Privileges:
    """What this login may do and which tools are there, for gates and `doctor`."""

    sudo: bool
    tools: frozenset[str]
    """Of those that we need: flock, sync, sha256sum, curl, timeout, ss, journalctl, awk …"""


@dataclass(frozen=True, slots=True)
class OtherActor:
    """Somebody else who changes this host: k0sctl's lock, a package manager, kured."""

    name: str
    age: float
    """Seconds since its last sign of life, by the host's own clock."""


@dataclass(frozen=True, slots=True)
class LogSigns:
    """How often telling lines stand in the newest lines of a journal or log file."""

    lines: int
    """Lines looked at."""
    since: datetime | None
    """UTC, of the oldest line looked at."""
    counts: tuple[tuple[str, int], ...]
    """(sign, count); signs are named in the probe: `no-agent`, `auth-failed`, `address-in-use`, `x509`, `refused`."""

    def count(self, sign: str) -> int:
        return dict(self.counts).get(sign, 0)


@dataclass(frozen=True, slots=True)
class Reachable:
    """Whether a worker could open TCP to one address and port."""

    address: str
    port: int
    open: bool
    why: str = ""
    """`refused`, `timeout`, `no route` where it is not open."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening TCP socket."""

    address: str
    port: int
    process: str = ""
    """Empty without root."""


@dataclass(frozen=True, slots=True)
class LocalReady:
    """The local API server's /readyz, asked on its own host."""

    status: int
    """HTTP; 401 means it is up and wants credentials; 0: refused or no answer."""
    failed: tuple[str, ...] = ()
    """Checks that failed, of the verbose form."""

    @property
    def is_up(self) -> bool:
        return self.status in (200, 401, 403)


@dataclass(frozen=True, slots=True)
class Tunnel:
    """The end-to-end question: one node through one controller's own API (`nodes/NAME/proxy/healthz`)."""

    node: NodeName
    ok: bool
    error: str = ""
    """`No agent available`, `dial timeout, backstop` … as the API says it."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class HostObservation:
    """Everything one host said about itself. Each field is the answer to the probe of the same name."""

    name: HostName
    address: str
    role: Role | None = None
    """As inventory or discovery says; `status` knows better."""
    discovered: bool = False
    connection: Observed[Connection] = NOT_ASKED

    identity: Observed[HostIdentity] = NOT_ASKED
    ca_sha256: Observed[str] = NOT_ASKED
    clock: Observed[ClockOffset] = NOT_ASKED
    privileges: Observed[Privileges] = NOT_ASKED
    service: Observed[K0sService] = NOT_ASKED
    status: Observed[K0sStatus] = NOT_ASKED
    components: Observed[tuple[ComponentHealth, ...]] = NOT_ASKED
    binary: Observed[Version] = NOT_ASKED
    """Of the program on the disk; `status` has the running one."""
    disks: Observed[tuple[Filesystem, ...]] = NOT_ASKED
    log_usage: Observed[LogUsage] = NOT_ASKED
    log_signs: Observed[LogSigns] = NOT_ASKED
    certificates: Observed[tuple[Certificate, ...]] = NOT_ASKED
    addresses: Observed[tuple[str, ...]] = NOT_ASKED
    """All IP addresses of the host, virtual ones that it holds included; no loopback."""
    listeners: Observed[tuple[Listener, ...]] = NOT_ASKED
    localhost: Observed[tuple[str, ...]] = NOT_ASKED
    """What the name `localhost` resolves to."""
    other_actors: Observed[tuple[OtherActor, ...]] = NOT_ASKED

    # controllers
    config_file: Observed[ConfigFile] = NOT_ASKED
    api_ready: Observed[LocalReady] = NOT_ASKED
    konnectivity_server: Observed[KonnectivityServer] = NOT_ASKED
    konnectivity_metrics: Observed[KonnectivityMetrics] = NOT_ASKED
    konnectivity_ready: Observed[KonnectivityReady] = NOT_ASKED
    agent_sockets: Observed[AgentSockets] = NOT_ASKED
    etcd_members: Observed[tuple[EtcdMember, ...]] = NOT_ASKED
    etcd_local_members: Observed[tuple[EtcdMember, ...]] = NOT_ASKED
    """As the member has it on its own disk, quorum or not; it may be old, and no gate judges by it."""
    etcd_health: Observed[EtcdHealth] = NOT_ASKED
    etcd_status: Observed[EtcdStatus] = NOT_ASKED
    etcd_metrics: Observed[EtcdMetrics] = NOT_ASKED

    # workers
    balancer: Observed[Balancer] = NOT_ASKED
    upstreams: Observed[Upstreams] = NOT_ASKED
    kubelet: Observed[Kubelet] = NOT_ASKED
    agent_metrics: Observed[AgentMetrics] = NOT_ASKED
    agent_process: Observed[AgentProcess] = NOT_ASKED
    agent_signs: Observed[LogSigns] = NOT_ASKED
    """Of the agent's log file under /var/log/pods, not through the API."""
    kube_proxy: Observed[tuple[str, ...]] = NOT_ASKED
    """Distinct `address:port` that kube-proxy's API connections go to."""
    reach: Observed[tuple[Reachable, ...]] = NOT_ASKED
    """Every controller's 6443 and 8132."""
    images: Observed[tuple[str, ...]] = NOT_ASKED

    @property
    def is_reachable(self) -> bool:
        return isinstance(self.connection, Known)

    @property
    def known_role(self) -> Role | None:
        """The running k0s' own word, else what its unit says, else what we were told."""
        if isinstance(self.status, Known):
            return self.status.value.role
        if self.role is None and isinstance(self.service, Known):
            return Role.CONTROLLER if "controller" in self.service.value.unit else Role.WORKER
        return self.role

    @property
    def is_controller(self) -> bool:
        return self.known_role is not None and self.known_role.is_controller

    @property
    def is_worker(self) -> bool:
        return self.known_role is not None and self.known_role.is_worker

    @property
    def advertised(self) -> str:
        """The address at which workers know a controller's services: as its k0s announces it, else where SSH reaches
        it, which may be another (a name, a public address, a loopback)."""
        config = self.status.value.config if isinstance(self.status, Known) else None
        return config.api_address if config and config.api_address else self.address

    @property
    def every_address(self) -> frozenset[str]:
        """All that lead to it now, virtual ones that it holds included."""
        return frozenset((self.address, *(self.addresses.value if isinstance(self.addresses, Known) else ())))

    @property
    def node(self) -> NodeName:
        """The name of its Node object, or of its leases: the hostname in lower case."""
        if isinstance(self.identity, Known):
            return NodeName(self.identity.value.hostname.lower())
        return NodeName(str(self.name).lower())


@dataclass(frozen=True, slots=True)
class ApiObservation:
    """Everything one controller's own API server said. Field names are probe names, as for hosts."""

    host: HostName
    ready: Observed[LocalReady] = NOT_ASKED
    cluster_uid: Observed[str] = NOT_ASKED
    """uid of namespace kube-system."""
    nodes: Observed[tuple[Node, ...]] = NOT_ASKED
    leases: Observed[tuple[Lease, ...]] = NOT_ASKED
    """Of kube-node-lease: k0s' own and the nodes'."""
    daemonsets: Observed[tuple[DaemonSet, ...]] = NOT_ASKED
    """Of kube-system."""
    agent_pods: Observed[tuple[Pod, ...]] = NOT_ASKED
    nllb_pods: Observed[tuple[Pod, ...]] = NOT_ASKED
    worker_configs: Observed[tuple[ConfigMap, ...]] = NOT_ASKED
    kube_proxy_server: Observed[str] = NOT_ASKED
    """The URL in kube-proxy's ConfigMap."""
    endpoints: Observed[tuple[str, ...]] = NOT_ASKED
    """Addresses of default/kubernetes: API servers that are alive, unless externalAddress is set."""
    metrics_api: Observed[ApiService] = NOT_ASKED
    etcd_members: Observed[tuple[EtcdMemberObject, ...]] = NOT_ASKED
    autopilot: Observed[AutopilotPlan | None] = NOT_ASKED
    cluster_config: Observed[ClusterConfig | None] = NOT_ASKED
    """The object of dynamic mode; None: there is none (static mode)."""
    tunnels: Observed[tuple[Tunnel, ...]] = NOT_ASKED

    def daemonset(self, name: str) -> DaemonSet | None:
        if not isinstance(self.daemonsets, Known):
            return None
        return next((found for found in self.daemonsets.value if found.name == name), None)


@dataclass(frozen=True, slots=True)
class ClusterSnapshot:
    """The newest answers of all hosts and API servers at one moment. They were not measured at one instant."""

    cluster: str
    taken_at: datetime
    hosts: tuple[HostObservation, ...]
    apis: tuple[ApiObservation, ...] = ()
    earlier: ClusterSnapshot | None = field(default=None, repr=False)
    """A look at least 10 s older, for what only two looks can tell; its own `earlier` is None."""
    operation: str = ""
    """The operation of k0stui that is under way on this cluster, as its journal says; empty: none that we know of."""

    @property
    def controllers(self) -> tuple[HostObservation, ...]:
        return tuple(host for host in self.hosts if host.is_controller)

    @property
    def workers(self) -> tuple[HostObservation, ...]:
        return tuple(host for host in self.hosts if host.is_worker)

    def host(self, name: str) -> HostObservation:
        """One host; raises KeyError where there is none."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise KeyError(name)

    def find(self, name: str) -> HostObservation | None:
        """The host of that name or node name."""
        return next((host for host in self.hosts if name in (host.name, host.node)), None)

    def api(self, host: str) -> ApiObservation | None:
        return next((api for api in self.apis if api.host == host), None)

    def any_api(self, fact: Callable[[ApiObservation], Known[T] | Unknown]) -> Known[T] | Unknown:
        """A cluster-wide fact from whichever API server told it last; Unknown with the reasons where none did."""
        answers = [(api.host, fact(api)) for api in self.apis]
        known = [answer for _, answer in answers if isinstance(answer, Known)]
        if known:
            return max(known, key=lambda answer: answer.at)
        # An answer that never came names its host already.
        reasons = "; ".join(
            f"{host}: {answer.why.removeprefix(f'{host}: ')}" for host, answer in answers if isinstance(answer, Unknown)
        )
        return Unknown(
            reasons or "no API server was asked", self.taken_at, Lack.NOT_ASKED if not answers else Lack.FAILED
        )

    def daemonset(self, name: str) -> Known[DaemonSet] | Unknown:
        """A DaemonSet of kube-system, from any API server."""
        found = self.any_api(lambda api: api.daemonsets)
        if isinstance(found, Unknown):
            return found
        match = next((daemonset for daemonset in found.value if daemonset.name == name), None)
        return Known(match, found.at) if match else Unknown(f"no DaemonSet {name}", found.at)

    def at_address(self, address: str) -> HostObservation | None:
        """The host that has `address` now, virtual IPs included."""
        for host in self.hosts:
            if address in host.every_address:
                return host
        return None

    @property
    def leader(self) -> Known[HostName] | Unknown:
        """The k0s leader: whose InvocationID holds lease k0s-endpoint-reconciler."""
        leases = self.any_api(lambda api: api.leases)
        if isinstance(leases, Unknown):
            return leases
        holder = next(
            (lease.spec.holder_identity for lease in leases.value if lease.name == "k0s-endpoint-reconciler"), ""
        )
        if not holder:
            return Unknown("nobody holds lease k0s-endpoint-reconciler", leases.at)
        own = next(
            (
                lease.name
                for lease in leases.value
                if lease.name.startswith("k0s-ctrl-") and lease.spec.holder_identity == holder
            ),
            "",
        )
        for host in self.hosts:
            status = host.status
            if isinstance(status, Known) and status.value.invocation_id == holder:
                return Known(host.name, leases.at)
            if own and host.node == own.removeprefix("k0s-ctrl-"):
                return Known(host.name, leases.at)
        return Unknown(f"lease holder {holder[:8]} is none of the known controllers", leases.at)
