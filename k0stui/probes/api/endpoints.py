"""Which API servers are alive, by their own register: the endpoints of default/kubernetes.

With `spec.api.externalAddress` they hold only that address, and flap while controllers are mixed.
"""

from __future__ import annotations

from k0stui.model.kubernetes import Endpoints
from k0stui.probes.answer import reads
from k0stui.probes.api.body import one
from k0stui.probes.probe import ApiProbe


@reads("the endpoints of default/kubernetes")
def read(body: bytes) -> tuple[str, ...]:
    return one(body, Endpoints).addresses


PROBE = ApiProbe("endpoints", "/api/v1/namespaces/default/endpoints/kubernetes", read)
