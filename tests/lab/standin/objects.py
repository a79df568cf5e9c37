"""The manifests that k0s renders: the agents' and kube-proxy's DaemonSets, kube-proxy's ConfigMap, worker-config."""

from __future__ import annotations

import hashlib
import json

from k0stui.demo.release import Release

NLLB_PORTS = {"apiServerBindPort": 7443, "konnectivityServerBindPort": 7132}


def nllb_settings(given: dict, version: Release) -> dict:
    """`spec.network.nodeLocalLoadBalancing` with its defaults."""
    envoy = given.get("envoyProxy") or {}
    image = envoy.get("image") or {"image": "quay.io/k0sproject/envoy-distroless", "version": version.envoy}
    return {
        "enabled": bool(given.get("enabled")),
        "type": given.get("type", "EnvoyProxy"),
        "envoyProxy": {"image": image, "imagePullPolicy": "IfNotPresent", **NLLB_PORTS},
    }


def agent_target(spec: dict, nllb: dict) -> tuple[str, int, bool]:
    """Host, port and hostNetwork of the agents (reference/k0s.md §3.4)."""
    port = spec.get("konnectivity", {}).get("agentPort", 8132)
    if nllb["enabled"]:
        return "localhost", nllb["envoyProxy"]["konnectivityServerBindPort"], True
    api = spec["api"]
    return api.get("externalAddress") or api["address"], port, False


