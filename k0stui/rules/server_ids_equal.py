"""Two konnectivity servers have one name: agents take the second for the first and drop it.

Before k0s 1.30 the id is the machine id, which cloned machines share. Source: konnectivity.md §4.4 D2; k0s.md F08.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from k0stui.errors import NotObserved
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Finding, Severity
from k0stui.model.observed import Known
from k0stui.rules.facts.evidence import said
from k0stui.rules.facts.wording import names
from k0stui.rules.rule import ClusterRule


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    by_id: dict[str, list[HostObservation]] = defaultdict(list)
    for host in snapshot.controllers:
        if isinstance(host.konnectivity_server, Known) and host.konnectivity_server.value.server_id:
            by_id[host.konnectivity_server.value.server_id].append(host)
    if not by_id and snapshot.controllers:
        raise NotObserved("server ids of konnectivity")
    for server_id, hosts in by_id.items():
        if len(hosts) > 1:
            yield _finding(server_id, hosts)


def _finding(server_id: str, hosts: list[HostObservation]) -> Finding:
    return Finding(
        "server-ids-equal",
        Severity.CRITICAL,
        f"the konnectivity servers of {names(host.name for host in hosts)} have the same id {server_id[:8]}: "
        "each agent keeps only one of them",
        subjects=tuple(sorted(host.name for host in hosts)),
        evidence=tuple(
            line for host in hosts for line in said(host, "konnectivity_server", f"--server-id={server_id}")
        ),
        ruled_out=("one target for all agents",),
        remedy="give each host a machine id of its own (rm /etc/machine-id, systemd-machine-id-setup) and restart k0s, "
        "or upgrade to k0s 1.30 or newer",
    )


RULE = ClusterRule("server-ids-equal", check)
