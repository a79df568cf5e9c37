"""`k0s worker`: reads its profile from the API once, writes the balancer's files if it says so, supervises kubelet."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import uuid
from pathlib import Path
from secrets import token_hex

import yaml
from standin import kubernetes, log, objects, status
from standin.client import Api, ApiError
from standin.kubelet import STATIC
from standin.process import hide_interpreter
from standin.settings import NODE, RUN, version
from standin.supervisor import Supervised

KUBELET_CONF = Path("/var/lib/k0s/kubelet.conf")
PROFILE = Path("/var/lib/k0s/worker-profile.yaml")
NLLB = RUN / "nllb"


class Worker:
    """One `k0s worker` process."""

    def __init__(self) -> None:
        self.version = version()
        self.invocation = token_hex(16)
        self.stopping = threading.Event()
        self.components = status.Components()
        self.children: list[Supervised] = []
        self.kubeconfig = KUBELET_CONF
        self.api_ok = (False, "")

    def run(self) -> None:
        signal.signal(signal.SIGTERM, lambda *_: self.stopping.set())
        for path in (NLLB / "envoy", RUN / "kubelet"):
            path.mkdir(parents=True, exist_ok=True)
        NLLB.chmod(0o700)
        try:
            status.serve(self.status, self.components)
            profile = self._load_profile()
            nllb = json.loads(profile.get("nodeLocalLoadBalancing", '{"enabled":false}'))
            if nllb.get("enabled"):
                self._start_balancer(profile, nllb)
            (RUN / "kubelet/config.yaml").write_text("kind: KubeletConfiguration\n")
            for name, argv in (
                ("containerd", ["/var/lib/k0s/bin/containerd", "--root=/var/lib/k0s/containerd"]),
                ("kubelet", kubernetes.kubelet(str(self.kubeconfig), self.version)),
            ):
                child = Supervised(name, argv)
                child.start()
                self.children.append(child)
            self._watch(profile)
        finally:
            self._stop()

    def _load_profile(self) -> dict:
        """The ConfigMap's data, from whichever address answers; nothing starts before one does (k0s#7379)."""
        name = f"worker-config-default-{self.version.line}"
        pause = 0.5
        while not self.stopping.is_set():
            for server in (*_cached_addresses(), None):
                try:
                    api = Api(KUBELET_CONF, timeout=3, server=server)
                    profile = api.get(f"/api/v1/namespaces/kube-system/configmaps/{name}")["data"]
                    PROFILE.write_text(yaml.dump({"name": "default", "data": profile}))
                    return profile
                except ApiError as error:
                    log.say(f"failed to load worker profile: {error}", "bootstrap-kubelet", "warning")
            self.stopping.wait(pause)
            pause = min(pause * 1.5, 5)
        raise SystemExit(0)

    def _start_balancer(self, profile: dict, nllb: dict) -> None:
        settings = nllb["envoyProxy"]
        document = yaml.load(KUBELET_CONF.read_text(), yaml.CSafeLoader)
        document["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{settings['apiServerBindPort']}"
        self.kubeconfig = NLLB / "kubeconfig.yaml"
        self.kubeconfig.write_text(yaml.dump(document))
        _write_upstreams(profile)
        (NLLB / "envoy/envoy.yaml").write_text(objects.envoy_yaml(settings))
        STATIC.parent.mkdir(parents=True, exist_ok=True)
        STATIC.write_text(json.dumps(_static_pod(settings, self.version)))
        log.say("Provisioned static Envoy Pod", "nllb.envoyProxy")

    def _watch(self, profile: dict) -> None:
        """While running only the API servers' addresses are followed; and the API is probed for the status."""
        api = Api(self.kubeconfig, timeout=3)
        name = f"worker-config-default-{self.version.line}"
        while not self.stopping.wait(3):
            try:
                api.raw("/version")
                self.api_ok = (True, "")
                found = api.get(f"/api/v1/namespaces/kube-system/configmaps/{name}")["data"]
            except ApiError as error:
                self.api_ok = (False, str(error))
                continue
            if found["apiServerAddresses"] != profile["apiServerAddresses"]:
                profile = {**profile, "apiServerAddresses": found["apiServerAddresses"]}
                if self.kubeconfig != KUBELET_CONF:
                    _write_upstreams(profile)
                    log.say("Updated API server addresses", "nllb.Reconciler")

    def status(self) -> dict:
        variables = status.k0s_vars(self.invocation, self.version, "/etc/k0s/k0s.yaml", False)
        shown = status.document(self.version, "worker", None, variables)
        shown["WorkerToAPIConnectionStatus"] = {"Message": self.api_ok[1], "Success": self.api_ok[0]}
        return shown

    def _stop(self) -> None:
        for child in reversed(self.children):
            child.stop()
        shutil.rmtree(NLLB, ignore_errors=True)
        STATIC.unlink(missing_ok=True)
        status.SOCKET.unlink(missing_ok=True)


def _cached_addresses() -> list[str]:
    if not PROFILE.exists():
        return []
    cached = yaml.load(PROFILE.read_text(), yaml.CSafeLoader)["data"]
    return [f"https://{each}" for each in json.loads(cached["apiServerAddresses"])]


def _write_upstreams(profile: dict) -> None:
    addresses = json.loads(profile["apiServerAddresses"])
    port = json.loads(profile["konnectivity"])["agentPort"]
    if addresses:
        (NLLB / "envoy").mkdir(parents=True, exist_ok=True)
        (NLLB / "envoy/cds.yaml").write_text(objects.cds_yaml(addresses, port))


def _static_pod(settings: dict, version) -> dict:  # type: ignore[no-untyped-def]
    """Its uid is new at every start of k0s, since the port that serves it is."""
    labels = {
        "app.kubernetes.io/component": "nllb",
        "app.kubernetes.io/managed-by": "k0s",
        "app.kubernetes.io/name": "k0s",
        "app.kubernetes.io/version": version.label,
    }
    image = f"{settings['image']['image']}:{settings['image']['version']}"
    container = {
        "name": "nllb",
        "image": image,
        "args": ["-c", f"{NLLB}/envoy/envoy.yaml", "--use-dynamic-base-id"],
    }
    mark = token_hex(16)
    annotations = {
        "kubernetes.io/config.hash": mark,
        "kubernetes.io/config.mirror": mark,
        "kubernetes.io/config.source": "http",
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"nllb-{NODE}",
            "namespace": "kube-system",
            "uid": str(uuid.uuid4()),
            "labels": labels,
            "annotations": annotations,
        },
        "spec": {"nodeName": NODE, "hostNetwork": True, "containers": [container]},
    }


def main() -> None:
    hide_interpreter()
    log.say(f"starting k0s {version().k0s}", "")
    Worker().run()
    os._exit(0)
