"""A worker that was started with a balancer has none that answers: its kubelet, kube-proxy and agent are cut off.

Told apart from workers-not-restarted, where none was ever started. Source: k0s.md F21-F24, §4.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from k0stui.errors import NotObserved
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Evidence, Finding, Severity
from k0stui.model.kubernetes import Pod
from k0stui.model.observed import Known
from k0stui.rules.facts.balancing import is_on, was_started_with_balancer
from k0stui.rules.facts.evidence import said
from k0stui.rules.rule import HostRule

START = timedelta(minutes=1)
"""After a start of k0sworker; Envoy listens after 7-14 s (k0s.md §4.3)."""


def check(host: HostObservation, snapshot: ClusterSnapshot) -> Iterator[Finding]:
    if not host.is_worker or not is_on(snapshot) or not was_started_with_balancer(host, snapshot):
        return
    if not isinstance(host.balancer, Known):
        raise NotObserved(f"whether its balancer listens: {host.balancer.why}")
    if _is_starting(host):
        return
    pod = _pod(host, snapshot)
    if not host.balancer.value.listens:
        yield _finding(host, _silence(host))
    elif pod is not None and not pod.is_ready:
        yield _finding(host, f"is not ready (pod {pod.name})")


def _is_starting(host: HostObservation) -> bool:
    match host.service:
        case Known(value=service, at=at) if service.started_at:
            return at - service.started_at < START
    return False


def _silence(host: HostObservation) -> str:
    assert isinstance(host.balancer, Known)
    balancer = host.balancer.value
    ports = [
        port for port, listens in ((7443, balancer.api_listens), (7132, balancer.konnectivity_listens)) if not listens
    ]
    return f"does not listen on {' and '.join(str(port) for port in ports)}"


def _pod(host: HostObservation, snapshot: ClusterSnapshot) -> Pod | None:
    pods = snapshot.any_api(lambda api: api.nllb_pods)
    listed = pods.value if isinstance(pods, Known) else ()
    return next((pod for pod in listed if pod.spec.node_name == host.node), None)


def _finding(host: HostObservation, what: str) -> Finding:
    image = _image_is_missing(host)
    why = "; its image is not on the host" if image else ""
    return Finding(
        "balancer-missing",
        Severity.CRITICAL,
        f"the balancer of {host.name} {what}{why}: kubelet, kube-proxy and the agent there cannot reach any controller",
        subjects=(host.name,),
        evidence=_evidence(host, what),
        ruled_out=("a worker that was not restarted yet",),
        because=("k0s-service-down", "k0s-crash-loop") if not _k0s_runs(host) else (),
        remedy=f"on {host.name}: {'k0s ctr -n k8s.io images pull the Envoy image; ' if image else ''}"
        "read /var/log/pods/kube-system_nllb-*; then systemctl restart k0sworker",
    )


def _image_is_missing(host: HostObservation) -> bool:
    return isinstance(host.images, Known) and not any(
        "envoy" in image or "traefik" in image for image in host.images.value
    )


def _k0s_runs(host: HostObservation) -> bool:
    return not isinstance(host.service, Known) or host.service.value.is_running


def _evidence(host: HostObservation, what: str) -> tuple[Evidence, ...]:
    lines = [*said(host, "balancer", what)]
    if isinstance(host.kubelet, Known):
        lines += said(host, "kubelet", f"kubelet uses {host.kubelet.value.kubeconfig}")
    if isinstance(host.images, Known):
        lines += said(host, "images", "no Envoy image" if _image_is_missing(host) else "Envoy image present")
    return tuple(lines)


RULE = HostRule("balancer-missing", check)
