"""The lab comes up in seconds, is closed to the outside, and goes without a trace."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

from tests.lab import boot, lab, network, place
from tests.lab.conftest import INCIDENT
from tests.lab.hosts import HOSTS


def test_every_host_answers_by_ssh(incident: None) -> None:
    """All seven hosts and the bastion let the lab's user in, by key, with the host key that known_hosts has."""
    assert [lab.ssh(host, "hostname").stdout.strip() for host in HOSTS] == [host.name for host in HOSTS]


def test_sudo_is_for_ops_and_not_for_viewer(incident: None) -> None:
    """The inventory's user may sudo without a password; viewer may not, and root may not even log in."""
    controller = HOSTS[0]

    assert lab.ssh(controller, "sudo", "-n", "id", "-u").stdout == "0\n"
    assert lab.ssh(controller, "sudo", "-n", "id", user="viewer").returncode == 1
    assert lab.ssh(controller, "id", user="root").returncode == 255


def test_no_way_leads_out(incident: None) -> None:
    """The namespace and the hosts know one network, their own: nothing can be sent to any other address."""
    routes = network.run_inside("ip", "-j", "route"), boot.run(HOSTS[0], "ip", "-j", "route")

    assert [[each["dst"] for each in json.loads(text)] for text in routes] == [["10.10.10.0/24"], ["10.10.10.0/24"]]


def test_down_leaves_no_trace() -> None:
    """Processes, mounts, loop devices, interfaces, namespaces, control groups and files are gone after it."""
    lab.down()
    before = _interfaces()
    begin = time.monotonic()
    lab.up(INCIDENT)
    print(f"up with the base at hand: {time.monotonic() - begin:.1f} s")
    processes = _processes()
    assert len(processes) > len(HOSTS)

    lab.down()

    assert _interfaces() == before
    assert [pid for pid, born in processes.items() if _born(pid) == born] == []
    assert [line for line in Path("/proc/self/mounts").read_text().splitlines() if f"{place.LAB}/" in line] == []
    assert [
        each for each in Path("/sys/block").glob("loop*/loop/backing_file") if f"{place.LAB}/" in each.read_text()
    ] == []
    assert not network.NAMESPACE_FILE.exists()
    assert list(Path("/sys/fs/cgroup").glob(f"*/{place.NAMESPACE}")) == []
    assert not place.LAB.exists()


def _interfaces() -> str:
    links = json.loads(subprocess.run(("ip", "-j", "link"), capture_output=True, text=True, check=True).stdout)
    return " ".join(sorted(each["ifname"] for each in links))


def _processes() -> dict[int, str]:
    """Everything that runs in the lab's control groups, with its start time."""
    found = {}
    for cgroup in Path("/proc").glob("[0-9]*/cgroup"):
        try:
            if f"/{place.NAMESPACE}/" in cgroup.read_text():
                found[int(cgroup.parent.name)] = _born(int(cgroup.parent.name))
        except OSError:
            continue
    return found


def _born(pid: int) -> str:
    """Start time in clock ticks; empty when the process is gone or only waits to be reaped."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]
