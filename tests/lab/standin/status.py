"""The status socket, what `k0s status` says, and the ring of health probes behind `status components`."""

from __future__ import annotations

import json
import os
import socketserver
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from standin.settings import RUN

from k0stui.demo.release import Release

SOCKET = RUN / "status.sock"


def k0s_vars(invocation: str, version: Release, config: str, dynamic: bool) -> dict:
    data = "/var/lib/k0s"
    found: dict[str, object] = {
        "InvocationID": invocation,
        "AdminKubeConfigPath": f"{data}/pki/admin.conf",
        "BinDir": f"{data}/bin",
        "CertRootDir": f"{data}/pki",
        "DataDir": data,
        "KubeletRootDir": f"{data}/kubelet",
        "EtcdCertDir": f"{data}/pki/etcd",
        "EtcdDataDir": f"{data}/etcd",
        "KineSocketPath": "/run/k0s/kine/kine.sock:2379",
        "KonnectivitySocketDir": "/run/k0s/konnectivity-server",
        "KubeletAuthConfigPath": f"{data}/kubelet.conf",
        "ManifestsDir": f"{data}/manifests",
        "RunDir": "/run/k0s",
        "KonnectivityKubeConfigPath": f"{data}/pki/konnectivity.conf",
        "OCIBundleDir": f"{data}/images",
        "DefaultStorageType": "etcd",
        "RuntimeConfigPath": "/run/k0s/k0s.yaml",
        "StatusSocketPath": "/run/k0s/status.sock",
        "StartupConfigPath": config,
        "HelmHome": f"{data}/helmhome",
        "HelmRepositoryCache": f"{data}/helmhome/cache",
        "HelmRepositoryConfig": f"{data}/helmhome/repositories.yaml",
    }
    if not version.is_new:
        found |= {
            "EnableDynamicConfig": dynamic,
            "KubeletVolumePluginDir": "/usr/libexec/k0s/kubelet-plugins/volume/exec",
        }
    return found


def document(version: Release, role: str, cluster_config: dict | None, variables: dict) -> dict:
    return {
        "Version": version.k0s,
        "Pid": os.getpid(),
        "PPid": 0,
        "Role": role,
        "SysInit": "",
        "StubFile": "",
        "Output": "",
        "Workloads": role == "worker",
        "SingleNode": False,
        "Args": ["/usr/local/bin/k0s", *sys.argv[1:]],
        "WorkerToAPIConnectionStatus": {"Message": "", "Success": False},
        "ClusterConfig": cluster_config,
        "K0sVars": variables,
    }


class Components:
    """Health probes every 10 s, the last three kept; events of components."""

    def __init__(self) -> None:
        self.probes: dict[str, deque] = {}
        self.events: dict[str, deque] = {}

    def probed(self, component: str, error: str) -> None:
        ring = self.probes.setdefault(component, deque(maxlen=3))
        ring.append({"component": component, "at": _nanoseconds(), "error": error})

    def happened(self, component: str, message: str, **payload: object) -> None:
        ring = self.events.setdefault(component, deque(maxlen=20))
        ring.append({"at": _nanoseconds(), "message": message, "payload": payload or None})

    def answer(self, count: int) -> dict:
        """The first `count` of what is kept, so the oldest: k0s does the same."""
        return {
            "healthProbes": {name: list(ring)[:count] for name, ring in self.probes.items()},
            "events": {
                name: [_without_none(each) for each in list(ring)[:count]] for name, ring in self.events.items()
            },
        }


def _without_none(event: dict) -> dict:
    return {key: value for key, value in event.items() if value is not None}


def _nanoseconds() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.time_ns() % 10**9:09d}Z"


def serve(status: Callable[[], dict], components: Components) -> None:
    """Answer on the socket in threads, from now on. Only root may connect."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            count = int(parse_qs(url.query).get("maxCount", ["1"])[0])
            content = components.answer(count) if url.path == "/components" else status()
            data = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

        def address_string(self) -> str:
            return "unix"

    SOCKET.unlink(missing_ok=True)
    server = socketserver.ThreadingUnixStreamServer(str(SOCKET), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
