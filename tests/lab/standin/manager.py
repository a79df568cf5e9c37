"""kube-controller-manager's place: rolls DaemonSets and marks nodes whose kubelet is silent. Its leader alone acts."""

from __future__ import annotations

import time

from standin import election, log
from standin.client import Api, ApiError
from standin.leases import now
from standin.objects import checksum
from standin.process import hide_interpreter
from standin.store import stamp

GRACE = 40.0
"""Seconds without a renewed node lease until a node is NotReady."""
SETS = "/apis/apps/v1/namespaces/kube-system/daemonsets"
PODS = "/api/v1/namespaces/kube-system/pods"
HASH = "controller-revision-hash"


def main() -> None:
    hide_interpreter()
    api, elector = election.join("kube-controller-manager")
    while True:
        time.sleep(1)
        if elector.held:
            try:
                _act(api)
            except ApiError as error:
                log.emit("E", "controller.go:1", f'"Unhandled Error" err="{error}"')


def _act(api: Api) -> None:
    nodes = api.get("/api/v1/nodes")["items"]
    _watch_nodes(api, nodes)
    pods = api.get(PODS)["items"]
    for daemon_set in api.get(SETS)["items"]:
        own = [each for each in pods if _owner(each) == daemon_set["metadata"]["uid"]]
        _roll(api, daemon_set, nodes, own)
        _report(api, daemon_set, nodes, own)


def _owner(pod: dict) -> str:
    return next((each["uid"] for each in pod["metadata"].get("ownerReferences", ())), "")


def _roll(api: Api, daemon_set: dict, nodes: list[dict], pods: list[dict]) -> None:
    """Missing pods are made; outdated ones deleted, one unavailable at a time, unless the strategy is OnDelete."""
    wanted = template_hash(daemon_set)
    by_node = {pod["spec"]["nodeName"]: pod for pod in pods}
    for node in nodes:
        if node["metadata"]["name"] not in by_node:
            _create(api, daemon_set, node, wanted)
    if daemon_set["spec"].get("updateStrategy", {}).get("type") == "OnDelete":
        return
    outdated = [pod for pod in pods if pod["metadata"]["labels"].get(HASH) != wanted and not _leaving(pod)]
    unavailable = len(nodes) - sum(is_available(pod) for pod in pods)
    for pod in sorted(outdated, key=is_available):
        if is_available(pod) and unavailable >= 1:
            return
        unavailable += is_available(pod)
        api.delete(f"{PODS}/{pod['metadata']['name']}")


def template_hash(daemon_set: dict) -> str:
    return checksum(daemon_set["spec"]["template"])[:10]


def is_available(pod: dict) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return ready and not _leaving(pod)


def _leaving(pod: dict) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def _create(api: Api, daemon_set: dict, node: dict, revision: str) -> None:
    meta, template = daemon_set["metadata"], daemon_set["spec"]["template"]
    labels = {**template["metadata"]["labels"], HASH: revision, "pod-template-generation": str(meta["generation"])}
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": meta["name"], "uid": meta["uid"], "controller": True}
    pod = {
        "metadata": {
            "generateName": f"{meta['name']}-",
            "labels": labels,
            "annotations": template["metadata"].get("annotations", {}),
            "ownerReferences": [owner],
        },
        "spec": {**template["spec"], "nodeName": node["metadata"]["name"], "restartPolicy": "Always"},
        "status": {"phase": "Pending"},
    }
    api.post(PODS, pod)


def _report(api: Api, daemon_set: dict, nodes: list[dict], pods: list[dict]) -> None:
    """The status; a number that is 0 is left out where Kubernetes leaves it out."""
    revision = template_hash(daemon_set)
    ready = sum(is_available(pod) for pod in pods)
    updated = sum(pod["metadata"]["labels"].get(HASH) == revision and not _leaving(pod) for pod in pods)
    status = {
        "currentNumberScheduled": len(pods),
        "desiredNumberScheduled": len(nodes),
        "numberMisscheduled": 0,
        "numberReady": ready,
        "observedGeneration": daemon_set["metadata"]["generation"],
        "updatedNumberScheduled": updated or None,
        "numberAvailable": ready or None,
        "numberUnavailable": len(nodes) - ready or None,
    }
    shown = {key: value for key, value in status.items() if value is not None}
    if daemon_set.get("status") != shown:
        api.merge(f"{SETS}/{daemon_set['metadata']['name']}/status", {"status": status})


_seen: dict[str, tuple[str, float]] = {}


def _watch_nodes(api: Api, nodes: list[dict]) -> None:
    for lease in api.get("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases")["items"]:
        name, renewed = lease["metadata"]["name"], lease["spec"].get("renewTime", "")
        if _seen.get(name, ("", 0.0))[0] != renewed:
            _seen[name] = (renewed, time.monotonic())
    for node in nodes:
        name = node["metadata"]["name"]
        if time.monotonic() - _seen.setdefault(name, ("", time.monotonic()))[1] > GRACE:
            _mark_unknown(api, node)


def _mark_unknown(api: Api, node: dict) -> None:
    ready = next(each for each in node["status"]["conditions"] if each["type"] == "Ready")
    if ready["status"] == "Unknown":
        return
    name = node["metadata"]["name"]
    changed = {
        **ready,
        "status": "Unknown",
        "reason": "NodeStatusUnknown",
        "message": "Kubelet stopped posting node status.",
        "lastTransitionTime": stamp(),
    }
    others = [each for each in node["status"]["conditions"] if each["type"] != "Ready"]
    api.merge(f"/api/v1/nodes/{name}/status", {"status": {"conditions": [*others, changed]}})
    for pod in api.get(f"/api/v1/pods?fieldSelector=spec.nodeName={name}")["items"]:
        conditions = [
            {**each, "status": "False", "lastTransitionTime": now()} if each["type"] == "Ready" else each
            for each in pod.get("status", {}).get("conditions", ())
        ]
        path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}/status"
        api.merge(path, {"status": {"conditions": conditions}})
