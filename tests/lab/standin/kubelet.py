"""kubelet's place: its node and lease, the pods that the API assigns to it, the static pod of the balancer."""

from __future__ import annotations

import json
import signal
import ssl
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from standin import images, log, pods
from standin.apiserver import GOOD_TOKEN
from standin.client import Api, ApiError
from standin.leases import now
from standin.process import flag, hide_interpreter
from standin.settings import NODE, address, version
from standin.store import stamp

STATIC = Path("/run/k0s-standin/static/nllb.json")
PKI = Path("/var/lib/k0s/kubelet/pki")
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{NODE}"


class Kubelet:
    """One node's loop."""

    def __init__(self) -> None:
        self.api = Api(Path(flag("kubeconfig")), timeout=5)
        self.version = version()
        self.ready_at: dict[str, float] = {}
        """When a pod's readiness was last asked, by uid."""

    def run(self) -> None:
        renewed = 0.0
        while True:
            try:
                if time.monotonic() - renewed > 10:
                    self._renew()
                    renewed = time.monotonic()
                self._sync()
            except ApiError as error:
                log.emit("E", "kubelet.go:2400", f'"Error syncing with the API" err="{error}"')
            self._static()
            time.sleep(1)

    def _renew(self) -> None:
        self._register()
        spec = {"holderIdentity": NODE, "leaseDurationSeconds": 40, "renewTime": now()}
        if self.api.find(LEASE) is None:
            self.api.post(LEASE.rpartition("/")[0], {"metadata": {"name": NODE}, "spec": spec})
        else:
            self.api.merge(LEASE, {"spec": spec})

    def _register(self) -> None:
        status = _node_status(self.version)
        node = self.api.find(f"/api/v1/nodes/{NODE}")
        if node is None:
            net = f"10.244.{int(NODE.rpartition('-')[2]) - 1}.0/24"
            labels = {"kubernetes.io/hostname": NODE, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
            spec = {"podCIDR": net, "podCIDRs": [net]}
            self.api.post(
                "/api/v1/nodes", {"metadata": {"name": NODE, "labels": labels}, "spec": spec, "status": status}
            )
            return
        old = {each["type"]: each for each in node["status"]["conditions"]}
        for each in status["conditions"]:
            if old.get(each["type"], {}).get("status") == each["status"]:
                each["lastTransitionTime"] = old[each["type"]]["lastTransitionTime"]
        self.api.merge(f"/api/v1/nodes/{NODE}/status", {"status": status})

    def _sync(self) -> None:
        assigned = self.api.get(f"/api/v1/pods?fieldSelector=spec.nodeName={NODE}")["items"]
        running = pods.all_running()
        for pod in assigned:
            if "kubernetes.io/config.mirror" not in pod["metadata"].get("annotations", {}):
                self._sync_pod(pod, running.get(pod["metadata"]["uid"]))
        wanted = {pod["metadata"]["uid"] for pod in assigned}
        for uid, each in running.items():
            if uid not in wanted and not each.name.startswith("nllb-"):
                self._end(each, 0)

    def _sync_pod(self, pod: dict, running: pods.Running | None) -> None:
        if "deletionTimestamp" in pod["metadata"]:
            grace = pod["metadata"].get("deletionGracePeriodSeconds", 30)
            if running is None or self._end(running, grace):
                self.api.delete(_path(pod), grace=0)
            return
        if running and not running.alive():
            running.record.unlink()
            running = None
        if running is None:
            images.pull(pod["spec"]["containers"][0]["image"])
            running = pods.launch(pod, self._files(pod))
        self._report(pod, running)

    def _end(self, running: pods.Running, grace: float) -> bool:
        running.stop(grace)
        if running.alive():
            return False
        running.record.unlink(missing_ok=True)
        return True

    def _files(self, pod: dict) -> dict[str, str]:
        """A ConfigMap's files, as they are at the pod's start."""
        if not pod["metadata"]["name"].startswith("kube-proxy-"):
            return {}
        data = self.api.get("/api/v1/namespaces/kube-system/configmaps/kube-proxy")["data"]
        return {f"/var/lib/kube-proxy/{name}": text for name, text in data.items()}

    def _report(self, pod: dict, running: pods.Running) -> None:
        ready = self._is_ready(pod, running)
        shown = _pod_status(pod, running, ready)
        old = pod.get("status", {})
        if old.get("phase") != "Running" or _condition(old, "Ready") != ready:
            self.api.merge(f"{_path(pod)}/status", {"status": shown})

    def _is_ready(self, pod: dict, running: pods.Running) -> bool:
        """At once without a readiness probe; with one after its delay and every 10 s."""
        probe = pod["spec"]["containers"][0].get("readinessProbe")
        if probe is None:
            return True
        before = _condition(pod.get("status", {}), "Ready")
        if time.time() - running.started < probe["initialDelaySeconds"]:
            return before
        if time.monotonic() - self.ready_at.get(running.uid, -1e9) < probe["periodSeconds"]:
            return before
        self.ready_at[running.uid] = time.monotonic()
        return _answers(running, probe["httpGet"])

    def _static(self) -> None:
        """The balancer: a new uid at each start of k0s is a new container; the old one goes when the new one runs."""
        running = [each for each in pods.all_running().values() if each.name.startswith("nllb-")]
        pod = json.loads(STATIC.read_text()) if STATIC.exists() else None
        current = next((each for each in running if pod and each.uid == pod["metadata"]["uid"] and each.alive()), None)
        if pod and current is None and images.pull(pod["spec"]["containers"][0]["image"]):
            current = pods.launch(pod, {})
        if pod and current:
            for each in running:
                if each.uid != current.uid:
                    self._end(each, 1)
            self._mirror(pod, current)

    def _mirror(self, pod: dict, running: pods.Running) -> None:
        """The API's picture of the static pod."""
        try:
            found = self.api.find(_path(pod))
            wanted = pod["metadata"]["annotations"]["kubernetes.io/config.mirror"]
            if found and found["metadata"]["annotations"].get("kubernetes.io/config.mirror") != wanted:
                self.api.delete(_path(pod), grace=0)
                found = None
            if found is None:
                shown = {**pod, "status": _pod_status(pod, running, True)}
                self.api.post(_path(pod).rpartition("/")[0], shown)
        except ApiError:
            return


def _path(pod: dict) -> str:
    return f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"


def _condition(status: dict, kind: str) -> bool:
    return any(each["type"] == kind and each["status"] == "True" for each in status.get("conditions", ()))


def _answers(running: pods.Running, probe: dict) -> bool:
    url = f"http://{running.pod_ip}:{probe['port']}{probe['path']}"
    command = ("curl", "-sf", "-o", "/dev/null", "--max-time", "3", url)
    return subprocess.run(command).returncode == 0


def _pod_status(pod: dict, running: pods.Running, ready: bool) -> dict:
    container = pod["spec"]["containers"][0]
    states = (("Initialized", True), ("Ready", ready), ("ContainersReady", ready), ("PodScheduled", True))
    started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(running.started))
    return {
        "phase": "Running",
        "hostIP": address(),
        "podIP": running.pod_ip,
        "podIPs": [{"ip": running.pod_ip}],
        "startTime": started,
        "conditions": [{"type": kind, "status": str(value), "lastTransitionTime": stamp()} for kind, value in states],
        "containerStatuses": [
            {
                "name": container["name"],
                "image": container["image"],
                "containerID": f"containerd://{running.uid.replace('-', '') * 2}",
                "ready": ready,
                "started": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": started}},
            }
        ],
    }


