"""Bring the whole lab up and down, and say how it is."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

from tests.lab import access, base, boot, fill, network, place, view
from tests.lab.faults import links
from tests.lab.fill import Knobs
from tests.lab.hosts import CONTROLLERS, HOSTS, WORKERS, LabHost
from tests.lab.pki import ClusterPki


def up(knobs: Knobs) -> None:
    """Boot; on return sshd answers on every host. A lab that runs with these knobs is left as it is."""
    if all(boot.running(host) for host in HOSTS) and knobs_of_running() == knobs:
        return
    down()
    place.LAB.mkdir(parents=True, exist_ok=True)
    image = base.make()
    network.make()
    access.make_keys()
    access.write_inventories()
    lower = (fill.program_layer(image, knobs), fill.common_layer(knobs), image)
    pki = ClusterPki()
    for host in HOSTS:
        fill.fill(boot.mount_root(host, lower), host, pki, knobs)
        boot.start(host)
    KNOBS.write_text(json.dumps(asdict(knobs)))
    wait_reachable(60)


KNOBS = place.LAB / "knobs.json"
"""With what the lab that runs was brought up."""


def knobs_of_running() -> Knobs | None:
    return Knobs(**json.loads(KNOBS.read_text())) if KNOBS.exists() else None


def settle(knobs: Knobs) -> None:
    """Bring it up and wait until it is at rest; a lab that was changed for good is made anew."""
    up(knobs)
    try:
        wait_settled(knobs, 60)
    except NotSettled:
        down()
        up(knobs)
        wait_settled(knobs)


def wait_settled(knobs: Knobs, limit: float = 120) -> None:
    """Wait until the cluster is what it was to be: the incident (4, 0, 0 agents) or whole (4, 4, 4)."""
    wanted = [len(WORKERS)] * 3 if knobs.nllb else [len(WORKERS), 0, 0]
    wait_until(lambda: view.columns() == wanted and all(_counts_all(each) for each in CONTROLLERS), limit)
    wait_until(lambda: all(view.agent_counts(each)[1] == len(CONTROLLERS) for each in WORKERS), limit)
    # From k0s 1.33.1 on an agent is ready half a minute after its start, and an unready one is replaced without regard.
    wait_until(lambda: view.rolled_out(CONTROLLERS[0]), limit)


def _counts_all(host: LabHost) -> bool:
    return view.server_count(host) == len(CONTROLLERS)


class NotSettled(SystemExit):
    """What was waited for did not come true in time; says how each host is instead."""


def wait_until(holds: Callable[[], bool], limit: float) -> None:
    """Ask twice a second; raises NotSettled."""
    deadline = time.monotonic() + limit
    while not holds():
        if time.monotonic() > deadline:
            lines = (f"{host.name}: {view.host_line(host)}" for host in HOSTS if boot.running(host))
            raise NotSettled(f"not so within {limit:g} s; " + "; ".join(lines))
        time.sleep(0.5)


def down() -> None:
    """Power everything off and remove every process, mount, interface, namespace and file of it; the base stays."""
    links.end_relays()
    for host in HOSTS:
        boot.remove(host)
    network.remove()
    shutil.rmtree(place.LAB, ignore_errors=True)


def wait_reachable(limit: float) -> None:
    """Wait until sshd greets on every host; raises SystemExit naming those that do not within `limit` seconds."""
    deadline = time.monotonic() + limit
    with network.inside(), ThreadPoolExecutor(len(HOSTS)) as pool:
        greeted = list(pool.map(lambda host: _greets(host, deadline), HOSTS))
    if silent := [host.name for host, ok in zip(HOSTS, greeted, strict=True) if not ok]:
        raise SystemExit(f"no answer on port 22 from {', '.join(silent)}; see {place.LAB}/hosts/*/console.log")


def _greets(host: LabHost, deadline: float) -> bool:
    while time.monotonic() < deadline:
        try:
            with socket.create_connection((host.address, 22), timeout=1) as connection:
                connection.settimeout(2)
                if connection.recv(4) == b"SSH-":
                    return True
        except OSError:
            time.sleep(0.1)
    return False


def ssh(host: LabHost, *command: str, user: str = access.USER) -> subprocess.CompletedProcess[str]:
    """Run a command by ssh as a client would, from within the namespace."""
    return subprocess.run(
        network.enter_command(*access.ssh_command(host, *command, user=user)), capture_output=True, text=True
    )
