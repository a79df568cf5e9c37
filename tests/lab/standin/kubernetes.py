"""The command lines that k0s gives to Kubernetes' programs and to konnectivity-server, as recorded."""

from __future__ import annotations

from standin.etcd import CIPHERS
from standin.settings import NODE

from k0stui.demo.release import Release

BIN = "/var/lib/k0s/bin"
PKI = "/var/lib/k0s/pki"


def konnectivity_server(server_id: str, count: int, version: Release) -> list[str]:
    arguments = [
        f"--cluster-key={PKI}/server.key",
        f"--kubeconfig={PKI}/konnectivity.conf",
        f"--server-count={count}",
        f"--server-id={server_id}",
        "--mode=grpc",
        "--agent-service-account=konnectivity-agent",
        "--stderrthreshold=1",
        "--delete-existing-uds-file=true",
        "--admin-port=8133",
        f"--cipher-suites={CIPHERS}",
        "--logtostderr=true",
        f"--proxy-strategies={version.strategies}",
        "--agent-port=8132",
        "--server-port=0",
        "--health-port=8092",
        "--authentication-audience=system:konnectivity-server",
        f"--cluster-cert={PKI}/server.crt",
        "--v=1",
        "--health-bind-address=localhost",
        "--agent-namespace=kube-system",
        "--enable-profiling=false",
        "--uds-name=/run/k0s/konnectivity-server/konnectivity-server.sock",
    ]
    if version.is_new:
        arguments.append("--graceful-shutdown-timeout=1ns")
    return [f"{BIN}/konnectivity-server", *arguments]


def apiserver(advertise: str) -> list[str]:
    return [
        f"{BIN}/kube-apiserver",
        "--profiling=false",
        f"--tls-cipher-suites={CIPHERS}",
        f"--advertise-address={advertise}",
        "--secure-port=6443",
        "--service-cluster-ip-range=10.96.0.0/12",
        f"--tls-cert-file={PKI}/server.crt",
        "--egress-selector-config-file=/var/lib/k0s/konnectivity.conf",
        f"--tls-private-key-file={PKI}/server.key",
        "--api-audiences=https://kubernetes.default.svc,system:konnectivity-server",
        "--v=1",
        "--anonymous-auth=false",
        "--tls-min-version=VersionTLS12",
        f"--kubelet-client-certificate={PKI}/apiserver-kubelet-client.crt",
        f"--kubelet-client-key={PKI}/apiserver-kubelet-client.key",
        "--authorization-mode=Node,RBAC",
        f"--client-ca-file={PKI}/ca.crt",
        "--etcd-servers=https://127.0.0.1:2379",
        f"--etcd-cafile={PKI}/etcd/ca.crt",
        f"--etcd-certfile={PKI}/apiserver-etcd-client.crt",
        f"--etcd-keyfile={PKI}/apiserver-etcd-client.key",
    ]


def controller_manager() -> list[str]:
    return [
        f"{BIN}/kube-controller-manager",
        "--cluster-name=k0s",
        "--v=1",
        "--profiling=false",
        f"--kubeconfig={PKI}/ccm.conf",
        "--leader-elect=true",
        "--service-cluster-ip-range=10.96.0.0/12",
        "--cluster-cidr=10.244.0.0/16",
        "--bind-address=127.0.0.1",
    ]


def scheduler() -> list[str]:
    return [
        f"{BIN}/kube-scheduler",
        "--profiling=false",
        f"--kubeconfig={PKI}/scheduler.conf",
        "--v=1",
        "--bind-address=127.0.0.1",
        "--leader-elect=true",
    ]


def kubelet(kubeconfig: str, version: Release) -> list[str]:
    arguments = [
        "--runtime-cgroups=/system.slice/containerd.service",
        "--root-dir=/var/lib/k0s/kubelet",
        "--config=/run/k0s/kubelet/config.yaml",
        f"--kubeconfig={kubeconfig}",
        "--v=1",
        "--cert-dir=/var/lib/k0s/kubelet/pki",
        "--containerd=/run/k0s/containerd.sock",
    ]
    if version.is_new:
        arguments.append(f"--hostname-override={NODE}")
    return [f"{BIN}/kubelet", *arguments]
