"""What one controller is doing, once a second, one JSON line each: run on the host itself, by no means of k0stui."""

from __future__ import annotations

import hashlib
import json
import select
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

PKI = "/var/lib/k0s/pki"
UNIT = ("systemctl", "show", "k0scontroller", "-p", "ActiveState", "-p", "SubState", "-p", "InvocationID")
READY_AGENTS = "konnectivity_network_proxy_server_ready_backend_connections "


def get(address: str, client: bool = False) -> str:
    """The body of an answer, whatever its status; empty: none came within three seconds."""
    context = ssl._create_unverified_context() if address.startswith("https") else None
    if client and context:
        context.load_cert_chain(f"{PKI}/apiserver-etcd-client.crt", f"{PKI}/apiserver-etcd-client.key")
    try:
        with urllib.request.urlopen(address, timeout=3, context=context) as answer:
            return answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as refused:
        return f"status {refused.code}"
    except OSError:
        return ""


def agents() -> int | None:
    """Agents at this controller's server; None: it does not answer."""
    for line in get("http://127.0.0.1:8133/metrics").splitlines():
        if line.startswith(READY_AGENTS):
            return int(float(line.rpartition(" ")[2]))
    return None


def server() -> tuple[str, str]:
    """The konnectivity-server's pid, and the count that it announces; empty: none runs."""
    try:
        pid = Path("/run/k0s/konnectivity.pid").read_text().strip()
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return "", ""
    return pid, next((word.partition("=")[2] for word in words if word.startswith("--server-count=")), "")


def config() -> str:
    try:
        return hashlib.sha256(Path("/etc/k0s/k0s.yaml").read_bytes()).hexdigest()
    except OSError:
        return ""


def look() -> dict[str, object]:
    shown = dict(
        line.partition("=")[::2] for line in subprocess.run(UNIT, capture_output=True, text=True).stdout.split()
    )
    pid, announced = server()
    return {
        "at": time.clock_gettime(time.CLOCK_MONOTONIC),
        "agents": agents(),
        "server": pid,
        "announced": announced,
        "unit": f"{shown.get('ActiveState', '')}/{shown.get('SubState', '')}",
        "invocation": shown.get("InvocationID", ""),
        "api": bool(get("https://127.0.0.1:6443/readyz")),
        "etcd": bool(get("https://127.0.0.1:2379/health", client=True)),
        "config": config(),
    }


if __name__ == "__main__":
    asked = True
    while asked:
        began = time.monotonic()
        print(json.dumps(look()), flush=True)
        # Who asks holds our standard input; when that ends, by whatever cause, so do we.
        asked = not select.select([sys.stdin], [], [], max(0.0, began + 1 - time.monotonic()))[0]
