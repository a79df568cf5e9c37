"""Node-local load balancing: its settings, and the balancer on a worker's loopback."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NllbSettings:
    """`spec.network.nodeLocalLoadBalancing`, defaults filled in."""

    enabled: bool = False
    type: str = "EnvoyProxy"
    image: str = ""
    """`repository:tag`; empty where the release's own is used."""
    pull_policy: str = ""
    api_port: int = 7443
    konnectivity_port: int = 7132


@dataclass(frozen=True, slots=True)
class Balancer:
    """What listens on a worker's loopback for the API (7443) and for konnectivity (7132)."""

    api_listens: bool
    konnectivity_listens: bool
    api_status: int = 0
    """HTTP status of /readyz through it; any but 0 proves the path, 401 is usual."""

    @property
    def listens(self) -> bool:
        return self.api_listens and self.konnectivity_listens

    @property
    def is_absent(self) -> bool:
        return not self.api_listens and not self.konnectivity_listens


@dataclass(frozen=True, slots=True)
class Upstreams:
    """Where the balancer of a worker leads, by its own files."""

    api: tuple[str, ...]
    """`address:port`."""
    konnectivity: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kubelet:
    """The kubelet as it runs."""

    kubeconfig: str
    """`/run/k0s/nllb/kubeconfig.yaml` behind a balancer; /var/lib/k0s/kubelet.conf never changes and proves nothing."""
    server: str = ""
    """URL that this kubeconfig names."""
