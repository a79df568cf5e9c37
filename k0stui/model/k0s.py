"""k0s itself: its version, its status, the part of its configuration that matters here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import total_ordering

from k0stui.model.host import Role
from k0stui.model.nllb import NllbSettings

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(?:[-~](?P<pre>[0-9A-Za-z.]+))?(?:\+k0s\.(\d+))?")


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """A k0s version, `v1.32.1+k0s.0`; ordered as released, `+k0s.N` last."""

    major: int
    minor: int
    patch: int
    build: int = 0
    """The N of `+k0s.N`."""
    pre: str = ""
    """`alpha.1`, `rc.0`; sorts before the release."""

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read `v1.32.1+k0s.0`.

        Raises:
            ValueError: that is no version.
        """
        match = _VERSION.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is not a version of k0s")
        major, minor, patch, pre, build = match.groups()
        return cls(int(major), int(minor), int(patch), int(build or 0), pre or "")

    def __lt__(self, other: Version) -> bool:
        return self._key() < other._key()

    def _key(self) -> tuple[int, int, int, bool, str, int]:
        return (self.major, self.minor, self.patch, not self.pre, self.pre, self.build)

    def is_at_least(self, *releases: str) -> bool:
        """Whether a fix is in: `releases` name the first one of each maintained line, in any order.

        `is_at_least("1.31.3", "1.32.0")`: 1.31.x counts from .3 on, everything after the newest line counts.
        """
        lines = sorted(Version.parse(release) for release in releases)
        same = [line for line in lines if (line.major, line.minor) == (self.major, self.minor)]
        return self >= same[0] if same else self >= lines[-1]

    @property
    def line(self) -> str:
        """`1.32`: the suffix of ConfigMaps and leases."""
        return f"{self.major}.{self.minor}"

    def __str__(self) -> str:
        pre = f"-{self.pre}" if self.pre else ""
        return f"v{self.major}.{self.minor}.{self.patch}{pre}+k0s.{self.build}"


@dataclass(frozen=True, slots=True)
class ClusterConfig:
    """A `ClusterConfig`, of a file, of a running process or of the object of dynamic mode."""

    api_address: str = ""
    api_port: int = 6443
    external_address: str = ""
    """`spec.api.externalAddress`; forbids node-local load balancing."""
    konnectivity_external_address: str = ""
    """`spec.konnectivity.externalAddress`; beats node-local load balancing from 1.35.1."""
    agent_port: int = 8132
    admin_port: int = 8133
    sans: tuple[str, ...] = ()
    storage: str = "etcd"
    nllb: NllbSettings = field(default_factory=NllbSettings)
    cplb_enabled: bool = False
    virtual_ips: tuple[str, ...] = ()
    """Of control plane load balancing, without prefix length."""
    cluster_wide: tuple[tuple[str, str], ...] = ()
    """(path, value as JSON) of every leaf that must be equal on all controllers, sorted by path; secrets left out."""

    @property
    def settings(self) -> frozenset[tuple[str, str]]:
        """(path, value) of all that a restart would bring about: `cluster_wide`, and what each controller has of its
        own. Addresses that k0s finds by itself are left out: the file need not name them."""
        own = (
            ("spec.api.externalAddress", self.external_address),
            ("spec.api.port", str(self.api_port)),
            ("spec.konnectivity.externalAddress", self.konnectivity_external_address),
            ("spec.storage.type", self.storage),
            ("spec.network.controlPlaneLoadBalancing.enabled", str(self.cplb_enabled)),
            ("spec.network.controlPlaneLoadBalancing virtual IPs", " ".join(self.virtual_ips)),
        )
        return frozenset((*self.cluster_wide, *own))


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """`/etc/k0s/k0s.yaml` as it lies on the disk."""

    path: str
    sha256: str
    modified_at: datetime
    config: ClusterConfig
    mode: str = "0600"
    owner: str = "root:root"
    is_regular: bool = True
    links: int = 1
    content: bytes = field(default=b"", repr=False)
    """For the splice of a plan; never shown whole: it may hold secrets."""


@dataclass(frozen=True, slots=True)
class K0sStatus:
    """`k0s status -o json`: the *running* process."""

    version: Version
    pid: int
    controller: bool
    workloads: bool
    """A kubelet runs here."""
    single: bool
    args: tuple[str, ...]
    invocation_id: str
    """k0s' own: server id of konnectivity, holder of leases. Empty before 1.30. Not systemd's."""
    data_dir: str = "/var/lib/k0s"
    config_path: str = "/etc/k0s/k0s.yaml"
    """K0sVars.StartupConfigPath."""
    config: ClusterConfig | None = None
    """What the process was started with; None on workers."""
    api_reached: bool = False
    """Workers: GET /version with the kubelet's kubeconfig, through the balancer where there is one.

    False means nothing on a pure controller."""
    api_message: str = ""

    @property
    def role(self) -> Role:
        if not self.controller:
            return Role.WORKER
        if self.single:
            return Role.SINGLE
        return Role.CONTROLLER_WORKER if self.workloads else Role.CONTROLLER

    @property
    def is_dynamic(self) -> bool:
        """Dynamic configuration: the cluster-wide part lives in an object, not in the file."""
        return any(arg.startswith("--enable-dynamic-config") and not arg.endswith("=false") for arg in self.args)


@dataclass(frozen=True, slots=True)
class ComponentHealth:
    """The newest probe of one component, from the status socket."""

    component: str
    error: str
    """Empty: healthy."""
    at: datetime
