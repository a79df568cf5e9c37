"""What the lab's hosts say of a repair, by their own means; and the lab as a repair needs it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab import boot, lab, place, view
from tests.lab.fill import Knobs
from tests.lab.hosts import CONTROLLERS, HOSTS, WORKERS, LabHost
from tests.lab.repair import wait

STABLE = 300
"""Seconds that a unit must be up before it may be restarted (gate R-08), for any plan and without a way around it."""

WHOLE = Knobs(flood=60, nllb=True)

STARTED = "39f53479d3a045ac8e11786248231fbf"
"""MESSAGE_ID of systemd: a unit has been started. Written by PID 1, so no restart escapes it."""


def unit_of(host: LabHost) -> str:
    return "k0scontroller" if host.role == "controller" else "k0sworker"


def up_for(host: LabHost) -> float:
    """Seconds since k0s was started there, by systemd; 0 while it does not run."""
    script = f"systemctl show -P ActiveEnterTimestampMonotonic {unit_of(host)}; cat /proc/uptime"
    entered, uptime = boot.run(host, "sh", "-c", script).splitlines()
    # Containers share the kernel's clock, and systemd counts from the boot of the kernel.
    return float(uptime.split()[0]) - int(entered) / 1e6 if int(entered) else 0.0


def steady(*hosts: LabHost) -> None:
    """Wait until each has been up for long enough to be restarted again."""
    wait(lambda: all(up_for(host) > STABLE + 2 for host in hosts), STABLE + 60, "long up", pause=3)


def longest_up() -> LabHost:
    """The worker that may be restarted soonest; returns when it may."""
    host = max(WORKERS, key=up_for)
    steady(host)
    return host


def starts(host: LabHost, since: float) -> list[str]:
    """The InvocationIDs of all starts of k0s there since then (wall clock), as PID 1 wrote them into the journal."""
    ask = f"journalctl -q -u {unit_of(host)} --since @{since:.3f} -o json MESSAGE_ID={STARTED} _PID=1"
    lines = boot.run(host, "sh", "-c", ask, check=False).splitlines()
    return [json.loads(line)["INVOCATION_ID"] for line in lines]


def accepted(host: LabHost, operation: str) -> list[tuple[str, int]]:
    """(step, attempt) of each restart that the guard passed on to PID 1 there, by the host's own record."""
    text = boot.run(host, "cat", f"/var/lib/k0stui/ops/{operation}/record.jsonl", check=False)
    lines = [json.loads(line) for line in text.splitlines() if line.startswith('{"by":"guard"')]
    return [(each["step"], each["attempt"]) for each in lines if each["state"] == "accepted"]


@contextmanager
def guard_waits(host: LabHost, seconds: float) -> Iterator[None]:
    """The guard's own lock on that host is busy for so long: between INTENT and its turn there is time for a fault.

    The guard waits for five seconds at most.
    """
    hold = boot.enter_host(host, "flock", "/var/lib/k0stui/.flock", "sleep", str(seconds))
    process = subprocess.Popen(hold, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.wait(60)


def lock_line(host: LabHost) -> str:
    return boot.run(host, "sh", "-c", "cat /var/lib/k0stui/lock 2>/dev/null", check=False).strip()


def config_bytes(host: LabHost) -> bytes:
    return (place.root(host.name) / "etc/k0s/k0s.yaml").read_bytes()


def with_balancing(before: bytes) -> bytes:
    """What k0s.yaml must be afterwards: one line more, every other byte as it was."""
    at = before.index(b"  network:\n") + len(b"  network:\n")
    return before[:at] + b"    nodeLocalLoadBalancing: {enabled: true}\n" + before[at:]


def clear() -> None:
    """By the lab's own means: no lock, no record, as if k0stui had never been there."""
    for host in (*CONTROLLERS, *WORKERS):
        if boot.running(host):
            boot.run(host, "rm", "-rf", "/var/lib/k0stui")


def bring_whole() -> None:
    """The cluster with node-local load balancing: what a repair has left behind, or a new lab."""
    if all(boot.running(host) for host in HOSTS) and not lab.KNOBS.exists():
        wait_whole()
    else:
        lab.settle(WHOLE)


def wait_whole(limit: float = 180) -> None:
    """All hosts answer, all units run, all links are up."""
    lab.wait_reachable(60)
    lab.wait_until(lambda: view.columns() == [len(WORKERS)] * len(CONTROLLERS), limit)
