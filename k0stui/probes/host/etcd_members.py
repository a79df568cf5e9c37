"""Who is in the etcd cluster, by etcd itself: `k0s etcd member-list` hides learners and nameless members.

Answer: `{"members": [{"ID", "name", "peerURLs", "isLearner"}]}`, ids as decimal strings. A linearizable read: without
quorum it fails, and then nobody can say more than the last list known.
"""

from __future__ import annotations

from k0stui.errors import ProbeFailed
from k0stui.model.etcd import EtcdMember
from k0stui.ports import Reply
from k0stui.probes.answer import reads
from k0stui.probes.etcd_http import answered, ask_etcd, decoded
from k0stui.probes.probe import HostProbe, Subject

TEXT = """etcd -d '{"linearizable":true}' "$U/v3/cluster/member/list" """


@reads("etcd's member list")
def read(reply: Reply) -> tuple[EtcdMember, ...]:
    members = decoded(answered(reply, "etcd's member list"), "etcd's member list")["members"]
    if not members:
        raise ProbeFailed("etcd's member list is empty")
    return tuple(
        EtcdMember(
            id=int(member["ID"]),
            name=str(member.get("name", "")),
            peer_urls=tuple(str(url) for url in member.get("peerURLs", ())),
            is_learner=member.get("isLearner", False) is True,
        )
        for member in members
    )


def probe(subject: Subject) -> HostProbe[tuple[EtcdMember, ...]]:
    return HostProbe("etcd_members", ask_etcd(subject, TEXT), read)
