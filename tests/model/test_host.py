"""What a host has room for."""

from __future__ import annotations

import pytest

from k0stui.model.host import GIB, Filesystem


@pytest.mark.parametrize(
    ("size", "controller", "least"),
    [
        (GIB // 2, True, GIB // 8),
        (4 * GIB, True, GIB),
        (10 * GIB, True, GIB),
        (100 * GIB, True, 5 * GIB),
        (100 * GIB, False, 15 * GIB),
    ],
)
def test_the_floor_of_a_filesystem(size: int, controller: bool, least: int) -> None:
    """Controllers keep 1 GiB and 5 %, of a small filesystem a quarter; workers 15 %."""
    assert Filesystem("/", "x", size, 0).floor(controller=controller) == least


def test_a_filesystem_that_counts_no_inodes_lacks_none() -> None:
    """btrfs and tmpfs may say 0 of 0."""
    assert not Filesystem("/", "x", GIB, 0).lacks_inodes
    assert Filesystem("/", "x", GIB, 0, 1000, 49).lacks_inodes
