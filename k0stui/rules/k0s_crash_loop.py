"""k0s starts, fails and starts again: a configuration that it refuses, or a component that never becomes ready.

`systemctl restart` answers 0 all the same. Source: k0s.md F49, §2.4; recordings, forbidden-combo.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Finding, Severity
from k0stui.model.observed import Known, require
from k0stui.model.service import K0sService
from k0stui.rules.facts.evidence import said
from k0stui.rules.rule import HostRule

SHORT = timedelta(minutes=2)
OFTEN = 3
"""Restarts by systemd itself; one planned restart never counts there."""


def check(host: HostObservation, snapshot: ClusterSnapshot) -> Iterator[Finding]:
    service = require(host.service, "state of k0s")
    if service.is_restarting or _rises(host, service, snapshot) or _is_young_again(host, service):
        yield _finding(host, service)


def _rises(host: HostObservation, service: K0sService, snapshot: ClusterSnapshot) -> bool:
    before = snapshot.earlier.find(host.name) if snapshot.earlier else None
    return before is not None and isinstance(before.service, Known) and service.restarts > before.service.value.restarts


def _is_young_again(host: HostObservation, service: K0sService) -> bool:
    if service.restarts < OFTEN or service.started_at is None or not isinstance(host.service, Known):
        return False
    return host.service.at - service.started_at < SHORT


def _finding(host: HostObservation, service: K0sService) -> Finding:
    unit = service.unit.removesuffix(".service")
    times = f"restarted by systemd {service.restarts} times" if service.restarts != 1 else "restarted by systemd once"
    return Finding(
        "k0s-crash-loop",
        Severity.CRITICAL,
        f"{unit} on {host.name} starts and fails again and again ({times}, now {service.active}/{service.sub})",
        subjects=(host.name,),
        evidence=said(host, "service", f"{service.active}/{service.sub}, NRestarts {service.restarts}"),
        ruled_out=("one planned restart",),
        because=("etcd-quorum-lost",),
        remedy=f"on {host.name}: journalctl -u {unit} -n 50, and k0s config validate --config /etc/k0s/k0s.yaml",
    )


RULE = HostRule("k0s-crash-loop", check)
