"""Disks that are nearly full."""

from __future__ import annotations

import pytest

from k0stui.model.finding import Severity
from k0stui.model.host import Filesystem, LogUsage
from k0stui.rules.disk_low import RULE
from tests.builders import GIB, a_cluster, unknown
from tests.rules.judging import finding, is_silent, judged, lacking


def disk(size: int, free: int, inodes: int = 1000, inodes_free: int = 900) -> tuple[Filesystem, ...]:
    return (Filesystem("/var", "/dev/sdb1", size * GIB, free * GIB, inodes, inodes_free),)


def test_room_enough() -> None:
    """64 of 100 GiB."""
    assert is_silent(RULE, a_cluster())


@pytest.mark.parametrize(
    ("host", "size", "free", "severity"),
    [
        ("k0s-master-1", 100, 4, Severity.CRITICAL),
        ("k0s-master-1", 10, 0, Severity.CRITICAL),
        ("k0s-worker-1", 100, 14, Severity.WARNING),
        ("k0s-worker-1", 100, 4, Severity.CRITICAL),
    ],
)
def test_below_the_floor(host: str, size: int, free: int, severity: Severity) -> None:
    """Controllers need 5 % and 1 GiB, workers 15 %."""
    assert finding(RULE, a_cluster().where(host, disks=disk(size, free))).severity is severity


@pytest.mark.parametrize(("host", "free"), [("k0s-master-1", 6), ("k0s-worker-1", 16)])
def test_above_the_floor(host: str, free: int) -> None:
    """Just enough is enough."""
    assert is_silent(RULE, a_cluster().where(host, disks=disk(100, free)))


def test_a_small_run_of_a_healthy_controller_is_no_finding() -> None:
    """/run of a controller with 4 GB is a tmpfs of 390 MiB: a quarter of it is enough, less is not."""
    for free, silent in ((380, True), (98, True), (97, False)):
        run = (Filesystem("/run", "tmpfs", 390 << 20, free << 20),)
        assert is_silent(RULE, a_cluster().where("k0s-master-1", disks=run)) is silent


def test_inodes() -> None:
    """Space is left, names are not."""
    found = finding(RULE, a_cluster().where("k0s-worker-1", disks=disk(100, 50, 1000, 10)))

    assert "10 of 1000 inodes free" in found.sentence


def test_only_the_journals_own_disk_is_filled_by_a_flood() -> None:
    """The log lies on /: what fills /var/lib/k0s is something else."""
    flooded = a_cluster().where("k0s-master-1", log_usage=LogUsage(GIB, 50_000, 4 * GIB, "/", None))
    for mount, cause in (("/", "log-flood-fills-disk"), ("/var/lib/k0s", None)):
        full = (Filesystem(mount, "/dev/sdb1", 100 * GIB, 0, 1000, 900),)
        found = judged(flooded.where("k0s-master-1", disks=full)).findings
        assert [one.explained_by for one in found if one.rule == RULE.id] == [cause]


def test_unknown_disks_are_unknown() -> None:
    """`df` did not answer."""
    assert "k0s-worker-1: disks" in lacking(RULE, a_cluster().where("k0s-worker-1", disks=unknown()))
