"""What differs between the two versions of k0s that were observed whole: v1.32.1 and v1.36.3."""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[float, float]
"""Shortest and longest, in seconds."""


@dataclass(frozen=True, slots=True)
class Release:
    """A version of k0s, by what of it can be seen from outside. Durations: recordings/restart-timings and timelines."""

    k0s: str
    kubernetes: str
    etcd: str
    konnectivity: str
    containerd: str
    runc: str
    kine: str
    envoy: str
    metrics_server: str
    pause: str
    agent_image: str
    stop: Range
    """From `systemctl restart` to the exec of the new process, on a controller without duties."""
    server_up: Range
    """From exec to the first konnectivity-server."""
    api_up: Range
    """From exec to /readyz and the status socket."""
    envoy_up: Range
    """From the restart of k0sworker to both listeners, where there was no Envoy before."""
    fresh_known: int
    """`known_server_count` of an agent that never reached a server."""
    known_follows_duplicates: bool
    """An agent believes the last server that it contacted (KNP 0.31), or the last that it added (from 0.34)."""
    has_readiness_probe: bool
    kube_proxy_rolls: bool
    """A change of kube-proxy's ConfigMap replaces its pods."""
    flood_line: int
    """server.go:NNN of "Failed to get a backend"."""
    flood_rate: float
    """no_agent per second on a controller without agents while another one has some."""
    strategies: str

    @property
    def line(self) -> str:
        """`1.32`."""
        return ".".join(self.kubernetes.split(".")[:2])

    @property
    def is_new(self) -> bool:
        """From 1.35: `ready_backends`, /metrics on 8092, other words in the agent's log."""
        return self.has_readiness_probe

    @property
    def envoy_image(self) -> str:
        return f"quay.io/k0sproject/envoy-distroless:{self.envoy}"

    @property
    def label(self) -> str:
        """As labels write the version: no plus sign."""
        return self.k0s.replace("+", "-")


V1_32_1 = Release(
    k0s="v1.32.1+k0s.0",
    kubernetes="1.32.1",
    etcd="3.5.17",
    konnectivity="0.31.0",
    containerd="1.7.24",
    runc="1.2.3",
    kine="0.13.7",
    envoy="v1.31.3",
    metrics_server="v0.7.2",
    pause="3.9",
    agent_image="quay.io/k0sproject/apiserver-network-proxy-agent:v0.31.0",
    stop=(2.5, 3.2),
    server_up=(5.0, 7.1),
    api_up=(14.0, 20.0),
    envoy_up=(7.4, 8.7),
    fresh_known=0,
    known_follows_duplicates=True,
    has_readiness_probe=False,
    kube_proxy_rolls=False,
    flood_line=528,
    flood_rate=142.0,
    strategies="destHost,default",
)

V1_36_3 = Release(
    k0s="v1.36.3+k0s.2",
    kubernetes="1.36.3",
    etcd="3.6.14",
    konnectivity="0.36.0",
    containerd="2.3.3",
    runc="1.4.3",
    kine="0.16.3",
    envoy="v1.39.0",
    metrics_server="v0.9.0-k0s.0",
    pause="3.10.1",
    agent_image="quay.io/k0sproject/apiserver-network-proxy-agent:v0.36.0-k0s.0",
    stop=(2.5, 3.0),
    server_up=(1.7, 3.5),
    api_up=(8.4, 12.0),
    envoy_up=(8.6, 10.5),
    fresh_known=1,
    known_follows_duplicates=False,
    has_readiness_probe=True,
    kube_proxy_rolls=True,
    flood_line=663,
    flood_rate=86.5,
    strategies="destHost,defaultRoute,default",
)
