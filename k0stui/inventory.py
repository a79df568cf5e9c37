"""Hosts and how to reach them: from k0sctl.yaml, from `--host`, or found by asking those."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn
from urllib.parse import urlsplit

import yaml

from k0stui.errors import UsageError
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.host import HostName, Role
from k0stui.model.observed import Known, value_or


@dataclass(frozen=True, slots=True)
class Reach:
    """How a host is reached by SSH, as far as the inventory says; the rest is asked of `~/.ssh/config`."""

    address: str
    """An address, a DNS name or an alias of ssh_config."""
    user: str | None = None
    port: int | None = None
    key_path: str | None = None
    jump: Reach | None = None
    """The host to go through (k0sctl's `bastion`); more of them by ssh_config's ProxyJump."""
    local: bool = False
    """The machine we run on: no SSH at all."""


@dataclass(frozen=True, slots=True)
class InventoryHost:
    """One host that we were told of, or found."""

    name: HostName
    reach: Reach
    role: Role | None = None
    """None: not said; the host's own answer decides."""
    private_address: str | None = None
    discovered: bool = False
    """Found by asking a seed; reached by the seed's user, key and jump host."""
    named: bool = False
    """The name was given or found; else it is the address, until the host tells its own."""

    @property
    def address(self) -> str:
        """By which other hosts know it."""
        return self.private_address or self.reach.address


@dataclass(frozen=True, slots=True)
class Inventory:
    """All hosts of one cluster."""

    cluster: str
    """The cluster's name as the operator knows it; typed to confirm a plan."""
    hosts: tuple[InventoryHost, ...]


LOCAL = InventoryHost(HostName("localhost"), Reach("127.0.0.1", local=True))
"""The controller that k0stui was started on."""

_ADDRESS = re.compile(r"[A-Za-z0-9._:%\[\]-]{1,253}")
_VARIABLE = re.compile(r"\$\$|\$\{(\w+)(?::?-([^}]*))?\}|\$(\w+)")


def from_seeds(seeds: Iterable[str]) -> Inventory:
    """`--host [user@]address[:port]`, each a controller that knows the rest.

    Raises:
        UsageError: one is no address, or given twice.
    """
    hosts = tuple(_seed(seed) for seed in seeds)
    for place, host in enumerate(hosts):
        if host.name in [other.name for other in hosts[:place]]:
            raise UsageError(f"--host {host.name} is given twice; name each host once.")
    return Inventory("", hosts)


def _seed(text: str) -> InventoryHost:
    user, _, rest = text.rpartition("@")
    match = re.fullmatch(r"\[([0-9A-Fa-f:.%]+)\](?::(\d+))?|([^:\s]+)(?::(\d+))?|([0-9A-Fa-f:.%]+)", rest)
    address = next((group for group in match.group(1, 3, 5) if group), "") if match else ""
    if match is None or not _ADDRESS.fullmatch(address):
        raise UsageError(f"--host {text!r} is not user@address or user@address:port.")
    port = match.group(2) or match.group(4)
    reach = Reach(address, user or None, int(port) if port else None)
    return InventoryHost(HostName(address), reach)


def from_k0sctl(text: str, source: str, environment: Mapping[str, str]) -> Inventory:
    """The hosts of a k0sctl.yaml; keys that we do not know are left alone, as k0sctl's own readers do.

    Raises:
        UsageError: what is wrong, where (file and line), and what would be right.
    """
    reader = _Reader(source, environment)
    cluster = reader.cluster_document(text)
    spec = reader.mapping(cluster, "spec")
    hosts = tuple(reader.host(node) for node in reader.sequence(spec, "hosts"))
    if not hosts:
        raise UsageError(f"{source}: spec.hosts is empty; list at least one controller there.")
    reader.refuse_duplicates(hosts)
    metadata = reader.child(cluster, "metadata")
    name = reader.scalar(metadata, "name") if metadata else ""
    return Inventory(name or "k0s-cluster", hosts)


class _Reader:
    """Reads YAML nodes rather than values, because a node knows its line."""

    def __init__(self, source: str, environment: Mapping[str, str]) -> None:
        self.source = source
        self.environment = environment
        self.lines: list[int] = []

    def refuse(self, node: yaml.Node | None, why: str) -> NoReturn:
        line = f", line {node.start_mark.line + 1}" if node else ""
        raise UsageError(f"{self.source}{line}: {why}")

    def cluster_document(self, text: str) -> yaml.Node:
        try:
            documents = [node for node in yaml.compose_all(text, Loader=yaml.SafeLoader) if node]
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise UsageError(f"{self.source}, line {line}: this is not YAML ({error.problem}).") from error
        except yaml.YAMLError as error:
            raise UsageError(f"{self.source}: this is not YAML ({error}).") from error
        for node in documents:
            if isinstance(node, yaml.MappingNode) and self.scalar(node, "kind") == "Cluster":
                return node
        if len(documents) == 1 and isinstance(documents[0], yaml.MappingNode) and self.child(documents[0], "spec"):
            return documents[0]
        raise UsageError(f"{self.source}: no document of kind Cluster in it; give the cluster's k0sctl.yaml.")

    def child(self, node: yaml.Node, key: str) -> yaml.Node | None:
        if not isinstance(node, yaml.MappingNode):
            return None
        return next((value for name, value in node.value if name.value == key), None)

    def mapping(self, node: yaml.Node, key: str) -> yaml.MappingNode:
        value = self.child(node, key)
        if not isinstance(value, yaml.MappingNode):
            self.refuse(value or node, f"`{key}` must be a mapping; k0sctl.yaml has spec.hosts under it.")
        return value

    def sequence(self, node: yaml.Node, key: str) -> list[yaml.Node]:
        value = self.child(node, key)
        if value is None:
            self.refuse(node, f"`{key}` is missing; list the cluster's hosts there.")
        if not isinstance(value, yaml.SequenceNode):
            self.refuse(value, f"`{key}` must be a list.")
        return list(value.value)

    def scalar(self, node: yaml.Node, key: str) -> str:
        value = self.child(node, key)
        if value is None or (isinstance(value, yaml.ScalarNode) and value.tag.endswith(":null")):
            return ""
        if not isinstance(value, yaml.ScalarNode):
            self.refuse(value, f"`{key}` must be a single value.")
        return expand(value.value, self.environment)

    def host(self, node: yaml.Node) -> InventoryHost:
        if not isinstance(node, yaml.MappingNode):
            self.refuse(node, "a host must be a mapping with `role` and `ssh`.")
        self.lines.append(node.start_mark.line + 1)
        reach = self.reach(node)
        hostname = self.scalar(node, "hostname")
        return InventoryHost(
            HostName(hostname or reach.address),
            reach,
            self.role(node),
            self.scalar(node, "privateAddress") or None,
            named=bool(hostname),
        )

    def role(self, node: yaml.Node) -> Role:
        text = self.scalar(node, "role")
        try:
            return Role(text)
        except ValueError:
            known = ", ".join(role.value for role in Role)
            self.refuse(self.child(node, "role") or node, f"role {text!r} is unknown; k0sctl knows {known}.")

    def reach(self, node: yaml.Node) -> Reach:
        local = self.child(node, "localhost")
        if local is not None and (local.value == "true" or self.scalar(local, "enabled") == "true"):
            return LOCAL.reach
        for way in ("ssh", "openSSH", "winRM"):
            found = self.child(node, way)
            if found is not None:
                return self.ssh(found, way)
        self.refuse(node, "no `ssh` in this host; say there at which address it is reached.")

    def ssh(self, node: yaml.Node, way: str) -> Reach:
        address = self.scalar(node, "address")
        if not _ADDRESS.fullmatch(address):
            self.refuse(
                self.child(node, "address") or node, f"{way}.address {address!r} is not a host name or address."
            )
        bastion = self.child(node, "bastion")
        return Reach(
            address,
            self.scalar(node, "user") or ("root" if way == "ssh" else None),
            self.port(node) if way != "winRM" else None,
            self.key(node),
            self.ssh(bastion, "bastion") if bastion else None,
        )

    def port(self, node: yaml.Node) -> int | None:
        text = self.scalar(node, "port")
        if text and not (text.isdigit() and 0 < int(text) < 65536):
            self.refuse(self.child(node, "port"), f"port {text!r} is not a number from 1 to 65535.")
        return int(text) if text else None

    def key(self, node: yaml.Node) -> str | None:
        path = self.scalar(node, "keyPath")
        if re.match(r"[A-Za-z]:[\\/]|\\\\", path):
            why = f"keyPath {path!r} is a Windows path; give the path of the key on this machine."
            self.refuse(self.child(node, "keyPath"), why)
        return path or None

    def refuse_duplicates(self, hosts: tuple[InventoryHost, ...]) -> None:
        for what, key in (("address", _reach_key), ("hostname", lambda host: host.name if host.named else id(host))):
            seen: dict[Any, int] = {}
            for host, line in zip(hosts, self.lines, strict=True):
                first = seen.setdefault(key(host), line)
                if first != line:
                    raise UsageError(
                        f"{self.source}, line {line}: "
                        f"{what} of {host.name} is already at line {first}; list each host once."
                    )


def _reach_key(host: InventoryHost) -> tuple[str, int | None, bool]:
    return (host.reach.address, host.reach.port, host.reach.local)


def expand(text: str, environment: Mapping[str, str]) -> str:
    """`${NAME}`, `${NAME:-default}` and `$$`, as k0sctl expands them."""

    def value(match: re.Match[str]) -> str:
        if match.group(0) == "$$":
            return "$"
        return environment.get(match.group(1) or match.group(3), match.group(2) or "")

    return _VARIABLE.sub(value, text)


def named(host: InventoryHost, hostname: str, taken: Iterable[str]) -> InventoryHost:
    """The host under the name that it gives itself, unless the operator named it or another one has that name."""
    if host.named or not hostname or hostname in set(taken):
        return host
    return replace(host, name=HostName(hostname), named=True)


def discovered(hosts: tuple[InventoryHost, ...], snapshot: ClusterSnapshot) -> tuple[InventoryHost, ...]:
    """Hosts that the cluster knows of and we were not told of, to be reached the way of the first host."""
    seed = next((host.reach for host in hosts if not host.reach.local), None)
    taken = {host.name for host in hosts} | {str(observation.node) for observation in snapshot.hosts}
    addresses = {host.address for host in hosts} | {host.reach.address for host in hosts}
    for observation in snapshot.hosts:
        addresses |= set(value_or(observation.addresses, ()))
    found: dict[str, InventoryHost] = {}
    for name, address, role in (*_controllers(snapshot), *_workers(snapshot)):
        if name not in taken and (not address or address not in addresses) and name not in found:
            reach = replace(seed or Reach(address), address=address)
            found[name] = InventoryHost(HostName(name), reach, role, discovered=True, named=True)
    return tuple(found.values())


def _controllers(snapshot: ClusterSnapshot) -> Iterator[tuple[str, str, Role]]:
    """From etcd's own list where a controller told it, else from EtcdMember objects."""
    for host in snapshot.hosts:
        for member in value_or(host.etcd_members, ()):
            if member.name and member.peer_urls:
                yield member.name, _host_of(member.peer_urls[0]), Role.CONTROLLER
    members = snapshot.any_api(lambda api: api.etcd_members)
    for known in members.value if isinstance(members, Known) else ():
        address = known.status.peer_address or known.peer_address
        if address:
            yield known.metadata.name, address, Role.CONTROLLER


def _host_of(url: str) -> str:
    """Empty where that is no URL: a host may say anything, and is shown as found nevertheless."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _workers(snapshot: ClusterSnapshot) -> Iterator[tuple[str, str, Role]]:
    nodes = snapshot.any_api(lambda api: api.nodes)
    for node in nodes.value if isinstance(nodes, Known) else ():
        yield node.name, node.internal_ip, Role.WORKER
