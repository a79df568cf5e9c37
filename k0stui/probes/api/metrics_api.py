"""Whether the metrics API can be reached: it goes through the tunnel, so it flaps while one server has no agent.

One read is luck then; two looks with another resourceVersion or status tell. No such object (metrics-server disabled)
reads as one without conditions.
"""

from __future__ import annotations

from k0stui.model.kubernetes import ApiService, Metadata
from k0stui.probes.answer import reads
from k0stui.probes.api.body import one
from k0stui.probes.probe import ApiProbe


@reads("APIService v1beta1.metrics.k8s.io")
def read(body: bytes) -> ApiService:
    return one(body, ApiService)


def none() -> ApiService:
    return ApiService(metadata=Metadata())


PROBE = ApiProbe("metrics_api", "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io", read, absent=none)
