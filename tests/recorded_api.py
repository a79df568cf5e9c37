"""A controller's API server that answers our paths from what kubectl printed when a state was recorded."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import yaml

from k0stui.errors import ApiRefused, ProbeFailed, Unreachable
from k0stui.model.host import HostName
from k0stui.ports import LIMIT
from k0stui.probes.api import metrics_api
from tests.recordings import RecordedClock, Row, recording


class RecordedApi:
    """One controller's API server that answers our paths from one state."""

    def __init__(self, state: str, host: str) -> None:
        self.host = HostName(host)
        self.clock = RecordedClock()
        self._recording = recording(state)

    async def get(self, path: str, *, timeout: float = LIMIT) -> bytes:
        if self.host not in self._recording.hosts:
            raise Unreachable(f"{self.host} is not in the recording of {self._recording.state}")
        ready = self._recording.shared(self.host, "readyz-raw")
        if ready.exit_status:
            raise Unreachable(f"{self.host}: {ready.error.strip()}")
        if match := re.fullmatch(r"/api/v1/nodes/([^/]+)/proxy/healthz", path):
            return self._tunnel(match[1])
        if path not in BODIES:
            raise ProbeFailed(f"{path} was not recorded")
        return BODIES[path](self)

    async def patch(self, path: str, body: bytes, *, content_type: str, timeout: float = LIMIT) -> bytes:
        raise ProbeFailed("a recording cannot be changed")

    async def delete(self, path: str, body: bytes = b"", *, timeout: float = LIMIT) -> bytes:
        raise ProbeFailed("a recording cannot be changed")

    async def close(self) -> None: ...

    def _row(self, name: str) -> Row:
        row = self._recording.shared(self.host, name)
        self.clock.time = max(self.clock.time, row.start + row.seconds)
        return row

    def _tunnel(self, node: str) -> bytes:
        row = self._recording.shared(self.host, "tunnel-probe")
        self.clock.time = max(self.clock.time, row.start)
        parts = re.split(r"^== (\S+)\n", row.text, flags=re.MULTILINE)
        body, _, last = dict(zip(parts[1::2], parts[2::2], strict=True))[node].rstrip("\n").rpartition("\n")
        status, seconds = last.split()
        self.clock.time += float(seconds)
        if status == "000":
            raise TimeoutError
        if status != "200":
            raise ApiRefused(f"{self.host}: HTTP {status}", int(status), body)
        return body.encode()

    def found(self, name: str) -> Any:
        """The JSON or YAML that kubectl printed."""
        row = self._row(name)
        if "doesn't have a resource type" in row.error:
            raise ApiRefused(f"{self.host}: the server could not find the requested resource", 404)
        if row.exit_status:
            raise Unreachable(f"{self.host}: {row.error.strip()}")
        return json.loads(row.text) if row.text.startswith("{") else yaml.load(row.text, Loader=yaml.CSafeLoader)


Body = Callable[[RecordedApi], bytes]


def whole(name: str) -> Body:
    return lambda api: json.dumps(api.found(name), default=str).encode()


def labelled(name: str, label: str, value: str) -> Body:
    """The list that the API would send for `labelSelector=label=value`."""

    def body(api: RecordedApi) -> bytes:
        found = api.found(name)
        wanted = [one for one in found["items"] if one["metadata"].get("labels", {}).get(label) == value]
        return json.dumps(found | {"items": wanted}).encode()

    return body


def _readyz(api: RecordedApi) -> bytes:
    return api._row("readyz-raw").stdout


def _cluster_config(api: RecordedApi) -> bytes:
    return json.dumps(api.found("clusterconfig")["items"][0], default=str).encode()


def first_metrics_api(api: RecordedApi) -> dict[str, Any]:
    items = api.found("apiservices")["items"]
    return next(item for item in items if item["metadata"]["name"] == "v1beta1.metrics.k8s.io")


def _metrics_api(api: RecordedApi) -> bytes:
    """The last of the five quick reads that followed, seconds after the list was read."""
    service = first_metrics_api(api)
    version, status, reason, since, message = api._row("apiservice-x5").text.splitlines()[-1].split(" ", 4)
    condition = {
        "type": "Available",
        "status": status,
        "reason": reason,
        "lastTransitionTime": since,
        "message": message,
    }
    service["metadata"]["resourceVersion"] = version
    service["status"] = {"conditions": [condition]}
    return json.dumps(service).encode()


BODIES: dict[str, Body] = {
    "/readyz?verbose": _readyz,
    "/api/v1/nodes": whole("nodes"),
    "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases": whole("leases"),
    "/apis/apps/v1/namespaces/kube-system/daemonsets": whole("ds"),
    "/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dkonnectivity-agent": labelled(
        "pods", "k8s-app", "konnectivity-agent"
    ),
    "/api/v1/namespaces/kube-system/pods?labelSelector=app.kubernetes.io%2Fcomponent%3Dnllb": labelled(
        "pods", "app.kubernetes.io/component", "nllb"
    ),
    "/api/v1/namespaces/kube-system/configmaps?labelSelector=k0s.k0sproject.io%2Fworker-profile": whole(
        "cm-worker-config"
    ),
    "/api/v1/namespaces/kube-system/configmaps/kube-proxy": whole("cm-kube-proxy"),
    "/api/v1/namespaces/default/endpoints/kubernetes": whole("endpoints-kubernetes"),
    metrics_api.PROBE.path: _metrics_api,
    "/apis/etcd.k0sproject.io/v1beta1/etcdmembers": whole("etcdmembers"),
    "/apis/k0s.k0sproject.io/v1beta1/namespaces/kube-system/clusterconfigs/k0s": _cluster_config,
}
"""By path; the namespace's uid and autopilot's plan were not recorded."""
