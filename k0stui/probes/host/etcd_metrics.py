"""The local etcd member's view of leader and peers, and how long its disk takes to sync.

Answer: Prometheus text, only the lines that are read. Peers that it talks to are one series each, with value 1.
"""

from __future__ import annotations

import math

from k0stui.errors import ProbeFailed
from k0stui.model.etcd import EtcdMetrics
from k0stui.ports import Reply
from k0stui.probes.answer import reads
from k0stui.probes.etcd_http import answered, ask_etcd
from k0stui.probes.probe import HostProbe, Subject
from k0stui.probes.prometheus import Metrics

FSYNC = "etcd_disk_wal_fsync_duration_seconds"

TEXT = f"""
m=$(etcd "$U/metrics") || exit
printf '%s\\n' "$m" | grep -E '^(etcd_server_(has_leader|is_leader|leader_changes)|etcd_network_active_peers|{FSYNC})'
exit 0
"""


@reads("etcd's metrics")
def read(reply: Reply) -> EtcdMetrics:
    metrics = Metrics.of(answered(reply, "etcd's metrics"))
    has_leader = metrics.find("etcd_server_has_leader")
    if has_leader is None:
        raise ProbeFailed("etcd's metrics do not tell whether it has a leader")
    return EtcdMetrics(
        has_leader=has_leader == 1,
        is_leader=metrics.find("etcd_server_is_leader") == 1,
        leader_changes=int(metrics.sum("etcd_server_leader_changes_seen_total")),
        active_peers=int(metrics.sum("etcd_network_active_peers")),
        fsync_count=metrics.sum(f"{FSYNC}_count"),
        fsync_buckets=tuple(
            (math.inf if one.labels["le"] == "+Inf" else float(one.labels["le"]), one.value)
            for one in metrics.series
            if one.name == f"{FSYNC}_bucket"
        ),
    )


def probe(subject: Subject) -> HostProbe[EtcdMetrics]:
    return HostProbe("etcd_metrics", ask_etcd(subject, TEXT), read)
