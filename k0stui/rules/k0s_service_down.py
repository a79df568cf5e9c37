"""k0s does not run on a host that we reach, or would not come back after a reboot."""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Finding, Severity
from k0stui.model.observed import require
from k0stui.model.service import K0sService
from k0stui.rules.facts.evidence import said
from k0stui.rules.rule import HostRule

MOVING = frozenset({"activating", "deactivating", "reloading"})


def check(host: HostObservation, snapshot: ClusterSnapshot) -> Iterator[Finding]:
    service = require(host.service, "state of k0s")
    # A start that fails again and again is k0s-crash-loop's to tell.
    if service.active in MOVING or service.job:
        return
    if not service.is_running:
        severity = Severity.CRITICAL if host.is_controller else Severity.WARNING
        yield _finding(host, service, severity, _state(service), f"systemctl start {service.unit}")
    elif service.enabled in ("disabled", "masked"):
        what = f"is {service.enabled}: it will not start after a reboot"
        yield _finding(host, service, Severity.WARNING, what, f"systemctl enable {service.unit}")


def _state(service: K0sService) -> str:
    if service.load == "not-found":
        return "is not installed"
    boot = "" if service.enabled in ("enabled", "") else f", and {service.enabled}"
    return f"is {service.active}{boot}"


def _finding(host: HostObservation, service: K0sService, severity: Severity, what: str, command: str) -> Finding:
    unit = service.unit.removesuffix(".service")
    return Finding(
        "k0s-service-down",
        severity,
        f"{unit} on {host.name} {what}",
        subjects=(host.name,),
        evidence=said(host, "service", f"{service.active}/{service.sub}, {service.enabled}, result {service.result}"),
        ruled_out=("the host being down",),
        remedy=f"on {host.name}: {command}",
    )


RULE = HostRule("k0s-service-down", check)
