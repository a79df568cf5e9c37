"""What the lab needs of this machine, why it cannot run here, and how to install it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

NEEDED = {
    "systemd-nspawn": "systemd-container",
    "debootstrap": "debootstrap",
    "ssh": "openssh-client",
    "ip": "iproute2",
    "nft": "nftables",
    "nsenter": "util-linux",
    "xz": "xz-utils",
    "mkfs.ext4": "e2fsprogs",
    "strace": "strace",
}
"""Program → Debian package."""


def missing_packages() -> list[str]:
    return sorted({package for program, package in NEEDED.items() if shutil.which(program, path=PATH) is None})


PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def why_not() -> str | None:
    """Why no lab can run here, in words for a skipped test; None when it can."""
    if os.geteuid() != 0:
        return "the lab needs root (systemd-nspawn, overlay mounts, a network namespace)"
    if missing := missing_packages():
        return f"not installed: {' '.join(missing)} (python -m tests.lab prepare)"
    if not os.path.exists("/sys/fs/cgroup/unified/cgroup.procs") and not os.path.exists("/sys/fs/cgroup/cgroup.procs"):
        return "no cgroup v2 hierarchy is mounted: systemd in the hosts would refuse to start"
    if "overlay" not in Path("/proc/filesystems").read_text() and subprocess.run(("modprobe", "overlay")).returncode:
        return "this kernel has no overlay file system"
    return None


def prepare() -> None:
    """Install by apt what is missing. Needs root and a Debian; does nothing when all is there."""
    missing = missing_packages()
    if not missing:
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(("apt-get", "update", "-qq"), check=True, env=environment)
    command = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing)
    subprocess.run(command, check=True, env=environment)
