"""How much of a disk must stay free.

Source: safety.md C-06; below 15 % a kubelet starts to evict, and an etcd without space costs quorum (k0s.md F37).
"""

from __future__ import annotations

from k0stui.model.cluster import HostObservation
from k0stui.model.host import Filesystem

GIB = 1 << 30
CONTROLLER_BYTES = GIB
CONTROLLER_SHARE = 0.05
WORKER_SHARE = 0.15
INODES = 0.05


def floor(host: HostObservation, disk: Filesystem) -> float:
    """Bytes that must stay free on this disk of this host."""
    if host.is_controller:
        return max(CONTROLLER_BYTES, CONTROLLER_SHARE * disk.size)
    return WORKER_SHARE * disk.size


def inode_floor(disk: Filesystem) -> float:
    return INODES * disk.inodes
