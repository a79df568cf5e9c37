"""The configuration object of dynamic mode; in static mode its kind does not exist, a sign of the mode and no fault."""

from __future__ import annotations

from typing import Any

import msgspec

from k0stui.model.k0s import ClusterConfig
from k0stui.probes.answer import reads
from k0stui.probes.k0s_config import cluster_config
from k0stui.probes.probe import ApiProbe


@reads("the ClusterConfig object")
def read(body: bytes) -> ClusterConfig | None:
    return cluster_config(msgspec.json.decode(body, type=dict[str, Any]))


def none() -> ClusterConfig | None:
    return None


PROBE = ApiProbe(
    "cluster_config", "/apis/k0s.k0sproject.io/v1beta1/namespaces/kube-system/clusterconfigs/k0s", read, absent=none
)
