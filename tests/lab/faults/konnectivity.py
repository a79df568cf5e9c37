"""Diseases that do not come by themselves: the count trap, refused agents, a port taken, k0s newer on disk."""

from __future__ import annotations

import json
import time

from tests.lab import boot, view
from tests.lab.faults import processes
from tests.lab.faults.fault import Fault
from tests.lab.hosts import WORKERS, LabHost

KNOBS = "/etc/k0s-standin.json"
TOKEN = "/run/secrets/tokens/konnectivity-agent-token"


def count_trap(host: LabHost) -> None:
    """In a whole mesh: the host's server comes back with one server too few, agents attach, and it comes back right.

    Agents then have as many connections as they were last told of, and do not look for this server any more
    (reference/konnectivity.md §0.3). It takes about 20 s.
    """
    count = view.server_count(host) or 3
    knob(host, announce=count - 1)
    processes.kill(host, "konnectivity")
    _wait(host, len(WORKERS))
    knob(host, announce=None)
    processes.kill(host, "konnectivity")
    _wait(host, 0)


def _wait(host: LabHost, agents: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and view.ready_agents(host) != agents:
        time.sleep(0.3)


def restart_agents(host: LabHost) -> None:
    """The cure: every agent is killed, and its kubelet starts it again."""
    for each in WORKERS:
        processes.kill(each, "agent")


def bad_token(host: LabHost) -> None:
    boot.run(host, "sh", "-c", f"cp {TOKEN} {TOKEN}.good; echo wrong >{TOKEN}; kill -KILL $(pgrep -x proxy-agent)")


def good_token(host: LabHost) -> None:
    boot.run(host, "sh", "-c", f"mv {TOKEN}.good {TOKEN}")


def newer_on_disk(host: LabHost, version: str = "v1.33.1+k0s.0") -> None:
    knob(host, version=version)


def same_on_disk(host: LabHost, version: str = "v1.33.1+k0s.0") -> None:
    running = json.loads(boot.run(host, "k0s", "status", "-o", "json"))["Version"]
    knob(host, version=running)


def take_port(host: LabHost, port: str = "7443") -> None:
    listen = f"import socket,signal; s=socket.create_server(('127.0.0.1',{port})); signal.pause()"
    command = ("systemd-run", "--quiet", f"--unit=lab-port-{port}", "python3", "-c", listen)
    boot.run(host, *command)


def free_port(host: LabHost, port: str = "7443") -> None:
    boot.run(host, "systemctl", "stop", f"lab-port-{port}")


def no_registry(host: LabHost) -> None:
    knob(host, registry=False)


def registry(host: LabHost) -> None:
    knob(host, registry=None)


def knob(host: LabHost, **changes: object) -> None:
    """Change what the stand-in was told at `up`; None takes a key away."""
    knobs = json.loads(boot.run(host, "cat", KNOBS)) | changes
    kept = {key: value for key, value in knobs.items() if value is not None}
    boot.run(host, "sh", "-c", f"cat >{KNOBS}", stdin=json.dumps(kept))


FAULTS = (
    Fault(
        "count-trap",
        "",
        "in a whole mesh: agents forget this controller for good; undo restarts agents",
        count_trap,
        restart_agents,
    ),
    Fault("bad-token", "", "this worker's agent is refused by every server", bad_token, good_token),
    Fault("newer-on-disk", "[VERSION]", "the k0s program is newer than the process", newer_on_disk, same_on_disk),
    Fault("port-taken", "[PORT]", "another program listens on the worker's loopback (7443)", take_port, free_port),
    Fault("no-registry", "", "images cannot be pulled on this worker", no_registry, registry),
)
