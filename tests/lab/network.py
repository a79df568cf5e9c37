"""The lab's network: one namespace that the lab makes itself, with a bridge in it and no way out.

Nothing outside can be reached from it and it cannot be reached from outside, save by a process that enters it:
`ip netns exec k0stui-lab …`, or `with inside():` in a test.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab import place
from tests.lab.hosts import OUTSIDE

NAMESPACE_FILE = Path("/run/netns") / place.NAMESPACE
BRIDGE = "lab0"
CLONE_NEWNET = 0x40000000


def enter_command(*command: str) -> tuple[str, ...]:
    """`command`, to be run within the namespace. Not `ip netns exec`: its fresh /sys hides the cgroups."""
    return ("nsenter", f"--net={NAMESPACE_FILE}", "--", *command)


def run_inside(*command: str, check: bool = True, stdin: str | None = None) -> str:
    """What `command` printed when run within the namespace."""
    done = subprocess.run(enter_command(*command), input=stdin, capture_output=True, text=True)
    if check and done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def make() -> None:
    """The namespace with its bridge; does nothing when it is there."""
    if NAMESPACE_FILE.exists():
        return
    subprocess.run(("ip", "netns", "add", place.NAMESPACE), check=True)
    run_inside("ip", "link", "set", "lo", "up")
    run_inside("ip", "link", "add", BRIDGE, "type", "bridge")
    run_inside("ip", "address", "add", f"{OUTSIDE}/24", "dev", BRIDGE)
    run_inside("ip", "link", "set", BRIDGE, "up")


def remove() -> None:
    """The namespace and all that is in it."""
    if NAMESPACE_FILE.exists():
        subprocess.run(("ip", "netns", "delete", place.NAMESPACE), check=True)


@contextmanager
def inside() -> Iterator[None]:
    """This thread, and the threads it starts, within the namespace; sockets that it opens stay there afterwards."""
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    wanted = os.open(NAMESPACE_FILE, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _set_namespace(wanted)
        yield
    finally:
        _set_namespace(before)
        os.close(before)
        os.close(wanted)


def _set_namespace(descriptor: int) -> None:
    # os.setns() is there from Python 3.12 on.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), f"cannot enter the namespace {place.NAMESPACE}")
