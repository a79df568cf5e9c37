"""What workers are told at their start, one ConfigMap per profile and minor version."""

from __future__ import annotations

from k0stui.model.kubernetes import ConfigMap
from k0stui.probes.answer import reads
from k0stui.probes.api.body import items
from k0stui.probes.probe import ApiProbe


@reads("the list of worker configurations")
def read(body: bytes) -> tuple[ConfigMap, ...]:
    return items(body, ConfigMap)


PROBE = ApiProbe(
    "worker_configs", "/api/v1/namespaces/kube-system/configmaps?labelSelector=k0s.k0sproject.io%2Fworker-profile", read
)
