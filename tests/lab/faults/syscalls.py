"""System calls: one of a running program's fails, or ends it, from now on. strace stands behind the program."""

from __future__ import annotations

import time

from tests.lab import boot
from tests.lab.faults import processes
from tests.lab.faults.fault import Fault
from tests.lab.hosts import LabHost

STRACE = ("strace", "-qq", "-f", "-o", "/dev/null")


def inject(host: LabHost, program: str, call: str, what: str = "EIO", path: str = "") -> None:
    """`call` of the program ends in the error `what` (ENOSPC, EIO …), or at it the program ends (SIGKILL …).

    With `path` only where the call is about that file.
    """
    pid = processes.pid(host, program)
    kind = "signal" if what.startswith("SIG") else "error"
    only = ("-P", path) if path else ()
    command = (*STRACE, "-p", pid, *only, "-e", f"inject={call}:{kind}={what}")
    boot.run(host, "systemd-run", "--quiet", "--collect", f"--unit={_unit(program)}", *command)
    _wait_traced(host, pid)


def _wait_traced(host: LabHost, pid: str) -> None:
    deadline = time.monotonic() + 20
    while "TracerPid:\t0" in boot.run(host, "cat", f"/proc/{pid}/status", check=False):
        if time.monotonic() > deadline:
            raise SystemExit(f"{host.name}: strace did not get hold of process {pid}")
        time.sleep(0.05)


def let_go(host: LabHost, program: str, *_: str) -> None:
    boot.run(host, "systemctl", "stop", _unit(program), check=False)


def _unit(program: str) -> str:
    return f"lab-inject-{program}"


FAULTS = (
    Fault(
        "syscall",
        "PROGRAM CALL [ERROR|SIGNAL] [PATH]",
        "CALL of the running program fails (EIO), or ends it (SIGKILL), on PATH only if named",
        inject,
        let_go,
    ),
)
