"""Leases: which controllers are alive, and who leads; the nodes' own heartbeats lie in the same namespace."""

from __future__ import annotations

from k0stui.model.kubernetes import Lease
from k0stui.probes.answer import reads
from k0stui.probes.api.body import items
from k0stui.probes.probe import ApiProbe


@reads("the list of leases")
def read(body: bytes) -> tuple[Lease, ...]:
    return items(body, Lease)


PROBE = ApiProbe("leases", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", read)
