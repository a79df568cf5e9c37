"""SSH does not reach a host, with the reason in words. What runs there is unknown, not down.

Hosts with the same reason are one finding: a dead jump host is one problem, not a hundred.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Evidence, Finding, Severity
from k0stui.model.observed import Lack, Unknown
from k0stui.rules.facts.wording import names
from k0stui.rules.rule import ClusterRule

REMEDIES = {
    Lack.HOST_KEY: "if the machine was set up anew, compare the fingerprint on its console, then take its old key out "
    "of known_hosts (ssh-keygen -R)",
    Lack.NOT_PERMITTED: "check the user and the key for this host in the inventory or in ~/.ssh/config",
}
LOST = (Lack.UNREACHABLE, Lack.NO_ANSWER, Lack.HOST_KEY, Lack.NOT_PERMITTED, Lack.FAILED, Lack.STALE)
"""A host that nobody asked is not unreachable."""


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    by_reason: dict[tuple[Lack, str], list[HostObservation]] = defaultdict(list)
    for host in snapshot.hosts:
        lost = host.connection
        if isinstance(lost, Unknown) and lost.lack in LOST:
            by_reason[lost.lack, _reason(host, lost)].append(host)
    for (lack, reason), hosts in by_reason.items():
        yield _finding(lack, reason, hosts)


def _reason(host: HostObservation, lost: Unknown) -> str:
    """What happened, without the advice that follows it: the remedy of the finding says what to do."""
    return lost.why.removeprefix(f"{host.name}: ").partition("; ")[0].replace(host.name, "it")


def _finding(lack: Lack, reason: str, hosts: list[HostObservation]) -> Finding:
    controllers = any(host.is_controller for host in hosts)
    return Finding(
        "host-unreachable",
        Severity.WARNING,
        f"{names(host.name for host in hosts)} cannot be reached by SSH: {reason}",
        subjects=tuple(sorted(host.name for host in hosts)),
        evidence=tuple(Evidence(host.name, "connection", reason, host.connection.at) for host in hosts),
        ruled_out=("k0s down on a host that answers",),
        remedy=REMEDIES.get(lack, "look at the machine's console and at the network between")
        + ("; touch no other controller before" if controllers else ""),
    )


RULE = ClusterRule("host-unreachable", check)
