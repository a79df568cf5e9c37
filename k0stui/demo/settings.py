"""What a controller reads from its k0s.yaml at start, and what it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml


class BadConfig(ValueError):
    """k0s ends at once with this text."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The part of a ClusterConfig that has consequences here."""

    address: str
    nllb: bool = False
    external_address: str = ""
    virtual_ip: str = ""
    dynamic: bool = False

    @classmethod
    def read(cls, content: bytes, *, dynamic: bool = False) -> Settings:
        """Parse a k0s.yaml.

        Raises:
            BadConfig: k0s would refuse it.
        """
        try:
            document = yaml.safe_load(content) or {}
        except yaml.YAMLError as error:
            raise BadConfig(f"failed to parse config: {str(error).splitlines()[0]}") from error
        spec = _dict(_dict(document).get("spec"))
        api, network = _dict(spec.get("api")), _dict(spec.get("network"))
        settings = cls(
            address=str(api.get("address", "")),
            nllb=bool(_dict(network.get("nodeLocalLoadBalancing")).get("enabled", False)),
            external_address=str(api.get("externalAddress") or ""),
            virtual_ip=_virtual_ip(network),
            dynamic=dynamic,
        )
        if settings.nllb and settings.external_address:
            raise BadConfig(FORBIDDEN)
        return settings


FORBIDDEN = (
    "invalid node config: spec: network.nodeLocalLoadBalancing.enabled: Forbidden: node-local load balancing cannot be"
    " used in conjunction with an external Kubernetes API server address"
)


def _virtual_ip(network: dict[str, Any]) -> str:
    balancing = _dict(network.get("controlPlaneLoadBalancing"))
    instances = _dict(balancing.get("keepalived")).get("vrrpInstances") or [{}]
    addresses = _dict(instances[0]).get("virtualIPs") or [""]
    return str(addresses[0]).partition("/")[0] if balancing.get("enabled") else ""


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
