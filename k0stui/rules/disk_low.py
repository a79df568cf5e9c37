"""A disk that k0s needs is nearly full: etcd stops without space, kubelets evict pods.

Source: safety.md C-06; k0s.md F37.
"""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Finding, Severity
from k0stui.model.host import LOW_SHARE, Filesystem
from k0stui.model.observed import Known, require
from k0stui.rules.facts.evidence import said
from k0stui.rules.facts.wording import size
from k0stui.rules.rule import HostRule


def check(host: HostObservation, snapshot: ClusterSnapshot) -> Iterator[Finding]:
    for disk in require(host.disks, "disks"):
        if disk.size and disk.available < disk.floor(controller=host.is_controller):
            yield _space(host, disk)
        elif disk.lacks_inodes:
            yield _inodes(host, disk)


def _space(host: HostObservation, disk: Filesystem) -> Finding:
    nearly_none = disk.available < LOW_SHARE * disk.size
    critical = host.is_controller or nearly_none
    return _finding(
        host,
        disk,
        Severity.CRITICAL if critical else Severity.WARNING,
        f"{disk.mount} on {host.name} has {size(disk.available)} of {size(disk.size)} free, "
        f"{size(disk.floor(controller=host.is_controller))} are needed",
        f"{size(disk.available)} free on {disk.mount}",
    )


def _inodes(host: HostObservation, disk: Filesystem) -> Finding:
    return _finding(
        host,
        disk,
        Severity.WARNING,
        f"{disk.mount} on {host.name} has {disk.inodes_free} of {disk.inodes} inodes free",
        f"{disk.inodes_free} inodes free on {disk.mount}",
    )


def _has_logs(host: HostObservation, disk: Filesystem) -> bool:
    """Whether the journal is on this very disk; where that is not known, it may be."""
    return not isinstance(host.log_usage, Known) or host.log_usage.value.mount in ("", disk.mount)


def _finding(host: HostObservation, disk: Filesystem, severity: Severity, sentence: str, value: str) -> Finding:
    return Finding(
        "disk-low",
        severity,
        sentence,
        subjects=(host.name,),
        evidence=said(host, "disks", value),
        because=("log-flood-fills-disk",) if _has_logs(host, disk) else (),
        remedy=f"on {host.name}: journalctl --disk-usage, du -xh / | sort -h | tail; journalctl --vacuum-size=500M",
    )


RULE = HostRule("disk-low", check)
