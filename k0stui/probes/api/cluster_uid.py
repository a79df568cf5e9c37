"""Which cluster this API server belongs to: the uid of its namespace kube-system, which never changes."""

from __future__ import annotations

import msgspec

from k0stui.errors import ProbeFailed
from k0stui.model.kubernetes import Metadata
from k0stui.probes.answer import reads
from k0stui.probes.api.body import one
from k0stui.probes.probe import ApiProbe


class Namespace(msgspec.Struct, frozen=True):
    metadata: Metadata


@reads("namespace kube-system")
def read(body: bytes) -> str:
    uid = one(body, Namespace).metadata.uid
    if not uid:
        raise ProbeFailed("namespace kube-system has no uid")
    return uid


PROBE = ApiProbe("cluster_uid", "/api/v1/namespaces/kube-system", read, every=60)
