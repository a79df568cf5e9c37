"""Which resources the stand-in's API server knows, and how a path names one."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Resource:
    """One kind of object."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def prefix(self, namespace: str = "") -> str:
        """Where etcd keeps its objects; of all namespaces when none is named."""
        scope = f"{namespace}/" if namespace else "" if self.namespaced else "-/"
        return f"/registry/{self.group or 'core'}/{self.plural}/{scope}"

    def key(self, namespace: str, name: str) -> str:
        return f"{self.prefix(namespace)}{name}"


RESOURCES = (
    Resource("", "v1", "nodes", "Node", False),
    Resource("", "v1", "namespaces", "Namespace", False),
    Resource("", "v1", "pods", "Pod"),
    Resource("", "v1", "configmaps", "ConfigMap"),
    Resource("", "v1", "endpoints", "Endpoints"),
    Resource("", "v1", "events", "Event"),
    Resource("", "v1", "services", "Service"),
    Resource("apps", "v1", "daemonsets", "DaemonSet"),
    Resource("apps", "v1", "deployments", "Deployment"),
    Resource("apps", "v1", "controllerrevisions", "ControllerRevision"),
    Resource("coordination.k8s.io", "v1", "leases", "Lease"),
    Resource("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice"),
    Resource("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget"),
    Resource("apiregistration.k8s.io", "v1", "apiservices", "APIService", False),
    Resource("etcd.k0sproject.io", "v1beta1", "etcdmembers", "EtcdMember", False),
    Resource("k0s.k0sproject.io", "v1beta1", "clusterconfigs", "ClusterConfig"),
    Resource("autopilot.k0sproject.io", "v1beta2", "plans", "Plan", False),
    Resource("autopilot.k0sproject.io", "v1beta2", "controlnodes", "ControlNode", False),
)
BY_NAME = {(each.group, each.version, each.plural): each for each in RESOURCES}
_PATH = re.compile(
    r"/(?:api/(?P<core>v1)|apis/(?P<group>[^/]+)/(?P<version>[^/]+))"
    r"(?:/namespaces/(?P<namespace>[^/]+)(?=/[^/]+))?/(?P<plural>[^/]+)(?:/(?P<name>[^/]+))?(?:/(?P<rest>.+))?$"
)


@dataclass(frozen=True)
class Target:
    """What a request's path points at."""

    resource: Resource
    namespace: str
    name: str
    rest: str
    """`status`, `log`, `proxy/healthz` …"""


def target(path: str) -> Target | None:
    """None: no such resource here."""
    # /api/v1/namespaces/kube-system is an object, /api/v1/namespaces/kube-system/pods names a namespace.
    found = _PATH.match(path.rstrip("/"))
    if not found:
        return None
    group, version = ("", found["core"]) if found["core"] else (found["group"], found["version"])
    resource = BY_NAME.get((group, version, found["plural"]))
    if resource is None:
        return None
    return Target(resource, found["namespace"] or "", found["name"] or "", found["rest"] or "")