def _node_status(v) -> dict:  # type: ignore[no-untyped-def]
    pressures = (("MemoryPressure", "KubeletHasSufficientMemory"), ("DiskPressure", "KubeletHasNoDiskPressure"))
    conditions = [
        {"type": kind, "status": "False", "reason": reason, "lastHeartbeatTime": stamp(), "lastTransitionTime": stamp()}
        for kind, reason in (*pressures, ("PIDPressure", "KubeletHasSufficientPID"))
    ]
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status"}
    machine = Path("/etc/machine-id").read_text().strip()
    return {
        "addresses": [{"type": "InternalIP", "address": address()}, {"type": "Hostname", "address": NODE}],
        "capacity": {"cpu": "2", "memory": "2048000Ki", "pods": "110"},
        "allocatable": {"cpu": "2", "memory": "2048000Ki", "pods": "110"},
        "conditions": [*conditions, {**ready, "lastHeartbeatTime": stamp(), "lastTransitionTime": stamp()}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": {
            "architecture": "amd64",
            "bootID": Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
            "containerRuntimeVersion": f"containerd://{v.containerd}",
            "kernelVersion": "6.12.0-amd64",
            "kubeProxyVersion": f"v{v.kubernetes}",
            "kubeletVersion": f"v{v.kubernetes}",
            "machineID": machine,
            "operatingSystem": "linux",
            "osImage": "Debian GNU/Linux 13 (trixie)",
            "systemUUID": machine,
        },
    }


class Handler(BaseHTTPRequestHandler):
    """/healthz, and the logs of pods."""

    def do_GET(self) -> None:
        if self.path == "/healthz":
            self._send(200, b"ok")
        elif self.path.startswith("/containerLogs/"):
            _, _, namespace, pod, container = self.path.split("?")[0].split("/")
            found = list(Path("/var/log/pods").glob(f"{namespace}_{pod}_*/{container}/0.log"))
            lines = found[0].read_text().splitlines()[-100:] if found else []
            self._send(200, "".join(line.split(" ", 3)[3] + "\n" for line in lines).encode())
        else:
            self._send(404, b"404 page not found\n")

    def _send(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


class TlsServer(ThreadingHTTPServer):
    daemon_threads = True
    context: ssl.SSLContext

    def get_request(self):  # type: ignore[no-untyped-def]
        raw, peer = super().get_request()
        raw.settimeout(30)
        return self.context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False), peer

    def handle_error(self, request, client_address) -> None:  # type: ignore[no-untyped-def]
        pass


def _listen() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PKI / "kubelet.crt", PKI / "kubelet.key")
    tls = TlsServer(("", 10250), Handler)
    tls.context = context
    plain = ThreadingHTTPServer(("127.0.0.1", 10248), Handler)
    for server in (tls, plain):
        threading.Thread(target=server.serve_forever, daemon=True).start()


def main() -> None:
    hide_interpreter()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    pods.mount_secrets(Path("/var/lib/k0s/pki/ca.crt").read_bytes(), GOOD_TOKEN)
    _listen()
    Kubelet().run()
