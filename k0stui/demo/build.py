"""How a simulated cluster comes to be: hosts, files, first starts; an hour later it is the incident's."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from k0stui.demo.controller import Controller
from k0stui.demo.daemonset import DaemonSet, Pod, Template
from k0stui.demo.etcd import KNOWN_IDS, Member
from k0stui.demo.fleet import VIP, Fleet
from k0stui.demo.host import CONFIG, File, Unit
from k0stui.demo.release import Release
from k0stui.demo.timeline import Dice, Timeline
from k0stui.demo.worker import Worker

AGE = 3600.0
"""Seconds that a cluster has lived before a scenario begins."""

BOOTED = -11 * 86400.0
"""Fleet time at which the hosts were booted."""


def build(
    release: Release, *, workers: int = 4, seed: int = 5503, nllb: bool = False, dynamic: bool = False, age: float = AGE
) -> Fleet:
    """A cluster of three controllers that was started one host after the other and has settled since.

    Without `nllb` that is the incident: the agents have one target, the leader k0s-master-1.
    """
    fleet = Fleet(release, Timeline(), Dice(seed))
    for number in (1, 2, 3):
        _add_controller(fleet, number, nllb, dynamic)
    for number in range(1, workers + 1):
        _add_worker(fleet, number, nllb)
    _add_daemonsets(fleet, nllb)
    if dynamic:
        fleet.dynamic = {
            "network": {"provider": "calico", "nodeLocalLoadBalancing": {"enabled": nllb, "type": "EnvoyProxy"}}
        }
    _start(fleet)
    fleet.advance(age)
    return fleet


def _start(fleet: Fleet) -> None:
    """The first controller first, so that it leads; the workers when all three count three."""
    timeline = fleet.timeline
    for controller, at in zip(fleet.controllers, (0.0, 6.0, 9.0), strict=True):
        fleet.etcd.member(controller.name).up = True  # the others wait for a majority: let there be one from the start
        timeline.at(at, controller.start)
    for index, worker in enumerate(fleet.workers):
        timeline.at(120.0 + index * 20.0 / len(fleet.workers), worker.start)
    timeline.at(170.0, fleet.agents.sync)
    timeline.at(175.0, fleet.kube_proxies.sync)


def _add_controller(fleet: Fleet, number: int, nllb: bool, dynamic: bool) -> None:
    flags = ["--config=/etc/k0s/k0s.yaml", "--enable-metrics-scraper"]
    flags += ["--enable-dynamic-config"] if dynamic else []
    name, address = f"k0s-master-{number}", f"10.10.10.{40 + number}"
    unit = Unit("k0scontroller.service", ("/usr/local/bin/k0s", "controller", *flags))
    controller = Controller(fleet=fleet, **_machine(fleet, name, address, unit))
    controller.files[CONFIG] = File(k0s_yaml(address, nllb=nllb and not dynamic), BOOTED + 600)
    fleet.controllers.append(controller)
    fleet.etcd.members.append(Member(KNOWN_IDS[number - 1], name, address))


def _add_worker(fleet: Fleet, number: int, nllb: bool) -> None:
    name, address = f"k0s-worker-{number}", f"10.10.10.{50 + number}"
    unit = Unit("k0sworker.service", ("/usr/local/bin/k0s", "worker", "--token-file=/etc/k0s/k0stoken"))
    worker = Worker(fleet=fleet, **_machine(fleet, name, address, unit))
    worker.pod_cidr = f"10.244.{number - 1}.0/24"
    worker.images = {
        fleet.release.agent_image,
        f"quay.io/k0sproject/kube-proxy:v{fleet.release.kubernetes}",
        f"registry.k8s.io/metrics-server/metrics-server:{fleet.release.metrics_server}",
        f"registry.k8s.io/pause:{fleet.release.pause}",
    }
    if nllb:
        worker.images.add(fleet.release.envoy_image)
    fleet.workers.append(worker)


def _machine(fleet: Fleet, name: str, address: str, unit: Unit) -> dict[str, Any]:
    boot = str(uuid.UUID(fleet.dice.hex(32)))
    return {
        "name": name,
        "address": address,
        "unit": unit,
        "timeline": fleet.timeline,
        "dice": fleet.dice,
        "machine_id": fleet.dice.hex(32),
        "boot_id": boot,
        "booted": BOOTED,
    }


def _add_daemonsets(fleet: Fleet, nllb: bool) -> None:
    names = [worker.name for worker in fleet.workers]

    def on(action: str) -> Callable[[Pod], None]:
        return lambda pod: getattr(fleet.worker(pod.node), action)(pod)

    def alive(node: str) -> bool:
        worker = fleet.worker(node)
        return worker.powered and worker.kubelet_since is not None

    def daemonset(name: str, template: Template, grace: float, start: str, stop: str) -> DaemonSet:
        return DaemonSet(
            name,
            template,
            fleet.timeline,
            fleet.dice,
            names,
            grace,
            on(start),
            on(stop),
            lambda: fleet.manager != "",
            fleet.changed,
            alive,
        )

    first = "localhost" if nllb else fleet.controllers[0].address
    fleet.agents = daemonset(
        "konnectivity-agent", Template(first, 7132 if nllb else 8132, nllb, 3), 30.0, "run_agent", "stop_agent"
    )
    fleet.kube_proxies = daemonset("kube-proxy", Template(), 1.0, "run_kube_proxy", "stop_kube_proxy")


def k0s_yaml(address: str, *, nllb: bool = False, external: str = "") -> bytes:
    """/etc/k0s/k0s.yaml as k0sctl writes it for the incident's cluster."""
    balancing = "    nodeLocalLoadBalancing:\n      enabled: true\n      type: EnvoyProxy\n" if nllb else ""
    outside = f"    externalAddress: {external}\n" if external else ""
    return f"""# generated-by-k0sctl 2025-01-24T10:02:11Z
apiVersion: k0s.k0sproject.io/v1beta1
kind: ClusterConfig
metadata:
  name: k0s
spec:
  api:
    address: {address}
{outside}    port: 6443
    k0sApiPort: 9443
    sans:
    - 10.10.10.41
    - 10.10.10.42
    - 10.10.10.43
    - {VIP}
    - k0s-master-1
    - k0s-master-2
    - k0s-master-3
  storage:
    type: etcd
    etcd:
      peerAddress: {address}
  network:
    provider: calico
    podCIDR: 10.244.0.0/16
    serviceCIDR: 10.96.0.0/12
    kubeProxy:
      mode: iptables
    controlPlaneLoadBalancing:
      enabled: true
      type: Keepalived
      keepalived:
        vrrpInstances:
        - virtualIPs: ["{VIP}/24"]
          authPass: Tn8vLq2c
{balancing}  konnectivity:
    agentPort: 8132
    adminPort: 8133
  telemetry:
    enabled: false
""".encode()
