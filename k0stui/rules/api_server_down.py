"""k0s runs on a controller, and its API server does not answer.

Asked on the host itself. 401 is up: k0s forbids anonymous requests. Source: k0s.md F49, §1.7.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from k0stui.model.cluster import ClusterSnapshot, HostObservation, LocalReady
from k0stui.model.finding import Finding, Severity
from k0stui.model.observed import Known, require
from k0stui.rules.facts.evidence import said
from k0stui.rules.facts.wording import names
from k0stui.rules.rule import HostRule

START = timedelta(minutes=2)
"""k0s gives each component so long to become ready; the API is usually back after 20 s (restart-timings)."""


def check(host: HostObservation, snapshot: ClusterSnapshot) -> Iterator[Finding]:
    if not host.is_controller:
        return
    service = require(host.service, "state of k0scontroller")
    if not service.is_running:
        return
    ready = require(host.api_ready, "local API server")
    if ready.is_up or _is_starting(host) or _was_up(host, snapshot):
        return
    yield _finding(host, ready, snapshot)


def _is_starting(host: HostObservation) -> bool:
    match host.service:
        case Known(value=service, at=at) if service.started_at:
            return at - service.started_at < START
    return False


def _was_up(host: HostObservation, snapshot: ClusterSnapshot) -> bool:
    """One missed answer of a busy API server is not an outage; the next look will tell."""
    before = snapshot.earlier.find(host.name) if snapshot.earlier else None
    return before is not None and isinstance(before.api_ready, Known) and before.api_ready.value.is_up


def _lacks_etcd(host: HostObservation, ready: LocalReady) -> bool:
    """Its own etcd member is sick, by either's word (a dead one has none): the API server reads from no other."""
    return "etcd" in ready.failed or (isinstance(host.etcd_health, Known) and not host.etcd_health.value.healthy)


def _finding(host: HostObservation, ready: LocalReady, snapshot: ClusterSnapshot) -> Finding:
    others = [
        other.name
        for other in snapshot.controllers
        if other.name != host.name and isinstance(other.api_ready, Known) and other.api_ready.value.is_up
    ]
    how = f"answers {ready.status}" if ready.status else "does not answer"
    failed = f" ({names(ready.failed)} failed)" if ready.failed else ""
    also = (
        f"; {names(others)} still {'serves' if len(others) == 1 else 'serve'}" if others else "; no other one answers"
    )
    return Finding(
        "api-server-down",
        Severity.WARNING if others else Severity.CRITICAL,
        f"the API server of {host.name} {how}{failed}, while k0scontroller runs{also}",
        subjects=(host.name,),
        evidence=said(host, "api_ready", f"/readyz {ready.status or 'refused'}{failed}"),
        ruled_out=("the host being down", "k0s being stopped"),
        because=("etcd-quorum-lost", "k0s-crash-loop", *(("etcd-no-margin",) if _lacks_etcd(host, ready) else ())),
        remedy=f"read the log of {host.name}: k0stui logs 'host:{host.name} level>=W'",
    )


RULE = HostRule("api-server-down", check)
