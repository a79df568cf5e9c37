"""What a recorded host prints to our questions: mostly what was stored, sometimes the same facts in another shape."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime

from k0stui.probes.host import agent_signs, log_signs
from k0stui.probes.signs import Signs
from k0stui.probes.sockets import parse
from tests.recordings import HOSTS, LOST, Recording, Row

Answer = Callable[[Recording, str, tuple[str, ...]], Row]


def stored(name: str) -> Answer:
    """Our command and the recorder's print the same."""
    return lambda recording, host, _: recording.row(host, name)


def rewritten(name: str, rewrite: Callable[[Recording, str, Row], str]) -> Answer:
    """Our command prints the same facts in another shape."""

    def answer(recording: Recording, host: str, _: tuple[str, ...]) -> Row:
        row = recording.row(host, name)
        return replace(row, stdout=rewrite(recording, host, row).encode())

    return answer


def _identity(recording: Recording, host: str, row: Row) -> str:
    _, uptime, machine_id, hostname = row.text.splitlines()
    journal = recording.row(host, "journal-2000").text.splitlines()
    boot_id = json.loads(journal[-1])["_BOOT_ID"]
    # uname and nproc were not asked; the README tells both.
    return (
        f"hostname={hostname}\nmachine_id={machine_id}\nboot_id={boot_id}\nuptime={uptime.split()[0]}\n"
        "machine=x86_64\ninit=systemd\ncores=2\n"
    )


def _disks(recording: Recording, host: str, row: Row) -> str:
    inodes = recording.row(host, "df-inodes").text
    return f"{_mounts(row.text)}@@ inodes\n{_mounts(inodes)}"


def _mounts(table: str) -> str:
    """The header and the rows that `df /var/lib/k0s /etc /run /var/log` would print."""
    head, *rows = table.splitlines()
    mounts = {row.split()[-1]: row for row in rows}
    paths = ("/var/lib/k0s", "/etc", "/run", "/var/log")
    of = [max((m for m in mounts if path == m or path.startswith(m.rstrip("/") + "/")), key=len) for path in paths]
    return "\n".join([head, *(mounts[mount] for mount in of)]) + "\n"


def _log_usage(recording: Recording, host: str, row: Row) -> str:
    """Growth by the text of the journal's rows in the last 3 s before they were read: a lower bound."""
    journal = recording.row(host, "journal-2000")
    end = journal.start
    rows = [json.loads(line) for line in journal.text.splitlines()]
    size = sum(
        len(str(entry["MESSAGE"])) for entry in rows if end - 3 <= int(entry["__REALTIME_TIMESTAMP"]) / 1e6 <= end
    )
    limit = recording.row(host, "journal-rate-limit").text.splitlines()
    told = next((line.partition("]: ")[2] for line in reversed(limit) if " max " in line), "")
    return (
        f"@@ before\n{int(end) - 3} system.journal 0\n@@ after\n{int(end)} system.journal {size}\n"
        f"@@ usage\n{row.text}@@ limit\n{told}\n@@ mount\noverlay 264212084 31362288 64138976 33% /\n"
    )


def counted(lines: Iterable[tuple[str, str]], signs: Signs) -> str:
    """What `signs.COUNT` prints for lines of (time, text)."""
    found = list(lines)
    counts = [f"{name}={sum(text in line for _, line in found)}" for name, text in signs]
    return "\n".join([f"lines={len(found)}", f"since={found[0][0] if found else ''}", *counts]) + "\n"


def _log_signs(recording: Recording, host: str, row: Row) -> str:
    rows = [json.loads(line) for line in row.text.splitlines()]
    return counted(((f"{int(r['__REALTIME_TIMESTAMP']) / 1e6:.6f}", str(r["MESSAGE"])) for r in rows), log_signs.SIGNS)


