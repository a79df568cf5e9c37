"""DaemonSets of kube-system: where agents are told to dial, how far a rollout is, and whether it is held.

A status number that is zero is left out of the JSON.
"""

from __future__ import annotations

from k0stui.model.kubernetes import DaemonSet
from k0stui.probes.answer import reads
from k0stui.probes.api.body import items
from k0stui.probes.probe import ApiProbe


@reads("the list of DaemonSets")
def read(body: bytes) -> tuple[DaemonSet, ...]:
    return tuple(found for found in items(body, DaemonSet) if found.metadata.namespace in ("", "kube-system"))


PROBE = ApiProbe("daemonsets", "/apis/apps/v1/namespaces/kube-system/daemonsets", read)
