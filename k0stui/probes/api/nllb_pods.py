"""Mirror pods of the balancers. Ready only says that Envoy runs, not that it leads anywhere."""

from __future__ import annotations

from k0stui.model.kubernetes import Pod
from k0stui.probes.answer import reads
from k0stui.probes.api.body import items
from k0stui.probes.probe import ApiProbe


@reads("the list of balancer pods")
def read(body: bytes) -> tuple[Pod, ...]:
    return items(body, Pod)


PROBE = ApiProbe(
    "nllb_pods", "/api/v1/namespaces/kube-system/pods?labelSelector=app.kubernetes.io%2Fcomponent%3Dnllb", read
)
