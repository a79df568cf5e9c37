"""A controller's k0s.yaml is newer than its process: the next restart, planned or not, changes the cluster.

Compared by the host's own clock. Where the settings that k0stui reads are the same, it is only said. Source: safety.md
R-02; k0s.md §2.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Finding, Severity
from k0stui.model.k0s import ClusterConfig
from k0stui.model.observed import Known, require
from k0stui.rules.facts.evidence import said
from k0stui.rules.facts.wording import names
from k0stui.rules.rule import HostRule

BALANCING = "node-local load balancing"


def check(host: HostObservation, snapshot: ClusterSnapshot) -> Iterator[Finding]:
    if not host.is_controller:
        return
    service = require(host.service, "when k0s started")
    if not service.is_running or service.started_at is None:
        return
    file = require(host.config_file, "k0s.yaml on the disk")
    if file.modified_at > service.started_at:
        yield _finding(host, _changes(host, file.config))


def _changes(host: HostObservation, on_disk: ClusterConfig) -> list[str]:
    """Settings that would change. Those with defaults of k0s' own are left out: the file need not name them."""
    if not isinstance(host.status, Known) or host.status.value.config is None:
        return []
    runs = host.status.value.config
    pairs = (
        (BALANCING, runs.nllb.enabled, on_disk.nllb.enabled),
        ("externalAddress", runs.external_address, on_disk.external_address),
        ("konnectivity.externalAddress", runs.konnectivity_external_address, on_disk.konnectivity_external_address),
        ("agentPort", runs.agent_port, on_disk.agent_port),
        ("storage", runs.storage, on_disk.storage),
    )
    return [f"{name} {_worded(before)} -> {_worded(after)}" for name, before, after in pairs if before != after]


def _worded(value: object) -> str:
    return (
        {True: "on", False: "off", "": "unset"}.get(value, str(value)) if isinstance(value, bool | str) else str(value)
    )


def _finding(host: HostObservation, changes: list[str]) -> Finding:
    what = f"its next restart changes {names(changes)}" if changes else "none of the settings that k0stui reads differ"
    return Finding(
        "config-pending-restart",
        Severity.WARNING if changes else Severity.INFO,
        f"k0s.yaml on {host.name} is newer than the running k0s: {what}",
        subjects=(host.name,),
        evidence=(
            *said(host, "config_file", names(changes) or "changed after the start"),
            *said(host, "service", "started before the change"),
        ),
        because=("other-tool-active",),
        remedy=_remedy(changes),
    )


def _remedy(changes: list[str]) -> str:
    """No plan restarts a controller while a change waits there that is not its own (gate R-02)."""
    if not changes:
        return "nothing needs to be done; a staged restart (k0stui plan restart-controllers) makes both one"
    balancing = any(change.startswith(BALANCING) for change in changes)
    how = "make the change with k0stui plan nllb" if balancing else "make the change by hand, one controller at a time"
    return f"put the old file back before anything restarts k0s there; then {how}"


RULE = HostRule("config-pending-restart", check)
