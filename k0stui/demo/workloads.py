"""The simulated DaemonSets and their pods as Kubernetes objects, and the mirror pods of the balancers."""

from __future__ import annotations

import hashlib

from k0stui.demo.daemonset import DaemonSet, Pod, Template
from k0stui.demo.fleet import Fleet
from k0stui.demo.objects import SYSTEM, Json, metadata, uid
from k0stui.demo.said import rfc3339
from k0stui.demo.worker import Worker


def daemonset(fleet: Fleet, found: DaemonSet) -> Json:
    updates: Json = {"type": found.strategy}
    if found.rolling is not None:
        updates["rollingUpdate"] = found.rolling
    numbers = {
        "currentNumberScheduled": found.scheduled,
        "desiredNumberScheduled": len(found.nodes),
        "numberAvailable": found.ready,
        "numberReady": found.ready,
        "updatedNumberScheduled": found.updated,
        "numberUnavailable": len(found.nodes) - found.ready,
    }
    always = {"numberMisscheduled": 0, "numberReady": found.ready, "observedGeneration": found.observed[0]}
    labels = {
        "k0s.k0sproject.io/stack": "konnectivity" if found is fleet.agents else "kubeproxy",
        "k8s-app": found.name,
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": metadata(
            fleet,
            found.name,
            found.resource,
            20.0,
            namespace=SYSTEM,
            uid=found.uid,
            generation=found.generation,
            labels=labels,
            annotations=dict(found.annotations),
        ),
        "spec": {
            "revisionHistoryLimit": 10,
            "selector": {"matchLabels": {"k8s-app": found.name}},
            "template": _template(fleet, found, found.template),
            "updateStrategy": updates,
        },
        "status": {**{key: value for key, value in numbers.items() if value}, **always},
    }


def _template(fleet: Fleet, owner: DaemonSet, template: Template) -> Json:
    annotations = {"prometheus.io/scrape": "true", "prometheus.io/port": "8093" if owner is fleet.agents else "10249"}
    if template.config_hash:
        annotations["k0sproject.io/config-hash"] = hashlib.sha256(template.config_hash.encode()).hexdigest()[:43]
    if template.restarted_at:
        annotations["kubectl.kubernetes.io/restartedAt"] = template.restarted_at
    spec = _agent_spec(fleet, template) if owner is fleet.agents else _proxy_spec(fleet)
    return {"metadata": {"annotations": annotations, "labels": {"k8s-app": owner.name}}, "spec": spec}


def _agent_spec(fleet: Fleet, template: Template) -> Json:
    container: Json = {
        "name": "konnectivity-agent",
        "image": fleet.release.agent_image,
        "args": [
            "--logtostderr=true",
            "--ca-cert=/var/run/secrets/kubernetes.io/serviceaccount/ca.crt",
            f"--proxy-server-host={template.target}",
            f"--proxy-server-port={template.port}",
            "--service-account-token-path=/var/run/secrets/tokens/konnectivity-agent-token",
            "--agent-identifiers=host=$(NODE_IP)",
            "--agent-id=$(NODE_IP)",
        ],
        "env": [{"name": "K0S_CONTROLLER_COUNT", "value": str(template.count)}],
    }
    if fleet.release.has_readiness_probe:
        probe = {"httpGet": {"path": "/readyz", "port": 8093}, "initialDelaySeconds": 15, "periodSeconds": 10}
        container["readinessProbe"] = probe
    else:
        container["command"] = ["/proxy-agent"]
    spec: Json = {
        "containers": [container],
        "serviceAccountName": "konnectivity-agent",
        "terminationGracePeriodSeconds": 30,
    }
    return {**spec, "hostNetwork": True} if template.host_network else spec


def _proxy_spec(fleet: Fleet) -> Json:
    container = {
        "name": "kube-proxy",
        "image": f"quay.io/k0sproject/kube-proxy:v{fleet.release.kubernetes}",
        "args": ["--config=/var/lib/kube-proxy/config.conf", "--hostname-override=$(NODE_NAME)"],
    }
    return {"containers": [container], "hostNetwork": True, "serviceAccountName": "kube-proxy"}


def pod(fleet: Fleet, owner: DaemonSet, found: Pod) -> Json:
    template = _template(fleet, owner, found.template)
    owned = [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": owner.name, "uid": owner.uid, "controller": True}]
    labels = {"k8s-app": owner.name, "controller-revision-hash": found.template.hash}
    labels["pod-template-generation"] = str(found.generation)
    meta = metadata(
        fleet,
        found.name,
        found.resource,
        found.created,
        namespace=SYSTEM,
        uid=found.uid,
        labels=labels,
        annotations=template["metadata"]["annotations"],
        generateName=f"{owner.name}-",
        ownerReferences=owned,
    )
    if found.deleting is not None:
        meta |= {"deletionTimestamp": rfc3339(fleet.wall(found.deleting + found.grace))}
        meta["deletionGracePeriodSeconds"] = int(found.grace)
    worker = fleet.worker(found.node)
    running = found.started is not None
    return _pod(
        fleet,
        meta,
        {**template["spec"], "nodeName": found.node},
        worker,
        found.ip,
        found.started,
        found.ready and running,
    )


def _pod(fleet: Fleet, meta: Json, spec: Json, worker: Worker, ip: str, started: float | None, ready: bool) -> Json:
    container = spec["containers"][0]
    state = {"running": {"startedAt": rfc3339(fleet.wall(started))}} if started is not None else {"waiting": {}}
    word = "True" if ready else "False"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta,
        "spec": spec,
        "status": {
            "phase": "Running" if started is not None else "Pending",
            "hostIP": worker.address,
            "podIP": ip,
            "startTime": meta["creationTimestamp"],
            "conditions": [
                {"type": "Ready", "status": word, "lastTransitionTime": meta["creationTimestamp"]},
                {"type": "ContainersReady", "status": word, "lastTransitionTime": meta["creationTimestamp"]},
            ],
            "containerStatuses": [
                {
                    "name": container["name"],
                    "image": container["image"],
                    "ready": ready,
                    "restartCount": 0,
                    "started": started is not None,
                    "state": state,
                }
            ],
        },
    }


def nllb_pod(fleet: Fleet, worker: Worker) -> Json | None:
    envoy = worker.envoy
    if envoy is None:
        return None
    labels = {
        "app.kubernetes.io/component": "nllb",
        "app.kubernetes.io/managed-by": "k0s",
        "app.kubernetes.io/name": "k0s",
    }
    labels["app.kubernetes.io/version"] = fleet.release.label
    name = f"nllb-{worker.name}"
    owner = [{"apiVersion": "v1", "kind": "Node", "name": worker.name, "uid": uid("", worker.name), "controller": True}]
    meta = metadata(
        fleet,
        name,
        2000 + int(envoy.since),
        envoy.since,
        namespace=SYSTEM,
        uid=envoy.pod_uid,
        labels=labels,
        ownerReferences=owner,
    )
    args = ["-c", "/etc/envoy/envoy.yaml", "--use-dynamic-base-id"]
    container = {"name": "nllb", "image": fleet.release.envoy_image, "args": args}
    spec = {"containers": [container], "hostNetwork": True, "nodeName": worker.name}
    return _pod(fleet, meta, spec, worker, worker.address, envoy.since, True)
