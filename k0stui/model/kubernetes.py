"""Kubernetes objects, only the fields we use, straight from JSON; an absent number is zero, as the API omits it."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Wire(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """camelCase on the wire, unknown fields ignored."""


class Metadata(Wire, frozen=True):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    generation: int = 0
    deletion_timestamp: datetime | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class Condition(Wire, frozen=True):
    type: str
    status: str
    reason: str = ""
    message: str = ""
    last_transition_time: datetime | None = None
    last_heartbeat_time: datetime | None = None


class NodeAddress(Wire, frozen=True):
    type: str
    address: str


class NodeInfo(Wire, frozen=True):
    operating_system: str = "linux"
    architecture: str = ""
    machine_id: str = msgspec.field(default="", name="machineID")


class NodeSpec(Wire, frozen=True):
    unschedulable: bool = False


class NodeStatus(Wire, frozen=True):
    conditions: list[Condition] = []
    addresses: list[NodeAddress] = []
    node_info: NodeInfo = NodeInfo()


class Node(Wire, frozen=True):
    metadata: Metadata
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def ready(self) -> Condition | None:
        return next((condition for condition in self.status.conditions if condition.type == "Ready"), None)

    @property
    def is_ready(self) -> bool:
        return self.ready is not None and self.ready.status == "True"

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(entry.address for entry in self.status.addresses if entry.type.endswith("IP"))

    @property
    def internal_ip(self) -> str:
        return next((entry.address for entry in self.status.addresses if entry.type == "InternalIP"), "")


class LeaseSpec(Wire, frozen=True):
    holder_identity: str = ""
    lease_duration_seconds: int = 0
    renew_time: datetime | None = None
    acquire_time: datetime | None = None


class Lease(Wire, frozen=True):
    metadata: Metadata
    spec: LeaseSpec = LeaseSpec()

    @property
    def name(self) -> str:
        return self.metadata.name

    def is_held(self, now: datetime) -> bool:
        """As k0s counts it: a holder, and renewTime + duration not past."""
        if not self.spec.holder_identity or self.spec.renew_time is None:
            return False
        return (now - self.spec.renew_time).total_seconds() < self.spec.lease_duration_seconds


class EnvVar(Wire, frozen=True):
    name: str
    value: str = ""


class Container(Wire, frozen=True):
    name: str = ""
    image: str = ""
    args: list[str] = []
    command: list[str] = []
    env: list[EnvVar] = []


class PodSpec(Wire, frozen=True):
    containers: list[Container] = []
    node_name: str = ""
    host_network: bool = False

    def argument(self, flag: str) -> str:
        """The value of `--flag=value` of the first container, empty where it is not given; repeated: the last."""
        words = [word for container in self.containers[:1] for word in (*container.command, *container.args)]
        values = [word.partition("=")[2] for word in words if word.startswith(f"--{flag}=")]
        return values[-1] if values else ""


class PodTemplate(Wire, frozen=True):
    metadata: Metadata = Metadata()
    spec: PodSpec = PodSpec()


class UpdateStrategy(Wire, frozen=True):
    type: str = "RollingUpdate"


class DaemonSetSpec(Wire, frozen=True):
    template: PodTemplate = PodTemplate()
    update_strategy: UpdateStrategy = UpdateStrategy()


class DaemonSetStatus(Wire, frozen=True):
    desired_number_scheduled: int = 0
    number_ready: int = 0
    number_available: int = 0
    updated_number_scheduled: int = 0
    """Absent in JSON = 0: what OnDelete leaves behind after a change."""
    observed_generation: int = 0


class DaemonSet(Wire, frozen=True):
    metadata: Metadata
    spec: DaemonSetSpec = DaemonSetSpec()
    status: DaemonSetStatus = DaemonSetStatus()

    @property
    def name(self) -> str:
        return self.metadata.name

    def argument(self, flag: str) -> str:
        """What the template says of `--flag=`; running pods may be older."""
        return self.spec.template.spec.argument(flag)

    @property
    def is_on_delete(self) -> bool:
        return self.spec.update_strategy.type == "OnDelete"

    @property
    def is_settled(self) -> bool:
        """No rollout is under way."""
        status, wanted = self.status, self.status.desired_number_scheduled
        return (
            status.observed_generation >= self.metadata.generation
            and status.updated_number_scheduled == wanted
            and status.number_available == wanted
        )


class PodStatus(Wire, frozen=True):
    phase: str = ""
    pod_ip: str = msgspec.field(default="", name="podIP")
    start_time: datetime | None = None
    conditions: list[Condition] = []


class Pod(Wire, frozen=True):
    metadata: Metadata
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def is_ready(self) -> bool:
        return any(condition.type == "Ready" and condition.status == "True" for condition in self.status.conditions)

    def argument(self, flag: str) -> str:
        """What this pod was started with; the DaemonSet's template may be newer."""
        return self.spec.argument(flag)


class ConfigMap(Wire, frozen=True):
    metadata: Metadata
    data: dict[str, str] = {}

    @property
    def name(self) -> str:
        return self.metadata.name


class EndpointAddress(Wire, frozen=True):
    ip: str


class EndpointSubset(Wire, frozen=True):
    addresses: list[EndpointAddress] = []


class Endpoints(Wire, frozen=True):
    metadata: Metadata
    subsets: list[EndpointSubset] = []

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(address.ip for subset in self.subsets for address in subset.addresses)


class ApiServiceStatus(Wire, frozen=True):
    conditions: list[Condition] = []


class ApiService(Wire, frozen=True):
    metadata: Metadata
    status: ApiServiceStatus = ApiServiceStatus()

    @property
    def available(self) -> Condition | None:
        return next((condition for condition in self.status.conditions if condition.type == "Available"), None)


class EtcdMemberSpec(Wire, frozen=True):
    leave: bool = False


class EtcdMemberStatus(Wire, frozen=True):
    peer_address: str = ""
    member_id: str = msgspec.field(default="", name="memberID")
    """Hexadecimal, unlike etcd's own JSON."""


class EtcdMemberObject(Wire, frozen=True):
    """`etcdmembers.etcd.k0sproject.io`, from 1.30."""

    metadata: Metadata
    spec: EtcdMemberSpec = EtcdMemberSpec()
    status: EtcdMemberStatus = EtcdMemberStatus()
    peer_address: str = ""
    member_id: str = msgspec.field(default="", name="memberID")


class PlanStatus(Wire, frozen=True):
    state: str = ""


class AutopilotPlan(Wire, frozen=True):
    metadata: Metadata
    status: PlanStatus = PlanStatus()
