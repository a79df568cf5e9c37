"""A poller beside a repair: each controller asked once a second on itself, by its namespaces, through no k0stui."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab import boot
from tests.lab.hosts import CONTROLLERS, LabHost

SCRIPT = (Path(__file__).parent / "repair_on_host.py").read_text("utf-8")
GONE, HUNT = 30.0, 40.0
"""Seconds without a server before it is there anew, and that agents may look for it then (they wait up to 35)."""

BLIND = 5.0
"""Seconds without a sample from which on a host counts as away; a sample takes up to three."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One controller in one second."""

    at: float
    """CLOCK_MONOTONIC: all hosts of the lab share the kernel's."""
    agents: int | None
    server: str
    """The konnectivity-server's pid; empty: none runs."""
    announced: str
    unit: str
    invocation: str
    api: bool
    """The API server on it answers, with whatever status."""
    etcd: bool
    config: str
    """sha256 of k0s.yaml."""

    @property
    def is_up(self) -> bool:
        """k0s runs, and API server and etcd of this host answer."""
        return self.unit == "active/running" and self.api and self.etcd


@dataclass
class Poller:
    """All samples, by host."""

    samples: dict[str, list[Sample]] = field(default_factory=lambda: {host.name: [] for host in CONTROLLERS})

    def configs(self, host: LabHost) -> set[str]:
        """Every content of k0s.yaml that was ever seen there."""
        return {each.config for each in self.samples[host.name]} - {""}

    def servers(self, host: LabHost) -> list[tuple[float, str]]:
        """When which konnectivity-server was there first: (at, count announced)."""
        found: dict[str, tuple[float, str]] = {}
        for each in self.samples[host.name]:
            if each.server:
                found.setdefault(each.server, (each.at, each.announced))
        return list(found.values())

    def most_down(self) -> tuple[int, float]:
        """How many controllers were down at once at the worst moment, and when that was."""
        times = sorted({each.at for samples in self.samples.values() for each in samples})
        counts = [(sum(self._is_down(host.name, at) for host in CONTROLLERS), at) for at in times]
        return max(counts, default=(0, 0.0))

    def _is_down(self, name: str, at: float) -> bool:
        before = [each for each in self.samples[name] if each.at <= at]
        if not before:
            return False
        return not before[-1].is_up or (at - before[-1].at > BLIND and any(each.at > at for each in self.samples[name]))

    def unexplained(self, host: LabHost, wanted: int) -> list[float]:
        """When its server had more than one agent less than `wanted`, though it had not just been started."""
        starts = [at for at, _ in self.servers(host)][1:]
        return [each.at for each in self.short(host, wanted) if not any(-GONE <= each.at - at <= HUNT for at in starts)]

    def short(self, host: LabHost, wanted: int) -> list[Sample]:
        """The samples with more than one agent less than `wanted`; a server that does not answer has none."""
        return [each for each in self.samples[host.name] if (each.agents or 0) < wanted - 1]

    def losses(self, host: LabHost) -> list[float]:
        """When its server had two agents less than it once had."""
        most, found = 0, list[float]()
        for each in self.samples[host.name]:
            most = max(most, each.agents or 0)
            found += [each.at] if (each.agents or 0) < most - 1 else []
        return found


@contextmanager
def polling() -> Iterator[Poller]:
    """Look at every controller once a second for the length of a `with`; a host that reboots is looked at again."""
    poller, over = Poller(), threading.Event()
    processes: dict[str, subprocess.Popen[str]] = {}
    threads = [
        threading.Thread(target=_follow, args=(host, poller.samples[host.name], over, processes), daemon=True)
        for host in CONTROLLERS
    ]
    threads.append(threading.Thread(target=_keep_going, args=(processes, over), daemon=True))
    for each in threads:
        each.start()
    try:
        yield poller
    finally:
        over.set()
        for process in list(processes.values()):
            assert process.stdin is not None
            process.stdin.close()
        for each in threads:
            each.join(10)


def _follow(
    host: LabHost, samples: list[Sample], over: threading.Event, processes: dict[str, subprocess.Popen[str]]
) -> None:
    while not over.is_set():
        if boot.init_pid(host) is None:
            over.wait(0.5)
            continue
        command = boot.enter_host(host, "python3", "-u", "-c", SCRIPT)
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)
        processes[host.name] = process
        assert process.stdout is not None
        # The last line may be torn: the host lost its power.
        samples.extend(Sample(**json.loads(line)) for line in process.stdout if line.endswith("}\n"))
        process.wait()
        over.wait(0.5)


def _keep_going(processes: dict[str, subprocess.Popen[str]], over: threading.Event) -> None:
    """A shutdown stops all of a host's processes before it ends them, nsenter then stops itself as well: nobody would
    take away what ended, and the host's own init waits for that."""
    while not over.wait(1):
        for process in list(processes.values()):
            process.send_signal(signal.SIGCONT)


def now() -> float:
    """On the clock of the samples."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)
