"""Delete one agent pod: its DaemonSet makes it anew from the present template, where a balancer listens by now."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from k0stui.errors import ApiRefused, NotYet, StepFailed
from k0stui.model.event import Event, Kind
from k0stui.model.host import HostName
from k0stui.model.observed import require
from k0stui.model.operation import Facts
from k0stui.plans.steps.daemonset import found
from k0stui.plans.steps.step import Await, Check, Step, accepted, refused, refused_by_api
from k0stui.plans.world import World

GRACE = 1
"""Seconds. Agents ignore the first SIGTERM and would use up their 30; they hold no state."""

PODS = "/api/v1/namespaces/kube-system/pods"


async def pod_on(world: World, daemonset: str, node: str) -> dict[str, Any] | None:
    """The live pod of a DaemonSet on one node."""
    _, body = await world.get(f"{PODS}?fieldSelector=spec.nodeName%3D{node}")
    for pod in body.get("items", []):
        owners = pod["metadata"].get("ownerReferences", [])
        owned = any((owner.get("kind"), owner.get("name")) == ("DaemonSet", daemonset) for owner in owners)
        if owned and not pod["metadata"].get("deletionTimestamp"):
            found: dict[str, Any] = pod
            return found
    return None


async def delete_pod(world: World, name: str, uid: str) -> Event:
    """With the uid as precondition: another pod of that name is never hit."""
    body = {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": GRACE, "preconditions": {"uid": uid}}
    api, _ = await world.get("/version")
    try:
        await api.delete(f"{PODS}/{name}", json.dumps(body).encode())
    except ApiRefused as error:
        if error.status in (404, 409):
            return refused(world, f"pod {name} was replaced meanwhile")
        return refused_by_api(world, error, f"the deletion of pod {name}")
    return accepted(world)


@dataclass(frozen=True, slots=True)
class MoveAgent(Step):
    """One node's pod of a held DaemonSet moves to the new generation."""

    node: str
    host: HostName
    daemonset: str = "konnectivity-agent"
    everywhere: bool = True
    """It must register with every server (a balancer spreads it), not just with one."""

    @property
    def title(self) -> str:
        return f"Move {self.daemonset} on {self.node}"

    def preview(self) -> tuple[str, ...]:
        return (
            f"DELETE {PODS}/<the {self.daemonset} pod on {self.node}> with its uid as precondition, grace {GRACE} s",
        )

    async def check(self, world: World) -> Check:
        """Done when the pod carries the hash of the newest template."""
        pod = await pod_on(world, self.daemonset, self.node)
        if pod is None:
            raise NotYet(f"no {self.daemonset} pod on {self.node} now")
        # What was deleted on the way forth tells nothing of the way back.
        moved = world.fact("uid") if world.progress.attempt and world.fact("way") == _way(world) else ""
        if moved and pod["metadata"]["uid"] != moved:
            return Check.DONE
        template = (await found(world, self.daemonset))["spec"]["template"]
        return Check.DONE if not moved and made_from(pod, template) else Check.NEEDED

    async def intent(self, world: World) -> Facts:
        snapshot = await world.observe()
        if self.everywhere and not require(self._seen(snapshot).balancer, f"{self.host}: balancer").listens:
            raise StepFailed(f"{self.node}: no balancer listens there; its agent would go dark")
        pod = await pod_on(world, self.daemonset, self.node)
        if pod is None:
            raise NotYet(f"no {self.daemonset} pod on {self.node} now")
        columns = [
            (f"agents:{host.name}", str(require(host.konnectivity_metrics, f"{host.name}: agents").agents))
            for host in snapshot.controllers
        ]
        return (("way", _way(world)), ("name", pod["metadata"]["name"]), ("uid", pod["metadata"]["uid"]), *columns)

    async def apply(self, world: World) -> Event:
        return await delete_pod(world, world.fact("name"), world.fact("uid"))

    async def outcome(self, world: World) -> Event:
        pod = await pod_on(world, self.daemonset, self.node)
        if pod is not None and pod["metadata"]["uid"] == world.fact("uid"):
            return Event(Kind.NOT_STARTED, world.step, "its pod is still the old one")
        return Event(Kind.READY if pod else Kind.UNKNOWN, world.step, "" if pod else "its new pod is not there yet")

    def awaited(self) -> tuple[Await, ...]:
        if self.daemonset != "konnectivity-agent":
            return (Await("its new pod runs", 120, self._runs, greens=2),)
        return (Await("every server has gained it" if self.everywhere else "a server has it", 180, self._is_counted),)

    async def _runs(self, world: World) -> None:
        pod = await pod_on(world, self.daemonset, self.node)
        statuses = (pod or {}).get("status", {}).get("containerStatuses", [])
        if not statuses or not all(status.get("ready") for status in statuses):
            raise NotYet(f"{self.daemonset} on {self.node} is not Ready")

    async def _is_counted(self, world: World) -> None:
        """Columns decide, not readiness: Ready comes 15–20 s later from 1.33.1 on."""
        snapshot = await world.observe()
        full = len(require(snapshot.any_api(lambda api: api.nodes), "nodes"))
        short = []
        for host in snapshot.controllers:
            now = require(host.konnectivity_metrics, f"{host.name}: agents").agents
            before = int(world.fact(f"agents:{host.name}", "0"))
            # On the way back it was with every server, and is with one in the end.
            had_it = not self.everywhere or before >= full or _dialled_before(world, host.name)
            wanted = before if had_it else before + 1
            if now < wanted:
                short.append(f"{host.name} has {now}, {wanted} awaited")
        if short and (self.everywhere or len(short) == len(snapshot.controllers)):
            raise NotYet("; ".join(short))

    def _seen(self, snapshot: Any) -> Any:
        seen = snapshot.find(self.host)
        if seen is None:
            raise NotYet(f"{self.host} is not seen")
        return seen

    def undo(self) -> Step:
        """Once the template points back, the pod is made anew once more."""
        return MoveAgent(self.node, self.host, self.daemonset, everywhere=False)


def _way(world: World) -> str:
    return "back" if world.progress.back else "forth"


def _dialled_before(world: World, host: str) -> bool:
    """Whether this server had the agents before the plan: it loses the pod and gains it again."""
    return int(world.plan.setting(f"agents:{host}", "0")) > 0


def made_from(pod: dict[str, Any], template: dict[str, Any]) -> bool:
    """Whether a pod was made from this template, as far as k0s changes it: arguments, variables, network, image.

    And annotations: of kube-proxy only `k0sproject.io/config-hash` changes (from 1.36.1), nothing in its containers.
    """
    wanted = template.get("metadata", {}).get("annotations") or {}
    has = pod["metadata"].get("annotations") or {}
    if any(has.get(key) != value for key, value in wanted.items()):
        return False

    def part(spec: dict[str, Any]) -> tuple[Any, ...]:
        first = (spec.get("containers") or [{}])[0]
        variables = [(it.get("name"), it.get("value")) for it in first.get("env", [])]
        return (spec.get("hostNetwork", False), first.get("image"), first.get("args"), variables)

    return part(pod["spec"]) == part(template["spec"])
