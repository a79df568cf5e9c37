"""The simulated API servers: paths to objects, PATCH and DELETE with their checks, and the tunnel to the nodes.

    answer = ApiServer(fleet, controller).request("GET", "/api/v1/nodes")

Source of statuses: what a 1.32 API server says: 409 for an old resourceVersion, 422 for a failed `test`, 503 for a
tunnel without agents. Nothing else than the acts of design/safety.md §2 can be changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from k0stui.demo import objects, workloads
from k0stui.demo.controller import Controller
from k0stui.demo.controller_answers import failed_checks, readyz
from k0stui.demo.daemonset import DaemonSet
from k0stui.demo.fleet import Fleet
from k0stui.demo.json_patch import PatchRefused, patched
from k0stui.demo.objects import Json

SYSTEM_PATH = "namespaces/kube-system"


@dataclass(frozen=True, slots=True)
class Answered:
    """An HTTP answer."""

    status: int
    body: bytes


class Refused(Exception):
    """An answer with a `Status` object."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status, self.reason = status, reason


@dataclass(frozen=True, slots=True)
class ApiServer:
    """One controller's own API server."""

    fleet: Fleet
    controller: Controller

    @property
    def listens(self) -> bool:
        """The port is open."""
        return self.controller.powered and (self.controller.api_listens or self.controller.api_since is not None)

    def request(self, method: str, target: str, body: bytes = b"", content_type: str = "") -> Answered:
        """One request with the admin's rights; the port must be open."""
        parts = urlsplit(target)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        try:
            return self._answer(method, unquote(parts.path), query, body, content_type)
        except Refused as error:
            return _status(error)

    def _answer(self, method: str, path: str, query: dict[str, str], body: bytes, kind: str) -> Answered:
        if path in ("/readyz", "/livez", "/healthz"):
            return self._ready(path, "verbose" in query or path == "/readyz")
        if path == "/version":
            return _json({"gitVersion": f"v{self.fleet.release.kubernetes}+k0s"})
        if not self.fleet.etcd.has_quorum or self.controller.api_since is None:
            raise Refused(504, "Timeout", "Timeout: request did not complete within the allotted timeout")
        if path.startswith("/api/v1/nodes/") and "/proxy/" in path:
            return self._tunnel(path.split("/")[4])
        if path.startswith("/apis/metrics.k8s.io/"):
            return self._metrics()
        match method:
            case "GET":
                return _json(self._get(path, query))
            case "PATCH":
                return _json(self._patch(path, query, body, kind))
            case "DELETE":
                return _json(self._delete(path, query, body))
            case _:
                raise Refused(
                    405, "MethodNotAllowed", "the server does not allow this method on the requested resource"
                )

    def _ready(self, path: str, verbose: bool) -> Answered:
        failed = failed_checks(self.fleet, self.controller) if path == "/readyz" else ()
        text = readyz(failed) if verbose else "ok"
        return Answered(500 if failed else 200, text.encode())

    # --- looking ---------------------------------------------------------------------------------------------------

    def _get(self, path: str, query: dict[str, str]) -> Json:
        collection, name = self._find(path)
        items = collection()
        if name:
            return _named(items, path, name)
        kept = [item for item in items if _selected(item, query)]
        kind = kept[0]["kind"] if kept else ""
        return {
            "apiVersion": kept[0]["apiVersion"] if kept else "v1",
            "kind": f"{kind}List",
            "metadata": {"resourceVersion": str(self.fleet.resource)},
            "items": [
                {key: value for key, value in item.items() if key not in ("kind", "apiVersion")} for item in kept
            ],
        }

    def _find(self, path: str) -> tuple[Callable[[], list[Json]], str]:
        """The collection, and the name of one object in it."""
        if path in self._collections():
            return self._collections()[path], ""
        parent, _, name = path.rpartition("/")
        if parent in self._collections():
            return self._collections()[parent], name
        raise Refused(404, "NotFound", "the server could not find the requested resource")

    def _collections(self) -> dict[str, Callable[[], list[Json]]]:
        fleet = self.fleet
        found: dict[str, Callable[[], list[Json]]] = {
            "/api/v1/namespaces": lambda: [objects.namespace(fleet, name) for name in ("default", "kube-system")],
            "/api/v1/nodes": lambda: [objects.node(fleet, w) for w in fleet.workers if w.unit.started is not None],
            "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases": lambda: list(_leases(fleet)),
            f"/apis/apps/v1/{SYSTEM_PATH}/daemonsets": lambda: [
                workloads.daemonset(fleet, one) for one in (fleet.agents, fleet.kube_proxies)
            ],
            f"/api/v1/{SYSTEM_PATH}/pods": lambda: list(_pods(fleet)),
            f"/api/v1/{SYSTEM_PATH}/configmaps": lambda: [
                objects.worker_config(fleet),
                objects.kube_proxy_config(fleet),
            ],
            "/api/v1/namespaces/default/endpoints": lambda: [objects.endpoints(fleet)],
            "/apis/apiregistration.k8s.io/v1/apiservices": lambda: [objects.metrics_api(fleet)],
            "/apis/etcd.k0sproject.io/v1beta1/etcdmembers": lambda: [
                objects.etcd_member(fleet, member) for member in fleet.etcd.members if member.joined
            ],
            "/apis/upgrade.cattle.io/v1/plans": lambda: _some(objects.upgrade(fleet)),
            "/apis/autopilot.k0sproject.io/v1beta2/plans": lambda: _some(objects.autopilot(fleet)),
            f"/api/v1/{SYSTEM_PATH}/events": lambda: [objects.reconciled(fleet, event) for event in fleet.events],
            "/api/v1/events": lambda: [objects.reconciled(fleet, event) for event in fleet.events],
        }
        if fleet.dynamic is not None:
            path = f"/apis/k0s.k0sproject.io/v1beta1/{SYSTEM_PATH}/clusterconfigs"
            found[path] = lambda: _some(objects.cluster_config(fleet))
        return found

    # --- through the tunnel ----------------------------------------------------------------------------------------

    def _tunnel(self, name: str) -> Answered:
        """`nodes/NAME/proxy/healthz`: by an agent of the node itself, else by any agent of this server."""
        worker = next((worker for worker in self.fleet.workers if worker.name == name), None)
        if worker is None:
            raise Refused(404, "NotFound", f'nodes "{name}" not found')
        self._need_agent(worker.name)
        if not worker.powered or (worker.name, "10250") in self.fleet.tunnel_blocked:
            raise Refused(503, "ServiceUnavailable", "error trying to reach service: dial timeout, backstop")
        if worker.kubelet_since is None:
            words = f"error trying to reach service: dial tcp {worker.address}:10250: connect: connection refused"
            raise Refused(503, "ServiceUnavailable", words)
        return Answered(200, b"ok")

    def _metrics(self) -> Answered:
        self._need_agent("")
        items = [{"metadata": {"name": worker.name}, "usage": {"cpu": "129m"}} for worker in self.fleet.workers]
        return _json({"kind": "NodeMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "items": items})

    def _need_agent(self, node: str) -> None:
        server = self.controller.server
        if server is None or server.agents == 0:
            raise Refused(503, "ServiceUnavailable", "error trying to reach service: No agent available")
        picked = [link for link in server.links if link.agent.worker.name == node] or server.links
        if not picked[0].agent.worker.powered:
            raise Refused(503, "ServiceUnavailable", "error trying to reach service: dial timeout, backstop")

    # --- changing --------------------------------------------------------------------------------------------------

    def _patch(self, path: str, query: dict[str, str], body: bytes, kind: str) -> Json:
        before = self._get(path, {})
        try:
            after = patched(before, body, kind)
        except PatchRefused as error:
            raise Refused(422, "Invalid", str(error)) from error
        wanted = after["metadata"].get("resourceVersion")
        if wanted not in (None, before["metadata"]["resourceVersion"]):
            raise Refused(
                409, "Conflict", "the object has been modified; please apply your changes to the latest version"
            )
        if "dryRun" in query:
            return after
        self._store(path, after)
        return self._get(path, {})

    def _store(self, path: str, after: Json) -> None:
        name = after["metadata"]["name"]
        match after["kind"]:
            case "DaemonSet":
                _store_daemonset(self._daemonset(name), after)
            case "ClusterConfig":
                self.fleet.set_dynamic(after["spec"])
            case _:
                raise Refused(403, "Forbidden", f"nothing here may change {path}")

    def _daemonset(self, name: str) -> DaemonSet:
        return self.fleet.agents if name == self.fleet.agents.name else self.fleet.kube_proxies

    def _delete(self, path: str, query: dict[str, str], body: bytes) -> Json:
        before = self._get(path, {})
        options = json.loads(body) if body else {}
        uid = (options.get("preconditions") or {}).get("uid")
        if uid not in (None, before["metadata"]["uid"]):
            raise Refused(409, "Conflict", "the UID in the precondition does not match the UID in record")
        grace = options.get("gracePeriodSeconds", query.get("gracePeriodSeconds", 30))
        for daemonset in (self.fleet.agents, self.fleet.kube_proxies):
            for pod in daemonset.all():
                if pod.uid == before["metadata"]["uid"]:
                    daemonset.delete(pod, float(grace))
                    return before
        raise Refused(403, "Forbidden", f"nothing here may delete {path}")


def _store_daemonset(daemonset: DaemonSet, after: Json) -> None:
    """Update strategy and the annotation of a rollout: all that may change."""
    updates = after["spec"].get("updateStrategy") or {}
    kind = updates.get("type", "RollingUpdate")
    if kind != daemonset.strategy:
        daemonset.set_strategy(kind, updates.get("rollingUpdate"))
    daemonset.annotations = dict(after["metadata"].get("annotations") or {})
    annotations = after["spec"]["template"]["metadata"].get("annotations") or {}
    restarted = annotations.get("kubectl.kubernetes.io/restartedAt", "")
    daemonset.set_template(replace(daemonset.template, restarted_at=restarted))


def _leases(fleet: Fleet) -> Iterator[Json]:
    yield from (objects.lease(fleet, found) for _, found in sorted(fleet.leases.all.items()))
    yield from (objects.node_lease(fleet, worker) for worker in fleet.workers)


def _pods(fleet: Fleet) -> Iterator[Json]:
    for daemonset in (fleet.agents, fleet.kube_proxies):
        yield from (workloads.pod(fleet, daemonset, pod) for pod in daemonset.all())
    yield from (found for worker in fleet.workers if (found := workloads.nllb_pod(fleet, worker)) is not None)


def _some(found: Json | None) -> list[Json]:
    return [] if found is None else [found]


def _named(items: list[Json], path: str, name: str) -> Json:
    for item in items:
        if item["metadata"]["name"] == name:
            return item
    resource = path.split("/")[-2]
    raise Refused(404, "NotFound", f'{resource} "{name}" not found')


def _selected(item: Json, query: dict[str, str]) -> bool:
    labels = item["metadata"].get("labels") or {}
    for term in filter(None, query.get("labelSelector", "").split(",")):
        key, equals, value = term.partition("=")
        if (equals and labels.get(key) != value) or (not equals and key not in labels):
            return False
    for term in filter(None, query.get("fieldSelector", "").split(",")):
        path, _, value = term.partition("=")
        if str(_at(item, path)) != value:
            return False
    return True


def _at(item: Any, path: str) -> Any:
    for key in path.split("."):
        item = item.get(key, "") if isinstance(item, dict) else ""
    return item


def _json(found: Json) -> Answered:
    return Answered(200, json.dumps(found).encode())


def _status(error: Refused) -> Answered:
    body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": str(error)}
    return Answered(error.status, json.dumps({**body, "reason": error.reason, "code": error.status}).encode())
