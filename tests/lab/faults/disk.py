"""Disks: full, out of inodes, read-only.

A controller's /var/lib/k0s is a file system of its own, which is simply filled. Any other path gets a small file system
put over it, with the same content: what processes have open there still goes to the old one.
"""

from __future__ import annotations

from tests.lab import boot
from tests.lab.faults.fault import Fault
from tests.lab.hosts import LabHost

COVER = """
import os, shutil, subprocess, sys

path, options = sys.argv[1:3]
os.makedirs(path, exist_ok=True)
if not os.path.ismount(path):
    copy = "/run/lab-copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(path, copy, symlinks=True)
    files = [os.path.join(place, each) for place, _, names in os.walk(copy) for each in names]
    bytes_used = sum(4096 + os.path.getsize(each) for each in files)
    files_used = sum(1 for _ in os.walk(copy)) + len(files)
    options = options.format(size=bytes_used + (256 << 10), inodes=files_used + 32)
    subprocess.run(("mount", "-t", "tmpfs", "-o", f"mode=0755,{options}", "lab-cover", path), check=True)
    shutil.copytree(copy, path, symlinks=True, dirs_exist_ok=True)
    shutil.rmtree(copy)
# Without this a mistake above would fill the disk of the machine that the lab runs on.
if os.stat(path).st_dev == os.stat("/").st_dev:
    sys.exit(f"{path} is not a file system of its own")
"""
FILL_BYTES = """
with open(f"{path}/.lab-fill", "wb") as fill:
    left = os.statvfs(path).f_bavail * os.statvfs(path).f_frsize
    os.posix_fallocate(fill.fileno(), 0, max(left, 1))
    fill.seek(0, 2)
    try:
        while True:
            fill.write(bytes(4096))
            fill.flush()
    except OSError:
        os._exit(0)
"""
FILL_INODES = """
os.mkdir(f"{path}/.lab-fill")
try:
    for number in range(1 << 20):
        open(f"{path}/.lab-fill/{number}", "w").close()
except OSError:
    pass
"""
EMPTY = """
rm -rf "$1/.lab-fill"
[ "$(findmnt -n -o SOURCE "$1")" != lab-cover ] || umount -l "$1"
"""


def full(host: LabHost, path: str = "/var/lib/k0s") -> None:
    boot.run(host, "python3", "-c", COVER + FILL_BYTES, path, "size={size}")


def no_inodes(host: LabHost, path: str = "/var/lib/k0s") -> None:
    boot.run(host, "python3", "-c", COVER + FILL_INODES, path, "nr_inodes={inodes}")


def empty(host: LabHost, path: str = "/var/lib/k0s") -> None:
    boot.run(host, "sh", "-c", EMPTY, "empty", path)


def read_only(host: LabHost, path: str = "/etc/k0s") -> None:
    """A read-only mount over the path; files that are open for writing stay so."""
    script = 'mkdir -p "$1"; mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"'
    boot.run(host, "sh", "-ec", script, "ro", path)


def writable(host: LabHost, path: str = "/etc/k0s") -> None:
    boot.run(host, "umount", "-l", path)


FAULTS = (
    Fault("disk-full", "[PATH]", "no byte is left (/var/lib/k0s)", full, empty),
    Fault("inodes-full", "[PATH]", "no inode is left (/var/lib/k0s)", no_inodes, empty),
    Fault("read-only", "[PATH]", "nothing can be written (/etc/k0s)", read_only, writable),
)
