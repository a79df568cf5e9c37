"""Who is in the etcd cluster, as the local member has it on its own disk: an answer also without quorum.

Answer and reader: as `etcd_members`. It may be old on a member that was away, so no gate judges by it; but after a loss
of quorum nobody can tell the other list, and whoever looks only then has no earlier one.
"""

from __future__ import annotations

from k0stui.model.etcd import EtcdMember
from k0stui.probes.etcd_http import ask_etcd
from k0stui.probes.host.etcd_members import read
from k0stui.probes.probe import HostProbe, Subject

TEXT = """etcd -d '{"linearizable":false}' "$U/v3/cluster/member/list" """

EVERY = 30.0
"""Seconds: members change by hand, and with quorum the other list counts."""


def probe(subject: Subject) -> HostProbe[tuple[EtcdMember, ...]]:
    return HostProbe("etcd_local_members", ask_etcd(subject, TEXT), read, every=EVERY)
