"""The local etcd member's leader, term, index, size and alarms.

Answer: two JSON objects, one per line: `/v3/maintenance/status` and `/v3/maintenance/alarm`; no key `alarms` when there
is none.
"""

from __future__ import annotations

from k0stui.model.etcd import EtcdStatus
from k0stui.ports import Reply
from k0stui.probes.answer import reads
from k0stui.probes.etcd_http import answered, ask_etcd, decoded
from k0stui.probes.probe import HostProbe, Subject

TEXT = """
etcd -d '{}' "$U/v3/maintenance/status" || exit
echo
etcd -d '{"action":"GET"}' "$U/v3/maintenance/alarm"
"""


@reads("etcd's status")
def read(reply: Reply) -> EtcdStatus:
    first, second = answered(reply, "etcd's status").split("\n", 1)
    status, alarm = decoded(first, "etcd's status"), decoded(second, "etcd's alarms")
    return EtcdStatus(
        member_id=int(status["header"]["member_id"]),
        leader=int(status.get("leader", 0)),
        raft_term=int(status["raftTerm"]),
        raft_index=int(status["raftIndex"]),
        applied_index=int(status.get("raftAppliedIndex", 0)),
        version=str(status["version"]),
        db_size=int(status.get("dbSize", 0)),
        alarms=tuple(str(one.get("alarm", "")) for one in alarm.get("alarms", ())),
        errors=tuple(str(error) for error in status.get("errors", ())),
    )


def probe(subject: Subject) -> HostProbe[EtcdStatus]:
    return HostProbe("etcd_status", ask_etcd(subject, TEXT), read)
