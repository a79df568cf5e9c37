"""Whether the local etcd member is healthy: it reads through the quorum, so it fails where there is none.

Answer: `{"health": "true", "reason": ""}`, with status 503 and a reason where it is not.
Source: etcd server/etcdserver/api/etcdhttp.
"""

from __future__ import annotations

from k0stui.errors import ProbeFailed
from k0stui.model.etcd import EtcdHealth
from k0stui.ports import Reply
from k0stui.probes.answer import reads
from k0stui.probes.etcd_http import answered, ask_etcd, decoded
from k0stui.probes.probe import HostProbe, Subject


@reads("etcd's health")
def read(reply: Reply) -> EtcdHealth:
    answer = decoded(answered(reply, "etcd's health"), "etcd's health")
    if str(answer["health"]).lower() not in ("true", "false"):
        raise ProbeFailed("etcd's health is neither true nor false")
    return EtcdHealth(str(answer["health"]).lower() == "true", str(answer.get("reason", "")))


def probe(subject: Subject) -> HostProbe[EtcdHealth]:
    return HostProbe("etcd_health", ask_etcd(subject, 'etcd "$U/health"'), read)
