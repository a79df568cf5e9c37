"""Where the lab keeps its things: the base image in a cache, all else in one directory that `down` empties."""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LAB = Path(os.environ.get("K0STUI_LAB_DIR", REPOSITORY / ".lab")).resolve()
"""State of the running lab: roots, keys, inventory. Ignored by git."""
CACHE = Path(os.environ.get("K0STUI_LAB_CACHE", "/var/cache/k0stui-lab"))
"""The base image, some 450 MB; it stays between runs."""
STANDIN = Path(__file__).parent / "standin"
K0S_BINARY = os.environ.get("K0STUI_K0S_BINARY", "")
"""A real k0s to put in the stand-in's place; its images and containerd are then the caller's business."""
NAMESPACE = os.environ.get("K0STUI_LAB_NAMESPACE", "k0stui-lab")
"""The network namespace; two labs on one machine take two of these, and two directories."""
HOME = LAB / "home"
"""A home directory for clients: `~/.ssh` there holds the key, the known hosts and an ssh_config."""


def root(name: str) -> Path:
    """The root directory of a host, as mounted."""
    return LAB / "hosts" / name / "root"


def upper(name: str) -> Path:
    """What a host has written: the upper layer of its root."""
    return LAB / "hosts" / name / "upper"


def pid_file(name: str) -> Path:
    """Holds the pid of the process that keeps the host running."""
    return LAB / "hosts" / name / "keeper.pid"
