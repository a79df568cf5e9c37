"""What any simulated host says of itself: name, clock, unit, rights, disks, addresses, logs."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from k0stui.demo.controller import Controller
from k0stui.demo.host import GIB
from k0stui.demo.said import Asked, Said, say
from k0stui.demo.worker import AGENT_PORT, API_PORT, Worker
from k0stui.probes.host import log_signs
from k0stui.probes.host.privileges import TOOLS

CERTIFICATES = (
    ("pki/admin.crt", "O = system:masters, CN = kubernetes-admin", 365),
    ("pki/apiserver-etcd-client.crt", "O = apiserver-etcd-client, CN = apiserver-etcd-client", 365),
    ("pki/ca.crt", "CN = kubernetes-ca", 3650),
    ("pki/server.crt", "O = kubernetes, CN = kubernetes", 365),
    ("pki/etcd/ca.crt", "CN = etcd-ca", 3650),
    ("pki/etcd/peer.crt", "O = etcd-peer, CN = etcd-peer", 365),
    ("pki/etcd/server.crt", "O = etcd-server, CN = etcd-server", 365),
)
"""(path below the data folder, subject, days from the host's boot)."""


def identity(asked: Asked) -> Said:
    host = asked.host
    uptime = (asked.fleet.wall(asked.now) - asked.fleet.wall(host.booted)).total_seconds()
    return say(
        f"hostname={host.name}\nmachine_id={host.machine_id}\nboot_id={host.boot_id}\nuptime={uptime:.2f}\n"
        "machine=x86_64\ninit=systemd\ncores=2\n"
    )


def clock(asked: Asked) -> Said:
    return say(f"{asked.wall(asked.now).timestamp():.9f}\n")


def service(asked: Asked) -> Said:
    """Both units in one answer; the other one is not found."""
    other = "k0sworker.service" if isinstance(asked.host, Controller) else "k0scontroller.service"
    return say(f"{unit_block(asked)}\n{absent_block(other)}")


def started(asked: Asked) -> str:
    """`Tue 2025-02-04 08:18:06 UTC`; empty where it never was."""
    at = asked.host.unit.started
    return "" if at is None else asked.wall(at).strftime("%a %Y-%m-%d %H:%M:%S UTC")


def exec_start(asked: Asked) -> str:
    """ExecStart, as `systemctl show` writes it."""
    unit = asked.host.unit
    return (
        f"{{ path={unit.argv[0]} ; argv[]={' '.join(unit.argv)} ; ignore_errors=no ;"
        f" start_time=[{started(asked) or 'n/a'}] ; stop_time=[n/a] ; pid={unit.main_pid} ; code=(null) ; status=0/0 }}"
    )


def unit_block(asked: Asked) -> str:
    unit = asked.host.unit
    job = f"Job={unit.job}\n" if unit.job else ""
    return (
        f"Restart=always\nMainPID={unit.main_pid}\nResult={unit.result}\nNRestarts={unit.restarts}\n"
        f"ExecMainStartTimestamp={started(asked)}\nExecStart={exec_start(asked)}\nKillMode=process\nId={unit.name}\nLoadState=loaded\n"
        f"ActiveState={unit.active}\nSubState={unit.sub}\nUnitFileState={unit.enabled}\n{job}NeedDaemonReload=no\n"
        f"InvocationID={unit.invocation}\n"
    )


def absent_block(name: str) -> str:
    return (
        "Restart=no\nMainPID=0\nResult=success\nNRestarts=0\nExecMainStartTimestamp=\nKillMode=control-group\n"
        f"Id={name}\nLoadState=not-found\nActiveState=inactive\nSubState=dead\nUnitFileState=\nNeedDaemonReload=no\n"
        "InvocationID=\n"
    )


def privileges(asked: Asked) -> Said:
    tools = "".join(f"tool={name}\n" for name in TOOLS.split())
    return say(f"sudo={'yes' if asked.host.sudo else 'no'}\n{tools}")


def ca_sha256(asked: Asked) -> Said:
    return say(f"{hashlib.sha256(asked.fleet.ca).hexdigest()}  {asked.arguments[0]}/pki/ca.crt\n")


def binary(asked: Asked) -> Said:
    return say(f"{asked.fleet.release.k0s}\n")


def disks(asked: Asked) -> Said:
    disk, free = asked.host.disk, asked.host.free(asked.now)
    used = disk.size - free
    root = _df("/dev/sda1", disk.size // 1024, used // 1024, free // 1024, "/")
    run = _df("tmpfs", 4936820, 128, 4936692, "/run")
    inodes = _df("/dev/sda1", 16777216, 585402, 16191814, "/") + _df("tmpfs", 819200, 131, 819069, "/run")
    return say(
        f"Filesystem     1024-blocks     Used Available Capacity Mounted on\n{root}{root}{run}{root}"
        f"@@ inodes\nFilesystem       Inodes  IUsed    IFree IUse% Mounted on\n{inodes}"
    )


def _df(source: str, size: int, used: int, free: int, mount: str) -> str:
    return f"{source:<14} {size:>11} {used:>9} {free:>9} {round(100 * used / size):>7}% {mount}\n"


def addresses(asked: Asked) -> Said:
    held = [asked.host.address]
    if asked.fleet.vip_holder is asked.host:
        held.append(asked.fleet.vip)
    outside = ",".join(f'{{"family":"inet","local":"{one}","prefixlen":24,"scope":"global"}}' for one in held)
    link = '{"family":"inet6","local":"fe80::dcb0:fcff:fef5:266e","prefixlen":64,"scope":"link"}'
    return say(
        '[{"ifindex":1,"ifname":"lo","addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8,"scope":"host"}]},'
        f'{{"ifindex":2,"ifname":"eth0","addr_info":[{outside},{link}]}}]\n'
    )


def listeners(asked: Asked) -> Said:
    rows = [("0.0.0.0:22", "sshd", 97)]
    rows += _controller_ports(asked.host) if isinstance(asked.host, Controller) else _worker_ports(asked.host)
    return say("".join(listening(address, name, pid) for address, name, pid in rows))


def listening(address: str, name: str, pid: int) -> str:
    return f'LISTEN 0      4096   {address} 0.0.0.0:* users:(("{name}",pid={pid},fd=11))\n'


def _controller_ports(host: Controller) -> list[tuple[str, str, int]]:
    rows = []
    if host.etcd_up is not None:
        rows += [("127.0.0.1:2379", "etcd", host.etcd_pid), (f"{host.address}:2380", "etcd", host.etcd_pid)]
    if host.server is not None:
        ports = ("*:8132", "127.0.0.1:8133", "127.0.0.1:8092")
        rows += [(port, "konnectivity-se", host.server.pid) for port in ports]
    if host.api_listens:
        rows += [("*:6443", "kube-apiserver", host.api_pid)]
    if host.api_since is not None:
        rows += [("*:9443", "k0s", host.unit.main_pid)]
    return rows


def _worker_ports(host: Worker) -> list[tuple[str, str, int]]:
    rows = []
    if host.kubelet_since is not None:
        rows += [("127.0.0.1:10248", "kubelet", host.kubelet_pid), ("*:10250", "kubelet", host.kubelet_pid)]
    if host.envoy is not None:
        rows += [
            (f"127.0.0.1:{port}", "envoy", host.envoy.pid) for port in (AGENT_PORT, AGENT_PORT, API_PORT, API_PORT)
        ]
    agent = host.agent
    if agent is not None and agent.host_network:
        rows += [("*:8093", "proxy-agent", agent.pid), ("127.0.0.1:8094", "proxy-agent", agent.pid)]
    return rows


def localhost(asked: Asked) -> Said:
    return say("127.0.0.1       STREAM localhost\n127.0.0.1       DGRAM  \n127.0.0.1       RAW    \n")


def other_actors(asked: Asked) -> Said:
    lock = asked.host.files.get("/run/lock/k0sctl")
    age = 0 if lock is None else (asked.fleet.wall(asked.now) - asked.fleet.wall(lock.modified)).total_seconds()
    return say("" if lock is None else f"k0sctl {age:.0f}\n")


def log_usage(asked: Asked) -> Said:
    """Two looks 3 s apart, told at once: how much lies between them is known here."""
    disk, size = asked.host.disk, asked.host.journal_size(asked.now)
    grown = min(int(disk.grows * asked.fleet.speed * 3), max(0, disk.journal_limit - size))
    at = asked.wall(asked.now).timestamp()
    file = f"/var/log/journal/{asked.host.machine_id}/system.journal"
    entries = asked.host.journal.newest(100_000, asked.now) if size < 16 * 1024**2 else []
    oldest = entries[0].at if entries else asked.host.booted
    return say(
        f"@@ before\n{at:.0f} {file} {size}\n@@ after\n{at + 3:.0f} {file} {size + grown}\n"
        f"@@ usage\nArchived and active journals take up {_human(size)} in the file system.\n"
        f"@@ limit\nSystem Journal (/var/log/journal/{asked.host.machine_id}) is {_human(size)}, max"
        f" {_human(disk.journal_limit)}, {_human(max(0, disk.journal_limit - size))} free.\n"
        f"@@ oldest\n{asked.wall(oldest).timestamp():.6f} {asked.host.name} systemd-journald[51]: Journal started\n"
        f"@@ mount\n{_df('/dev/sda1', disk.size // 1024, (disk.size - asked.host.free(asked.now)) // 1024, 1, '/')}"
    )


def _human(size: int) -> str:
    return f"{size / GIB:.1f}G" if size >= GIB else f"{size / 1024**2:.1f}M"


def log_signs_said(asked: Asked) -> Said:
    entries = asked.host.journal.newest(log_signs.LINES, asked.now)
    since = f"{asked.wall(entries[0].at).timestamp():.6f}" if entries else ""
    return say(counted([entry.text for entry in entries], since, log_signs.SIGNS))


def counted(lines: list[str], since: str, signs: tuple[tuple[str, str], ...]) -> str:
    """What the awk of `probes.signs` prints."""
    counts = "".join(f"{name}={sum(text in line for line in lines)}\n" for name, text in signs)
    return f"lines={len(lines)}\nsince={since}\n{counts}"


def certificates(asked: Asked) -> Said:
    data, booted = asked.arguments[0], asked.fleet.wall(asked.host.booted)
    if isinstance(asked.host, Worker):
        found = [
            ("kubelet/pki/kubelet-client-current.pem", f"O = system:nodes, CN = system:node:{asked.host.name}", 365)
        ]
        found.append(CERTIFICATES[2])
    else:
        found = list(CERTIFICATES)
    return say("".join(_certificate(f"{data}/{path}", subject, booted, days) for path, subject, days in found))


def _certificate(path: str, subject: str, booted: datetime, days: int) -> str:
    ends = (booted + timedelta(days=days)).strftime("%b %d %H:%M:%S %Y GMT")
    return f"@@ {path}\nnotAfter={ends}\nsubject={subject}\n"


ANSWERS = {
    "identity": identity,
    "clock": clock,
    "service": service,
    "privileges": privileges,
    "ca_sha256": ca_sha256,
    "binary": binary,
    "disks": disks,
    "addresses": addresses,
    "listeners": listeners,
    "localhost": localhost,
    "other_actors": other_actors,
    "log_usage": log_usage,
    "log_signs": log_signs_said,
    "certificates": certificates,
}
