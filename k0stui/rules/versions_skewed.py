"""Hosts run different versions of k0s, or the program on a disk is not the one that runs: a restart would upgrade.

Source: safety.md R-01.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from k0stui.errors import NotObserved
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Evidence, Finding, Severity
from k0stui.model.k0s import Version
from k0stui.model.observed import Known
from k0stui.rules.facts.evidence import said
from k0stui.rules.facts.wording import names
from k0stui.rules.rule import ClusterRule


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    running: dict[Version, list[HostObservation]] = defaultdict(list)
    for host in snapshot.hosts:
        if isinstance(host.status, Known):
            running[host.status.value.version].append(host)
    if not running:
        raise NotObserved("the running version of any host")
    if len(running) > 1:
        yield _skewed(running)
    replaced = [host for hosts in running.values() for host in hosts if _is_replaced(host)]
    if replaced:
        yield _pending(replaced)


def _is_replaced(host: HostObservation) -> bool:
    return (
        isinstance(host.binary, Known)
        and isinstance(host.status, Known)
        and host.binary.value != host.status.value.version
    )


def _skewed(running: dict[Version, list[HostObservation]]) -> Finding:
    groups = sorted(running.items(), key=lambda group: len(group[1]), reverse=True)
    listed = names(f"{version} on {names(host.name for host in hosts)}" for version, hosts in groups)
    odd = [host for _, hosts in groups[1:] for host in hosts]
    evidence = tuple(line for version, hosts in groups for host in hosts for line in said(host, "status", str(version)))
    return _finding(f"versions differ: {listed}", odd, evidence, "finish the upgrade, or undo it")


def _pending(replaced: list[HostObservation]) -> Finding:
    evidence: list[Evidence] = []
    for host in replaced:
        evidence += said(host, "binary", f"{host.binary.value} on the disk" if isinstance(host.binary, Known) else "")
        evidence += said(host, "status", f"{host.status.value.version} runs" if isinstance(host.status, Known) else "")
    them = names(host.name for host in replaced)
    sentence = f"the k0s program on {them} is not the one that runs: a restart there is an upgrade"
    return _finding(sentence, replaced, tuple(evidence), "finish the upgrade with its own tool before any restart")


def _finding(sentence: str, hosts: list[HostObservation], evidence: tuple[Evidence, ...], remedy: str) -> Finding:
    return Finding(
        "versions-skewed",
        Severity.WARNING,
        sentence,
        subjects=tuple(sorted(host.name for host in hosts)),
        evidence=evidence,
        because=("other-tool-active",),
        remedy=remedy,
    )


RULE = ClusterRule("versions-skewed", check)
