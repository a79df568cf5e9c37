"""The base image that all hosts share: a small Debian with systemd, sshd, etcd and Python, made once by debootstrap."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

from tests.lab import place

SUITE = "trixie"
"""Debian 13: its etcd is 3.5.16, next to the 3.5.17 of k0s v1.32.1; Debian 12 has 3.4, without `linearizable`."""
PACKAGES = [
    "systemd", "systemd-sysv", "dbus", "libpam-systemd", "openssh-server", "sudo", "etcd-server",
    "etcd-client", "iproute2", "iputils-ping", "nftables", "curl", "procps", "python3",
    "python3-yaml", "mawk", "openssl", "libfaketime", "strace", "util-linux-extra", "less",
]  # fmt: skip
SET_UP = """
useradd --create-home --shell /bin/bash ops
useradd --create-home --shell /bin/bash viewer
printf 'ops ALL=(ALL) NOPASSWD:ALL\\n' >/etc/sudoers.d/ops
chmod 0440 /etc/sudoers.d/ops
for unit in etcd.service systemd-networkd.service apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer \
    fstrim.timer dpkg-db-backup.timer ldconfig.service systemd-journal-catalog-update.service \
    getty@.service console-getty.service; do ln -sf /dev/null /etc/systemd/system/$unit; done
ln -sf /lib/systemd/system/multi-user.target /etc/systemd/system/default.target
mkdir -p /var/log/journal
rm -f /etc/ssh/ssh_host_* /etc/machine-id /var/lib/dbus/machine-id
apt-get clean
rm -rf /var/lib/apt/lists/* /usr/share/doc/* /usr/share/locale/*
"""
RECIPE = hashlib.sha256("\0".join((SUITE, *PACKAGES, SET_UP)).encode()).hexdigest()[:12]


def path() -> Path:
    """Where the base of this recipe lies; another recipe is another directory."""
    return place.CACHE / f"base-{RECIPE}"


def make() -> Path:
    """The base image, made if it is not there yet (about two minutes). Half-made ones are never used.

    Two labs share it: the second waits while the first makes it.
    """
    if path().exists():
        return path()
    place.CACHE.mkdir(parents=True, exist_ok=True)
    with (place.CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return path() if path().exists() else _make()


def _make() -> Path:
    making = place.CACHE / f"making-{RECIPE}"
    shutil.rmtree(making, ignore_errors=True)
    command = ("debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, str(making), mirror())
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(("chroot", str(making), "sh", "-euc", SET_UP), check=True, stdout=subprocess.DEVNULL)
    making.rename(path())
    return path()


def mirror() -> str:
    """The Debian mirror that this machine's own apt uses; the lab names none."""
    asked = ("apt-get", "indextargets", "--format", "$(ORIGIN) $(LABEL) $(REPO_URI)", "Created-By: Packages")
    for line in subprocess.run(asked, check=True, capture_output=True, text=True).stdout.splitlines():
        origin, label, uri = line.split(" ", 2)
        if (origin, label) == ("Debian", "Debian"):
            return uri
    raise SystemExit("apt knows no Debian mirror on this machine; run apt-get update and try again")
