"""The simulated cluster as Kubernetes objects: the JSON that an API server gives for nodes, leases, pods and the rest.

Only what was seen in recordings/*/*.json and is read by somebody; a status number that is zero is left out, as there.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

from k0stui.demo.etcd import Member
from k0stui.demo.fleet import Fleet
from k0stui.demo.leases import Lease
from k0stui.demo.said import micros, rfc3339
from k0stui.demo.worker import Worker

Json = dict[str, Any]
SYSTEM = "kube-system"


def uid(*parts: object) -> str:
    """The same for the same object, for ever."""
    word = hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()
    return f"{word[:8]}-{word[8:12]}-4{word[13:16]}-a{word[17:20]}-{word[20:]}"


def metadata(fleet: Fleet, name: str, version: int, created: float, *, namespace: str = "", **more: Any) -> Json:
    found: Json = {"name": name, "uid": more.pop("uid", uid(namespace, name)), "resourceVersion": str(version)}
    if namespace:
        found["namespace"] = namespace
    return {**found, "creationTimestamp": rfc3339(fleet.wall(created)), **more}


# --- nodes and leases ---------------------------------------------------------------------------------------------


def node(fleet: Fleet, worker: Worker) -> Json:
    release, now = fleet.release, fleet.now
    labels = {"kubernetes.io/hostname": worker.name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    spec: Json = {"podCIDR": worker.pod_cidr, "podCIDRs": [worker.pod_cidr]}
    if worker.unschedulable:
        spec["unschedulable"] = True
    info = {"kubeletVersion": f"v{release.kubernetes}", "operatingSystem": "linux", "architecture": "amd64"}
    info |= {"machineID": worker.machine_id, "bootID": worker.boot_id, "osImage": "Ubuntu 24.04.1 LTS"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": metadata(fleet, worker.name, 900 + int(now // 10), 121.0, labels=labels, annotations={}),
        "spec": spec,
        "status": {
            "addresses": [
                {"address": worker.address, "type": "InternalIP"},
                {"address": worker.name, "type": "Hostname"},
            ],
            "conditions": [_ready(fleet, worker)],
            "nodeInfo": info,
        },
    }


def _ready(fleet: Fleet, worker: Worker) -> Json:
    now = fleet.now
    beat = worker.silent_since if worker.silent_since is not None else now - now % 10
    told = {"type": "Ready", "lastHeartbeatTime": rfc3339(fleet.wall(beat))}
    if worker.is_silent(now):
        since = (worker.silent_since or now) + 42.0
        words = {"reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status."}
        return {**told, "status": "Unknown", "lastTransitionTime": rfc3339(fleet.wall(since)), **words}
    if not worker.is_ready(now):
        words = {"reason": "KubeletNotReady", "message": "container runtime is down"}
        return {**told, "status": "False", "lastTransitionTime": rfc3339(fleet.wall(worker.unready_until - 3)), **words}
    since = max(worker.unready_until, 140.0)
    words = {"reason": "KubeletReady", "message": "kubelet is posting ready status"}
    return {**told, "status": "True", "lastTransitionTime": rfc3339(fleet.wall(since)), **words}


def lease(fleet: Fleet, found: Lease) -> Json:
    """Times are by the clock of the holder's host."""
    ahead = fleet.clocks().get(found.node, 0.0)
    released = not found.holder
    spec: Json = {"holderIdentity": found.holder, "leaseDurationSeconds": 1 if released else 60}
    spec |= {"leaseTransitions": found.transitions, "renewTime": _stamp(fleet, found.renewed(fleet.now), ahead)}
    spec["acquireTime"] = _stamp(fleet, found.acquired, ahead)
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": metadata(
            fleet, found.name, found.resource, found.created, namespace="kube-node-lease", uid=found.uid
        ),
        "spec": spec,
    }


def node_lease(fleet: Fleet, worker: Worker) -> Json:
    beat = worker.silent_since if worker.silent_since is not None else fleet.now - fleet.now % 10
    spec = {"holderIdentity": worker.name, "leaseDurationSeconds": 40, "renewTime": _stamp(fleet, beat, 0.0)}
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": metadata(fleet, worker.name, 950, 121.0, namespace="kube-node-lease"),
        "spec": spec,
    }


def _stamp(fleet: Fleet, moment: float, ahead: float) -> str:
    return micros(fleet.wall(moment) + timedelta(seconds=ahead))


# --- the rest -----------------------------------------------------------------------------------------------------


def worker_config(fleet: Fleet) -> Json:
    release, config = fleet.release, fleet.worker_config
    image, version = release.envoy_image.rsplit(":", 1)
    balancing = {
        "enabled": config.nllb,
        "type": "EnvoyProxy",
        "envoyProxy": {
            "image": {"image": image, "version": version},
            "imagePullPolicy": "IfNotPresent",
            "apiServerBindPort": 7443,
            "konnectivityServerBindPort": 7132,
        },
    }
    addresses = [f"{address}:6443" for address in config.addresses]
    data = {"apiServerAddresses": json.dumps(addresses), "konnectivity": '{"enabled":true,"agentPort":8132}'}
    name = f"worker-config-default-{release.line}"
    labels = {
        "k0s.k0sproject.io/worker-profile": "default",
        "k0s.k0sproject.io/stack": f"k0s-worker-config-{release.line}",
    }
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(fleet, name, config.resource, 25.0, namespace=SYSTEM, labels=labels),
        "data": {**data, "nodeLocalLoadBalancing": json.dumps(balancing, separators=(",", ":"))},
    }


