"""A DaemonSet and its pods: rolled one node at a time, stalled by a pod that is not ready, or held by OnDelete.

Source: reference/k0s.md §3.5, §9.2b; 32-35 s a node on 1.32, 48 s with the readiness probe of 1.33.1 (seen).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from k0stui.demo.timeline import Dice, Timeline


@dataclass(frozen=True)
class Template:
    """What of a pod template changes in our story; equal templates are one generation of pods."""

    target: str = ""
    """konnectivity-agent: `--proxy-server-host`."""
    port: int = 0
    host_network: bool = True
    count: int = 0
    """K0S_CONTROLLER_COUNT."""
    config_hash: str = ""
    """kube-proxy from 1.36.1."""
    restarted_at: str = ""
    """What `rollout restart` writes."""

    @property
    def hash(self) -> str:
        return hashlib.blake2b(repr(self).encode(), digest_size=5).hexdigest()


@dataclass(eq=False)
class Pod:
    """One pod of a DaemonSet."""

    name: str
    uid: str
    node: str
    template: Template
    created: float
    started: float | None = None
    """When its container ran; None: not yet."""
    ready: bool = False
    ready_since: float | None = None
    deleting: float | None = None
    """When it was asked to go."""
    grace: float = 30.0
    ip: str = ""
    pid: int = 0
    resource: int = 1
    generation: int = 1
    """Of the DaemonSet when it was made."""
    process: Any = None
    """What runs in it: an `Agent`, a `KubeProxy`."""


@dataclass(eq=False)
class DaemonSet:
    """One DaemonSet, and the part of kube-controller-manager that acts on it."""

    name: str
    template: Template
    timeline: Timeline
    dice: Dice
    nodes: list[str]
    grace: float
    """Seconds that a pod takes to die when nobody hurries it."""
    start: Callable[[Pod], None]
    """Its container runs now."""
    stop: Callable[[Pod], None]
    may_act: Callable[[], bool]
    """kube-controller-manager has a leader."""
    changed: Callable[[], int]
    is_alive: Callable[[str], bool]
    """The node's kubelet works."""
    uid: str = ""
    generation: int = 1
    strategy: str = "RollingUpdate"
    rolling: dict[str, Any] | None = None
    """`spec.updateStrategy.rollingUpdate`."""
    observed: tuple[int, str] = (1, "")
    """Generation and template hash that kube-controller-manager has seen."""
    pods: dict[str, list[Pod]] = field(default_factory=dict)
    resource: int = 1
    order: list[str] = field(default_factory=list)
    """In which it replaces pods: its own, not that of names."""
    annotations: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rolling = {"maxSurge": 0, "maxUnavailable": 1}
        self.order = self.dice.shuffled(self.nodes)
        self.uid = self.dice.uid()
        self.pods = {node: [] for node in self.nodes}

    def all(self) -> list[Pod]:
        return [pod for node in self.nodes for pod in self.pods[node]]

    def current(self, node: str) -> Pod | None:
        """The node's pod that is not on its way out."""
        return next((pod for pod in self.pods[node] if pod.deleting is None), None)

    def set_template(self, template: Template) -> None:
        if template == self.template:
            return
        self.template = template
        self.touched()

    def set_strategy(self, kind: str, rolling: dict[str, Any] | None) -> None:
        default = {"maxSurge": 0, "maxUnavailable": 1}
        self.rolling = None if kind == "OnDelete" else (rolling or default)
        self.strategy = kind
        self.touched()

    def touched(self) -> None:
        """The spec changed."""
        self.generation += 1
        self.resource = self.changed()
        self.timeline.after(self.dice.between(0.1, 0.4), self.sync)

    def sync(self) -> None:
        """What the controller does whenever something moved: create what is missing, replace what is old."""
        if not self.may_act():
            return
        self.observed = (self.generation, self.template.hash)
        for node in self.nodes:
            if not self.pods[node] and self.is_alive(node):
                self._create(node)
        if self.strategy == "RollingUpdate":
            self._replace_one()

    def _replace_one(self) -> None:
        old = [pod for node in self.order if (pod := self.current(node)) and pod.template != self.template]
        broken = [pod for pod in old if not pod.ready and pod.started is not None]
        missing = [node for node in self.nodes if not ((pod := self.current(node)) and pod.ready)]
        if broken:
            self.delete(broken[0], self.grace)
        elif old and not missing:
            self.delete(old[0], self.grace)

    def delete(self, pod: Pod, grace: float) -> None:
        """Ask a pod to go; it serves until its grace is over."""
        if pod.deleting is not None:
            return
        pod.deleting, pod.grace, pod.resource = self.timeline.now, grace, self.changed()
        lasts = min(grace, self.grace)
        self.timeline.after(lasts * self.dice.between(0.96, 0.99), lambda: self._end(pod))
        self.timeline.after(lasts + self.dice.between(0.3, 0.8), lambda: self._remove(pod))

    def _end(self, pod: Pod) -> None:
        pod.ready = False
        if pod.started is not None:
            self.stop(pod)

    def _remove(self, pod: Pod) -> None:
        self.pods[pod.node] = [kept for kept in self.pods[pod.node] if kept is not pod]
        self.changed()
        self.sync()

    def _create(self, node: str) -> None:
        pod = Pod(f"{self.name}-{self.dice.suffix()}", self.dice.uid(), node, self.template, self.timeline.now)
        pod.resource, pod.generation = self.changed(), self.generation
        self.pods[node].append(pod)
        self.timeline.after(self.dice.between(0.8, 1.8), lambda: self._run(pod))

    def _run(self, pod: Pod) -> None:
        if pod.deleting is None and self.is_alive(pod.node):
            pod.started = self.timeline.now
            self.start(pod)

    def set_ready(self, pod: Pod, ready: bool) -> None:
        if pod.ready == ready or pod.deleting is not None:
            return
        pod.ready, pod.ready_since, pod.resource = ready, self.timeline.now, self.changed()
        if ready:
            self.timeline.after(self.dice.between(0.1, 0.4), self.sync)

    @property
    def updated(self) -> int:
        """updatedNumberScheduled, as far as the controller has looked."""
        return sum(
            pod.template.hash == self.observed[1] for node in self.nodes if (pod := self._counted(node)) is not None
        )

    @property
    def ready(self) -> int:
        return sum(pod.ready for node in self.nodes if (pod := self._counted(node)) is not None)

    @property
    def scheduled(self) -> int:
        return sum(self._counted(node) is not None for node in self.nodes)

    def _counted(self, node: str) -> Pod | None:
        return self.pods[node][-1] if self.pods[node] else None
