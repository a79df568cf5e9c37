"""Boot, stop and enter one host: an overlay root, a control group of its own, systemd-nspawn in it.

Each host has a *keeper*: a shell that starts systemd-nspawn again when the host reboots (exit status 133) and ends with
it otherwise. Its pid is written down; nothing is ever ended by name. It has a mount namespace of its own: what nspawn
notes under /run by the machine's name, a second lab with hosts of the same names notes elsewhere.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from tests.lab import network, place
from tests.lab.hosts import LabHost

KEEPER = """
mkdir -p /run/systemd/nspawn && mount -t tmpfs lab-nspawn /run/systemd/nspawn || exit
for group in "$@"; do echo $$ >"$group/cgroup.procs"; done
while :; do
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --quiet --register=no --keep-unit --link-journal=no \\
        --console=pipe --boot --directory="$ROOT" --machine="$MACHINE" --hostname="$MACHINE" \\
        --network-bridge=lab0 --resolv-conf=off --timezone=off --kill-signal=SIGRTMIN+4
    [ $? = 133 ] || exit 0
done
"""

OWN_MOUNTS = ("unshare", "--mount", "--propagation", "slave", "--")
"""Slave: what `down` unmounts is unmounted for every keeper as well."""


def mount_root(host: LabHost, lower: tuple[Path, ...]) -> Path:
    """The host's root: `lower` layers (the first is on top) under one that only this host writes."""
    root = place.root(host.name)
    if os.path.ismount(root):
        return root
    work = place.upper(host.name).with_name("work")
    for each in (root, work, place.upper(host.name)):
        each.mkdir(parents=True, exist_ok=True)
    layers = f"lowerdir={':'.join(map(str, lower))},upperdir={place.upper(host.name)},workdir={work}"
    subprocess.run(("mount", "-t", "overlay", "overlay", "-o", layers, str(root)), check=True)
    return root


def unmount_root(host: LabHost) -> None:
    root = place.root(host.name)
    for mounted in reversed(_mounts_below(root)):
        subprocess.run(("umount", mounted), check=True)


def _mounts_below(path: Path) -> list[str]:
    paths = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    return sorted({each for each in paths if each == str(path) or each.startswith(f"{path}/")})


def start(host: LabHost) -> None:
    """Power on; returns at once. Nothing happens when the host runs."""
    if running(host):
        return
    groups = _make_groups(host)
    console = (place.pid_file(host.name).parent / "console.log").open("ab")
    keeper = subprocess.Popen(
        network.enter_command(*OWN_MOUNTS, "sh", "-c", KEEPER, "keeper", *map(str, groups)),
        env={"PATH": os.environ["PATH"], "ROOT": str(place.root(host.name)), "MACHINE": host.name},
        stdin=subprocess.DEVNULL,
        stdout=console,
        stderr=console,
        start_new_session=True,
    )
    console.close()
    place.pid_file(host.name).write_text(str(keeper.pid))


def keeper_pid(host: LabHost) -> int | None:
    """The pid of the host's keeper while it lives."""
    try:
        pid = int(place.pid_file(host.name).read_text())
        own = f"ROOT={place.root(host.name)}".encode()
        return pid if own in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") else None
    except (OSError, ValueError):
        return None


def running(host: LabHost) -> bool:
    return keeper_pid(host) is not None


def init_pid(host: LabHost) -> int | None:
    """The pid, as seen from here, of the host's own systemd."""
    keeper = keeper_pid(host)
    for nspawn in _children(keeper) if keeper else ():
        for child in _children(nspawn):
            if Path(f"/proc/{child}/ns/pid").readlink() != Path("/proc/self/ns/pid").readlink():
                return child
    return None


def _children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def power_off(host: LabHost) -> None:
    """As if the plug were pulled: its cable first, so that no FIN leaves it, then every process at once."""
    keeper, init = keeper_pid(host), init_pid(host)
    if keeper is None:
        return
    network.run_inside("ip", "link", "set", host.link, "down", check=False)
    nspawns = _children(keeper)
    for pid in (keeper, init):
        if pid:
            end(pid)
    for pid in nspawns:
        end(pid, patience=3)
    _remove_groups(host)
    place.pid_file(host.name).unlink(missing_ok=True)


def end(pid: int, patience: float = 0) -> None:
    """End one process of the lab, unless it ends by itself within `patience` seconds; wait until it is gone."""
    _wait_gone(pid, patience)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)
    _wait_gone(pid, 10)


def _wait_gone(pid: int, limit: float) -> None:
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline and _alive(pid):
        time.sleep(0.01)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def enter_host(host: LabHost, *command: str) -> tuple[str, ...]:
    """`command` as root on the host, by its namespaces: works without network, sshd or sudo."""
    pid = init_pid(host)
    if pid is None:
        raise SystemExit(f"{host.name} is not running; python -m tests.lab up")
    return ("nsenter", "-t", str(pid), "-m", "-u", "-i", "-n", "-p", "-C", "--", *command)


def run(host: LabHost, *command: str, check: bool = True, stdin: str | None = None) -> str:
    """What `command` printed as root on the host."""
    done = subprocess.run(
        enter_host(host, *command), input=stdin, capture_output=True, text=True, env={"PATH": HOST_PATH, "LC_ALL": "C"}
    )
    if check and done.returncode:
        raise SystemExit(f"{host.name}: {' '.join(command)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


HOST_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _groups(host: LabHost) -> tuple[Path, ...]:
    # On a machine that mixes both versions (as systemd does in its hybrid mode) nspawn wants its own in each.
    mixed = (Path("/sys/fs/cgroup/systemd"), Path("/sys/fs/cgroup/unified"))
    tops = mixed if mixed[1].exists() else (Path("/sys/fs/cgroup"),)
    return tuple(top / place.NAMESPACE / host.name for top in tops if top.exists())


def _make_groups(host: LabHost) -> tuple[Path, ...]:
    for group in _groups(host):
        group.mkdir(parents=True, exist_ok=True)
    return _groups(host)


def _remove_groups(host: LabHost) -> None:
    for group in _groups(host):
        for each in sorted(group.rglob("*"), reverse=True) if group.exists() else ():
            if each.is_dir():
                _remove_group(each)
        _remove_group(group)


def _remove_group(group: Path) -> None:
    deadline = time.monotonic() + 5
    while group.exists():
        try:
            group.rmdir()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def remove(host: LabHost) -> None:
    """Power off and take away root, control groups and files."""
    power_off(host)
    _remove_groups(host)
    unmount_root(host)
    shutil.rmtree(place.pid_file(host.name).parent, ignore_errors=True)
    for group in _groups(host):
        if group.parent.exists() and not any(each.is_dir() for each in group.parent.iterdir()):
            group.parent.rmdir()