def kube_proxy_config(fleet: Fleet) -> Json:
    key, cluster = ("k8s-app", "local") if fleet.release.kube_proxy_rolls else ("app", "default")
    text = (
        "apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n"
        "    certificate-authority: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt\n"
        f"    server: {fleet.kube_proxy_server}\n  name: {cluster}\n"
    )
    meta = metadata(fleet, "kube-proxy", fleet.kube_proxy_resource, 25.0, namespace=SYSTEM, labels={key: "kube-proxy"})
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"kubeconfig.conf": text}}


def endpoints(fleet: Fleet) -> Json:
    addresses = [{"ip": address} for address in fleet.alive]
    subsets = [{"addresses": addresses, "ports": [{"name": "https", "port": 6443}]}] if addresses else []
    meta = metadata(fleet, "kubernetes", 700, 20.0, namespace="default")
    return {"apiVersion": "v1", "kind": "Endpoints", "metadata": meta, "subsets": subsets}


def metrics_api(fleet: Fleet) -> Json:
    metrics, now = fleet.flooding.metrics, fleet.now
    url = "https://10.99.244.107:443/apis/metrics.k8s.io/v1beta1"
    since = rfc3339(fleet.wall(metrics.changed_at(now)))
    if metrics.is_available(now):
        words = {"status": "True", "reason": "Passed", "message": "all checks passed"}
    else:
        message = f'failing or missing response from {url}: Get "{url}": No agent available'
        words = {"status": "False", "reason": "FailedDiscoveryCheck", "message": message}
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": metadata(fleet, "v1beta1.metrics.k8s.io", metrics.resource_at(now), 26.0),
        "spec": {"group": "metrics.k8s.io", "version": "v1beta1"},
        "status": {"conditions": [{"type": "Available", "lastTransitionTime": since, **words}]},
    }


def etcd_member(fleet: Fleet, member: Member) -> Json:
    return {
        "apiVersion": "etcd.k0sproject.io/v1beta1",
        "kind": "EtcdMember",
        "metadata": metadata(fleet, member.name, 268, 30.0),
        "spec": {"leave": True} if member.name in fleet.leaving else {},
        "status": {"memberID": f"{member.id:x}", "peerAddress": member.address},
    }


def cluster_config(fleet: Fleet) -> Json | None:
    """The object of dynamic mode."""
    if fleet.dynamic is None:
        return None
    return {
        "apiVersion": "k0s.k0sproject.io/v1beta1",
        "kind": "ClusterConfig",
        "metadata": metadata(
            fleet, "k0s", fleet.dynamic_resource, 22.0, namespace=SYSTEM, generation=fleet.dynamic_generation
        ),
        "spec": fleet.dynamic,
    }


def reconciled(fleet: Fleet, event: Json) -> Json:
    """The Event by which a controller says that it took a ClusterConfig."""
    name = f"k0s.{uid(event['host'], event['version'])[:16]}"
    at = fleet.wall(event["at"])
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": metadata(fleet, name, event["resource"], event["at"], namespace=SYSTEM),
        "reason": "SuccessfulReconcile",
        "message": "Successfully reconciled cluster config",
        "type": "Normal",
        "involvedObject": {
            "kind": "ClusterConfig",
            "name": "k0s",
            "namespace": SYSTEM,
            "resourceVersion": str(event["version"]),
        },
        "reportingComponent": "k0s-controller",
        "reportingInstance": event["host"],
        "source": {"component": "k0s-controller", "host": event["host"]},
        "firstTimestamp": rfc3339(at),
        "lastTimestamp": rfc3339(at),
    }


def autopilot(fleet: Fleet) -> Json | None:
    if not fleet.autopilot:
        return None
    meta = metadata(fleet, "autopilot", 4000, 300.0)
    return {
        "apiVersion": "autopilot.k0sproject.io/v1beta2",
        "kind": "Plan",
        "metadata": meta,
        "status": {"state": fleet.autopilot},
    }


def upgrade(fleet: Fleet) -> Json | None:
    """A plan of the system-upgrade-controller."""
    if not fleet.upgrading:
        return None
    return {
        "apiVersion": "upgrade.cattle.io/v1",
        "kind": "Plan",
        "metadata": {"name": "os-upgrade", "namespace": "system-upgrade"},
        "status": {"applying": list(fleet.upgrading)},
    }


def namespace(fleet: Fleet, name: str) -> Json:
    cluster_uid = fleet.cluster_uid if name == SYSTEM else uid("namespace", name)
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata(fleet, name, 10, 15.0, uid=cluster_uid)}
