"""The lab's own look at its hosts, by their namespaces: independent of network, sshd and k0stui."""

from __future__ import annotations

import json
import re

from tests.lab import boot
from tests.lab.hosts import CONTROLLERS, LabHost

PKI = "/var/lib/k0s/pki"
ETCD = (
    f"curl -s --max-time 3 --cacert {PKI}/etcd/ca.crt --cert {PKI}/apiserver-etcd-client.crt"
    f" --key {PKI}/apiserver-etcd-client.key https://127.0.0.1:2379%s"
)


def host_line(host: LabHost) -> str:
    """One line on what runs there."""
    match host.role:
        case "controller":
            unit = unit_state(host, "k0scontroller")
            return f"k0scontroller {unit:10} agents {ready_agents(host)}  server-count {server_count(host)}"
        case "worker":
            open_, known = agent_counts(host)
            return f"k0sworker {unit_state(host, 'k0sworker'):14} agent open {open_} known {known}"
    return f"ssh {unit_state(host, 'ssh')}"


def unit_state(host: LabHost, unit: str) -> str:
    return boot.run(host, "systemctl", "is-active", unit, check=False).strip()


def metric(text: str, name: str) -> int | None:
    """The value of a series without labels; None when it is not there."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)
    return int(float(found[1])) if found else None


def ready_agents(host: LabHost) -> int | None:
    """R: the agents that this controller's server counts; None when it does not answer."""
    text = boot.run(host, "curl", "-s", "--max-time", "3", "http://127.0.0.1:8133/metrics", check=False)
    return metric(text, "konnectivity_network_proxy_server_ready_backend_connections")


def server_count(host: LabHost) -> int | None:
    line = boot.run(host, "sh", "-c", "tr '\\0' '\\n' </proc/$(cat /run/k0s/konnectivity.pid)/cmdline", check=False)
    found = re.search(r"--server-count=(\d+)", line)
    return int(found[1]) if found else None


def agent_counts(host: LabHost) -> tuple[int | None, int | None]:
    """Open and known server connections, as the worker's agent says; asked in the agent's own network namespace."""
    ask = "nsenter -t $(pgrep -x proxy-agent | head -1) -n curl -s --max-time 3 http://127.0.0.1:8093/metrics"
    text = boot.run(host, "sh", "-c", ask, check=False)
    prefix = "konnectivity_network_proxy_agent_"
    return metric(text, f"{prefix}open_server_connections"), metric(text, f"{prefix}known_server_count")


def etcd(host: LabHost, path: str, body: dict[str, object] | None = None) -> dict[str, object]:
    """An answer of the member on that host; empty when it gives none."""
    command = ETCD % path + (f" -d '{json.dumps(body)}'" if body is not None else "")
    text = boot.run(host, "sh", "-c", command, check=False)
    try:
        return dict(json.loads(text))
    except ValueError:
        return {}


def etcd_healthy(host: LabHost) -> bool:
    return etcd(host, "/health").get("health") == "true"


def etcd_members(host: LabHost) -> list[dict[str, object]]:
    found = etcd(host, "/v3/cluster/member/list", {"linearizable": True}).get("members")
    return found if isinstance(found, list) else []


def columns() -> list[int | None]:
    """R of each controller."""
    return [ready_agents(each) for each in CONTROLLERS]


def rolled_out(host: LabHost) -> bool:
    """Whether the agents' DaemonSet has all its pods, up to date and ready, by that controller's API."""
    ask = ("k0s", "kubectl", "-n", "kube-system", "get", "ds", "konnectivity-agent", "-o", "json")
    try:
        status = json.loads(boot.run(host, *ask, check=False))["status"]
    except (ValueError, KeyError):
        return False
    wanted = status["desiredNumberScheduled"]
    return bool(wanted) and wanted == status["numberReady"] == status.get("updatedNumberScheduled")
