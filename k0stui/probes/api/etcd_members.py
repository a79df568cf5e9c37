"""EtcdMember objects, from k0s 1.30: a member with `spec.leave` set leaves the cluster at its next stop (1.36.1).

No such kind, on older releases and with other storage, reads as none.
"""

from __future__ import annotations

from k0stui.model.kubernetes import EtcdMemberObject
from k0stui.probes.answer import reads
from k0stui.probes.api.body import items
from k0stui.probes.probe import ApiProbe


@reads("the list of etcd members")
def read(body: bytes) -> tuple[EtcdMemberObject, ...]:
    return items(body, EtcdMemberObject)


PROBE = ApiProbe("etcd_members", "/apis/etcd.k0sproject.io/v1beta1/etcdmembers", read, absent=tuple, every=10)
