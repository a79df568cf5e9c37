"""The containers of a worker: real processes that outlive their kubelet, each with a record under /run.

An agent without hostNetwork lives in a network namespace of its own behind masquerade, as a CNI would give it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from standin.settings import NODE, address

RECORDS = Path("/run/k0s-standin/pods")
TOKENS = Path("/var/run/secrets/tokens/konnectivity-agent-token")
CA = Path("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt")


@dataclass
class Running:
    """One container: what is written into its record."""

    uid: str
    name: str
    namespace: str
    pid: int
    born: str
    """Start time of the process in clock ticks: a pid alone may be another's by now."""
    started: float
    pod_ip: str
    stopping: float = 0.0
    """When SIGTERM was sent, by the wall clock; 0: not yet."""

    @property
    def record(self) -> Path:
        return RECORDS / f"{self.uid}.json"

    def save(self) -> None:
        RECORDS.mkdir(parents=True, exist_ok=True)
        self.record.write_text(json.dumps(asdict(self)))

    def alive(self) -> bool:
        return _born(self.pid) == self.born

    def stop(self, grace: float) -> None:
        """SIGTERM once, SIGKILL when `grace` seconds are over."""
        if not self.stopping:
            self.stopping = time.time()
            self.save()
            self._signal(signal.SIGTERM)
        elif time.time() - self.stopping > grace:
            self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self.alive():
            os.kill(self.pid, number)


def _born(pid: int) -> str:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]
    except OSError:
        return ""


def all_running() -> dict[str, Running]:
    found = (Running(**json.loads(path.read_text())) for path in RECORDS.glob("*.json"))
    return {each.uid: each for each in found}


def launch(pod: dict, extra: dict[str, str]) -> Running:
    """Start the pod's one container; `extra` are files to write first (path → content)."""
    meta, spec = pod["metadata"], pod["spec"]
    container = spec["containers"][0]
    for path, content in extra.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(content)
    program = container.get("command") or [_program(container["name"])]
    argv = [*program, *(_filled(each) for each in container.get("args", ()))]
    log = Path(f"/var/log/pods/{meta['namespace']}_{meta['name']}_{meta['uid']}/{container['name']}/0.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "STANDIN_LOG": str(log), "NODE_IP": address(), "NODE_NAME": NODE}
    environment.pop("_K0S_MANAGED", None)
    for each in container.get("env", ()):
        environment.setdefault(each["name"], each.get("value", ""))
    process, pod_ip = _start(argv, environment, bool(spec.get("hostNetwork")))
    running = Running(meta["uid"], meta["name"], meta["namespace"], process, _born(process), time.time(), pod_ip)
    running.save()
    return running


def _program(name: str) -> str:
    return {"konnectivity-agent": "/proxy-agent", "nllb": "/usr/local/bin/envoy"}[name]


def _filled(argument: str) -> str:
    return argument.replace("$(NODE_IP)", address()).replace("$(NODE_NAME)", NODE)


def _start(argv: list[str], environment: dict[str, str], host_network: bool) -> tuple[int, str]:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True, "env": environment}
    if host_network:
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, **quiet).pid, address()  # type: ignore[call-overload]
    held = ["unshare", "-n", "--", "sh", "-c", 'read go; exec "$@" </dev/null', "sh", *argv]
    process = subprocess.Popen(held, stdin=subprocess.PIPE, **quiet)  # type: ignore[call-overload]
    pod_ip = _give_network(process.pid)
    process.stdin.write(b"go\n")
    process.stdin.close()
    return process.pid, pod_ip


def _give_network(pid: int) -> str:
    """A cable into the process's namespace, an address of the node's pod network, and masquerade on the way out."""
    number = 2 + pid % 250
    net = f"10.244.{int(NODE.rpartition('-')[2]) - 1}"
    cable = f"veth{pid}"
    while Path(f"/proc/{pid}/ns/net").readlink() == Path("/proc/self/ns/net").readlink():
        time.sleep(0.01)
    inside = f"nsenter -t {pid} -n ip"
    script = f"""set -e
ip link add {cable} type veth peer name eth0 netns {pid}
ip address replace {net}.1/32 dev {cable}
ip link set {cable} up
ip route replace {net}.{number}/32 dev {cable}
{inside} link set lo up
{inside} address add {net}.{number}/32 dev eth0
{inside} link set eth0 up
{inside} route add {net}.1 dev eth0
{inside} route add default via {net}.1 dev eth0
echo 1 >/proc/sys/net/ipv4/ip_forward
nft list table ip pods >/dev/null 2>&1 || nft 'table ip pods {{ chain out {{
    type nat hook postrouting priority 100; ip saddr 10.244.0.0/16 oifname "host0" masquerade; }}; }}'
"""
    subprocess.run(("sh", "-c", script), check=True)
    return f"{net}.{number}"


def mount_secrets(ca: bytes, token: str) -> None:
    """What Kubernetes mounts into the agent's container; here the host's own files. A token already there is kept."""
    for path, content in ((CA, ca), (TOKENS, token.encode())):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path == CA or not path.exists():
            path.write_bytes(content)