def _agent_signs(recording: Recording, host: str, row: Row) -> str:
    files = re.split(r"^== .*\n", row.text, flags=re.MULTILINE)[1:]
    lines = [[line for line in file.splitlines() if re.match(r"\d{4}-", line)] for file in files]
    newest = max((file for file in lines if file), key=lambda file: file[-1], default=[])
    return counted(((line.split()[0], line) for line in newest), agent_signs.SIGNS) if newest else "@@ absent\n"


def _localhost(recording: Recording, host: str, row: Row) -> str:
    return "".join(f"{line}\n" for line in row.text.splitlines() if re.search(r" (STREAM|DGRAM|RAW)\b", line))


def _config_file(recording: Recording, host: str, _: tuple[str, ...]) -> Row:
    row, stat = recording.row(host, "k0s-yaml"), recording.row(host, "k0s-yaml-sha").text
    mode = re.search(r"Access: \(0(\d+)/", stat)
    modified = re.search(r"^Modify: (\S+ \S+)\.\d+ \+0000", stat, re.MULTILINE)
    links = re.search(r"Links: (\d+)", stat)
    assert mode
    assert modified
    assert links
    seconds = int(datetime.fromisoformat(modified[1]).replace(tzinfo=UTC).timestamp())
    head = f"{mode[1]} root:root {links[1]} {seconds} {len(row.stdout)} regular file\n@@ content\n"
    return replace(row, stdout=head.encode() + row.stdout)


def _konnectivity_server(recording: Recording, host: str, row: Row) -> str:
    pids = recording.row(host, "run-k0s").text
    pid = re.search(r"konnectivity\.pid (\d+)", pids)
    ps = recording.row(host, "ps").text
    theirs = re.findall(r"^\s*(\d+)\s+\d+ \S+\s+(\w{3} \w{3} +\d+ \S+ \d{4}).*/konnectivity-server ", ps, re.MULTILINE)
    started = next((_epoch(when) for found, when in theirs if pid and found == pid[1]), "")
    alone = " ".join(found for found, _ in theirs)
    return f"pid={pid[1] if pid else ''}\npids={alone}\nstarted={started}\n{row.text}"