def agent_daemon_set(target: tuple[str, int, bool], controllers: int, version: Release) -> dict:
    host, port, host_network = target
    health = {"httpGet": {"path": "/healthz", "port": 8093}, "initialDelaySeconds": 15, "timeoutSeconds": 15}
    container = {
        "name": "konnectivity-agent",
        "image": version.agent_image,
        "imagePullPolicy": "IfNotPresent",
        "args": [
            "--logtostderr=true",
            "--ca-cert=/var/run/secrets/kubernetes.io/serviceaccount/ca.crt",
            f"--proxy-server-host={host}",
            f"--proxy-server-port={port}",
            "--service-account-token-path=/var/run/secrets/tokens/konnectivity-agent-token",
            "--agent-identifiers=host=$(NODE_IP)",
            "--agent-id=$(NODE_IP)",
        ],
        "env": [
            {"name": "K0S_CONTROLLER_COUNT", "value": str(controllers)},
            {"name": "NODE_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}},
        ],
        "livenessProbe": health,
    }
    pod = {
        "containers": [container],
        "priorityClassName": "system-cluster-critical",
        "serviceAccountName": "konnectivity-agent",
        "tolerations": [{"operator": "Exists"}],
        "terminationGracePeriodSeconds": 30,
    }
    if host_network:
        pod["hostNetwork"] = True
    if not version.is_new:
        container["command"] = ["/proxy-agent"]
        pod["nodeSelector"] = {"kubernetes.io/os": "linux"}
    else:
        container["readinessProbe"] = {**health, "httpGet": {"path": "/readyz", "port": 8093}, "periodSeconds": 10}
    return _daemon_set(
        "konnectivity-agent", "konnectivity", pod, {"prometheus.io/port": "8093", "prometheus.io/scrape": "true"}
    )


def kube_proxy_daemon_set(config: dict, version: Release) -> dict:
    container = {
        "name": "kube-proxy",
        "image": proxy_image(version),
        "imagePullPolicy": "IfNotPresent",
        "command": ["/usr/local/bin/kube-proxy"],
        "args": ["--config=/var/lib/kube-proxy/config.conf", "--hostname-override=$(NODE_NAME)"],
        "env": [{"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
    }
    pod = {
        "containers": [container],
        "hostNetwork": True,
        "priorityClassName": "system-node-critical",
        "serviceAccountName": "kube-proxy",
        "tolerations": [{"operator": "Exists"}],
        "terminationGracePeriodSeconds": 30,
    }
    annotations = {"prometheus.io/port": "10249", "prometheus.io/scrape": "true"}
    if version.kube_proxy_rolls:
        annotations["k0sproject.io/config-hash"] = checksum(config["data"])
    manifest = _daemon_set("kube-proxy", "kubeproxy", pod, annotations)
    manifest["spec"]["updateStrategy"] = {"type": "RollingUpdate"}
    return manifest


def _daemon_set(name: str, stack: str, pod: dict, annotations: dict) -> dict:
    labels = {"k8s-app": name}
    template = {"metadata": {"annotations": annotations, "labels": labels}, "spec": pod}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": "kube-system", "labels": {**labels, "k0s.k0sproject.io/stack": stack}},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


def kube_proxy_config(server: str, version: Release) -> dict:
    label, cluster, health = ("app", "default", '""') if not version.is_new else ("k8s-app", "local", "0.0.0.0:10256")
    kubeconfig = f"""apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt
    server: {server}
  name: {cluster}
contexts:
- context:
    cluster: {cluster}
    namespace: default
    user: default
  name: {cluster}
current-context: {cluster}
users:
- name: default
  user:
    tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token
"""
    config = f"""apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
bindAddress: 0.0.0.0
clientConnection:
  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf
clusterCIDR: 10.244.0.0/16
mode: "iptables"
healthzBindAddress: {health}
metricsBindAddress: 0.0.0.0:10249
"""
    metadata = {"name": "kube-proxy", "namespace": "kube-system", "labels": {label: "kube-proxy"}}
    data = {"config.conf": config, "kubeconfig.conf": kubeconfig}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def worker_config(addresses: list[str], spec: dict, nllb: dict, version: Release) -> dict:
    name = f"worker-config-default-{version.line}"
    konnectivity = {"enabled": True, "agentPort": spec.get("konnectivity", {}).get("agentPort", 8132)}
    data = {
        "apiServerAddresses": addresses,
        "konnectivity": konnectivity,
        "kubeletConfiguration": {"kind": "KubeletConfiguration", "apiVersion": "kubelet.config.k8s.io/v1beta1"},
        "nodeLocalLoadBalancing": nllb,
        "pauseImage": {"image": "registry.k8s.io/pause", "version": "3.9"},
    }
    if version.is_new:
        data["primaryAddressFamily"] = "IPv4"
    labels = {
        "app.kubernetes.io/component": "worker-config",
        "app.kubernetes.io/managed-by": "k0s",
        "app.kubernetes.io/name": "k0s",
        "app.kubernetes.io/version": version.label,
        "k0s.k0sproject.io/stack": f"k0s-worker-config-{version.line}",
        "k0s.k0sproject.io/worker-profile": "default",
    }
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "kube-system", "labels": labels},
        "data": {key: json.dumps(value, separators=(",", ":")) for key, value in data.items()},
    }


def cds_yaml(addresses: list[str], agent_port: int) -> str:
    """Envoy's clusters, formed as k0s writes them."""
    hosts = [each.rpartition(":") for each in addresses]
    clusters = (
        ("apiserver", "RANDOM", [(host, port) for host, _, port in hosts]),
        ("konnectivity", "ROUND_ROBIN", [(host, str(agent_port)) for host, _, _ in hosts]),
    )
    return "resources:\n" + "".join(_cluster(*each) for each in clusters)


def _cluster(name: str, policy: str, endpoints: list[tuple[str, str]]) -> str:
    rows = "".join(
        f'''      - endpoint:
          address:
            socket_address:
              address: "{host}"
              port_value: {port}
'''
        for host, port in endpoints
    )
    return f"""- "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
  name: {name}
  connect_timeout: 0.25s
  type: STATIC
  lb_policy: {policy}
  load_assignment:
    cluster_name: {name}
    endpoints:
    - lb_endpoints:
{rows}"""


def envoy_yaml(settings: dict) -> str:
    ports = (("apiserver", settings["apiServerBindPort"]), ("konnectivity", settings["konnectivityServerBindPort"]))
    return "listeners:\n" + "".join(
        f'- name: {name}\n  address: "127.0.0.1"\n  port_value: {port}\n' for name, port in ports
    )


def proxy_image(version: Release) -> str:
    return f"quay.io/k0sproject/kube-proxy:v{version.kubernetes}"


def checksum(value: object) -> str:
    return hashlib.md5(json.dumps(value, sort_keys=True).encode(), usedforsecurity=False).hexdigest()
