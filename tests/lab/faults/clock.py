"""The clock of one host: libfaketime is preloaded into programs that start from now on, since all share the kernel's.

`date`, shells, sudo and, where asked, a restarted k0s see the other time. Go programs (etcd) do not use libc and keep
the true one; so does what runs already, journald among it.
"""

from __future__ import annotations

from tests.lab import boot
from tests.lab.faults.fault import Fault
from tests.lab.hosts import LabHost

LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"


def step(host: LabHost, seconds: str = "+40", and_k0s: str = "") -> None:
    script = f"""test -e {LIBRARY}; printf '%s\\n' '{seconds}' >/etc/faketimerc; echo {LIBRARY} >/etc/ld.so.preload"""
    boot.run(host, "sh", "-ec", script)
    if and_k0s:
        _restart(host)


def back(host: LabHost, seconds: str = "+40", and_k0s: str = "") -> None:
    boot.run(host, "rm", "-f", "/etc/ld.so.preload", "/etc/faketimerc")
    if and_k0s:
        _restart(host)


def _restart(host: LabHost) -> None:
    boot.run(host, "systemctl", "restart", "k0scontroller" if host.role == "controller" else "k0sworker")


FAULTS = (
    Fault(
        "clock",
        "[SECONDS] [k0s]",
        "programs started from now on see the time shifted (+40); k0s too if asked",
        step,
        back,
    ),
)