def _epoch(lstart: str) -> int:
    return int(datetime.strptime(lstart, "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC).timestamp())


def _konnectivity_ready(recording: Recording, host: str, row: Row) -> str:
    readyz = recording.row(host, "konn-readyz").text.split()[-1]
    return f"healthz {row.text.split()[-1]}\nreadyz {readyz}\n"


def _agent_sockets(recording: Recording, host: str, row: Row) -> str:
    return f"{row.text}@@ again\n{recording.row(host, 'ss-8132-short-b').text}"


def _etcd_members(recording: Recording, host: str, _: tuple[str, ...]) -> Row:
    row = recording.row(host, "etcdctl-members")
    return replace(row, exit_status=7 if row.exit_status else 0)


def _etcd_status(recording: Recording, host: str, _: tuple[str, ...]) -> Row:
    """etcdctl asked the local member three times; its HTTP gateway writes the same without `Endpoint` and `Status`."""
    row = recording.row(host, "etcdctl-status")
    if row.exit_status:
        return replace(row, exit_status=7)
    status = json.loads(row.text)[0]["Status"]
    return replace(row, stdout=f"{json.dumps(status)}\n{json.dumps({'header': status['header']})}".encode())


def _etcd_metrics(recording: Recording, host: str, _: tuple[str, ...]) -> Row:
    """A pipe hid curl's status from the recorder, and its grep left out the active peers: those of the sockets."""
    row = recording.row(host, "etcd-metrics")
    if not row.stdout:
        return replace(row, exit_status=7)
    sockets = [one for one in parse(recording.row(host, "ss-all").text) if one.process == "etcd" and one.peer_port]
    peers = {one.peer for one in sockets if 2380 in (one.local_port, one.peer_port) and one.state == "ESTAB"}
    away = {HOSTS[name] for name in {host, *LOST.get(recording.state, ())}}
    lines = "".join(f'etcd_network_active_peers{{Remote="{peer}"}} 1\n' for peer in sorted(peers - away))
    return replace(row, stdout=row.stdout + lines.encode())


def _balancer(recording: Recording, host: str, row: Row) -> str:
    return f"{row.text}@@ readyz\n{recording.row(host, 'nllb-7443-readyz').text.split()[-1]}\n"


def _upstreams(recording: Recording, host: str, _: tuple[str, ...]) -> Row:
    row = recording.row(host, "nllb-cds-yaml")
    return replace(row, exit_status=0, stdout=b"@@ absent\n", stderr=b"") if row.exit_status else row


def _kubelet(recording: Recording, host: str, row: Row) -> str:
    path = re.search(r"^--kubeconfig=(.*)$", row.text, re.MULTILINE)
    assert path
    servers = recording.row(host, "kubelet-conf-server").text
    server = re.search(rf"^{re.escape(path[1])}:\s*server: (\S+)", servers, re.MULTILINE)
    return f"kubeconfig={path[1]}\nserver={server[1] if server else ''}\n"


def _agent_process(recording: Recording, host: str, row: Row) -> str:
    ps = recording.row(host, "ps").text
    agents = re.findall(r"^\s*(\d+)\s+\d+ \S+\s+(\w{3} \w{3} +\d+ \S+ \d{4}).*? /proxy-agent ", ps, re.MULTILINE)
    if not agents or "/proxy-agent" not in row.text:
        return ""
    pid, started = max(agents, key=lambda agent: int(agent[0]))
    return f"pid={pid}\nstarted={_epoch(started)}\n/proxy-agent{row.text.rpartition('/proxy-agent')[2]}"


def _reach(recording: Recording, host: str, parameters: tuple[str, ...]) -> Row:
    row, wanted = recording.row(host, "dial-controllers"), set(parameters[2:])
    ports = set(parameters[:2])
    lines = [line for line in row.text.splitlines() if line.split(":")[0] in wanted and line.split()[0][-4:] in ports]
    return replace(row, stdout="".join(f"{line}\n" for line in lines).encode())


ANSWERS: dict[str, Answer] = {
    "identity": rewritten("date", _identity),
    "clock": stored("date"),
    "service": stored("systemctl-show"),
    "status": stored("status-sock"),
    "components": stored("status-sock-components"),
    "binary": stored("k0s-version"),
    "disks": rewritten("df", _disks),
    "log_usage": rewritten("journal-disk", _log_usage),
    "log_signs": rewritten("journal-2000", _log_signs),
    "addresses": stored("ip-addr"),
    "listeners": stored("ss-listen"),
    "localhost": rewritten("etc-hosts", _localhost),
    "config_file": _config_file,
    "api_ready": stored("api-readyz-admin"),
    "konnectivity_server": rewritten("cmdline-konnectivity", _konnectivity_server),
    "konnectivity_metrics": stored("konn-metrics-8133"),
    "konnectivity_ready": rewritten("konn-healthz", _konnectivity_ready),
    "agent_sockets": rewritten("ss-8132-short-a", _agent_sockets),
    "etcd_members": _etcd_members,
    "etcd_health": stored("etcd-health"),
    "etcd_status": _etcd_status,
    "etcd_metrics": _etcd_metrics,
    "balancer": rewritten("ss-nllb-listen", _balancer),
    "upstreams": _upstreams,
    "kubelet": rewritten("cmdline-kubelet", _kubelet),
    "agent_metrics": stored("agent-metrics"),
    "agent_process": rewritten("agent-cmdline", _agent_process),
    "agent_signs": rewritten("agent-log", _agent_signs),
    "kube_proxy": stored("ss-api"),
    "reach": _reach,
    "images": stored("ctr-images"),
}
"""By probe; what is not here (ca_sha256, privileges, certificates, other_actors) was not recorded."""
