"""Pods of the konnectivity agents, and whom each was started to dial."""

from __future__ import annotations

from k0stui.model.kubernetes import Pod
from k0stui.probes.answer import reads
from k0stui.probes.api.body import items
from k0stui.probes.probe import ApiProbe


@reads("the list of agent pods")
def read(body: bytes) -> tuple[Pod, ...]:
    return items(body, Pod)


PROBE = ApiProbe("agent_pods", "/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dkonnectivity-agent", read)
