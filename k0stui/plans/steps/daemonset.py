"""Patches of a DaemonSet of kube-system: hold, release, roll. Each names the version that it was decided on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from k0stui.errors import ApiRefused, NotYet, ProbeFailed
from k0stui.model.event import Event, Kind
from k0stui.model.operation import Facts
from k0stui.plans.steps.step import Await, Check, Step, accepted, refused_by_api
from k0stui.plans.world import World

JSON_PATCH = "application/json-patch+json"
ON_DELETE = {"type": "OnDelete"}
USUAL = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
"""What k0s renders; put back where the one before is not known (a leftover hold of somebody else)."""
RESTARTED_AT = "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt"


def path_of(name: str) -> str:
    return f"/apis/apps/v1/namespaces/kube-system/daemonsets/{name}"


async def found(world: World, name: str) -> dict[str, Any]:
    """The DaemonSet as an API server has it now."""
    _, body = await world.get(path_of(name))
    if not isinstance(body, dict) or "spec" not in body or "metadata" not in body:
        raise ProbeFailed(f"DaemonSet {name}: the API server answered something else")
    return body


async def patch(world: World, name: str, changes: list[dict[str, Any]]) -> Event:
    """JSON patch, tested against the resourceVersion of INTENT: whoever was faster wins, and we stop."""
    test = {"op": "test", "path": "/metadata/resourceVersion", "value": world.fact("version")}
    api, _ = await world.get(path_of(name))
    try:
        await api.patch(path_of(name), json.dumps([test, *changes]).encode(), content_type=JSON_PATCH)
    except ApiRefused as error:
        return refused_by_api(world, error, f"the patch of {name}; somebody changed it meanwhile?")
    return accepted(world)


def is_settled(body: dict[str, Any]) -> bool:
    """No rollout is under way, and every pod is of the newest generation."""
    status, wanted = body.get("status", {}), body.get("status", {}).get("desiredNumberScheduled", 0)
    seen = status.get("observedGeneration", 0) >= body["metadata"].get("generation", 0)
    return bool(seen and all(status.get(key, 0) == wanted for key in ("updatedNumberScheduled", "numberAvailable")))


ROLLED_BACK = 1800.0
"""Seconds. After a way back the leader may be another one, whose address agents dial without a balancer: then they do
roll when they are released, half a minute a node."""


@dataclass(frozen=True, slots=True)
class Hold(Step):
    """No pod of it moves until somebody deletes it: `updateStrategy: OnDelete`."""

    daemonset: str

    @property
    def title(self) -> str:
        return f"Hold {self.daemonset}: its pods stay where they are"

    @property
    def changes(self) -> list[dict[str, Any]]:
        return [{"op": "replace", "path": "/spec/updateStrategy", "value": ON_DELETE}]

    def preview(self) -> tuple[str, ...]:
        return (f"PATCH {path_of(self.daemonset)} {json.dumps(self.changes)}",)

    async def check(self, world: World) -> Check:
        held = self.daemonset in dict(world.operation.held) or world.progress.attempt > 0
        on_delete = (await found(world, self.daemonset))["spec"].get("updateStrategy", {}).get("type") == "OnDelete"
        return Check.DONE if held and on_delete else Check.NEEDED

    async def intent(self, world: World) -> Facts:
        body = await found(world, self.daemonset)
        strategy = body["spec"].get("updateStrategy", USUAL)
        prior = USUAL if strategy.get("type") == "OnDelete" else strategy
        return (("version", body["metadata"]["resourceVersion"]), ("prior", json.dumps(prior, sort_keys=True)))

    async def apply(self, world: World) -> Event:
        return await patch(world, self.daemonset, self.changes)

    def awaited(self) -> tuple[Await, ...]:
        return (Await(f"{self.daemonset} is held", 30, self._is_held, greens=2),)

    async def _is_held(self, world: World) -> None:
        if (await found(world, self.daemonset))["spec"]["updateStrategy"].get("type") != "OnDelete":
            raise NotYet(f"{self.daemonset} is not on OnDelete")

    def undo(self) -> Step:
        return Release(self.daemonset, settles_within=ROLLED_BACK)

    def marks(self, world: World) -> Event:
        return Event(Kind.HELD, facts=((self.daemonset, world.fact("prior")),))


@dataclass(frozen=True, slots=True)
class Release(Step):
    """The update strategy is put back; nothing may roll then, since every pod is of the newest generation."""

    daemonset: str
    settles_within: float = 60.0
    """Seconds."""

    @property
    def title(self) -> str:
        return f"Release {self.daemonset}: its update strategy is put back"

    def preview(self) -> tuple[str, ...]:
        shown = json.dumps([{"op": "replace", "path": "/spec/updateStrategy", "value": "<as before the hold>"}])
        return (f"PATCH {path_of(self.daemonset)} {shown}",)

    def _prior(self, world: World) -> dict[str, Any]:
        prior: dict[str, Any] = json.loads(dict(world.operation.held).get(self.daemonset, json.dumps(USUAL)))
        return prior

    async def check(self, world: World) -> Check:
        strategy = (await found(world, self.daemonset))["spec"].get("updateStrategy", {})
        return Check.DONE if strategy.get("type") == self._prior(world)["type"] else Check.NEEDED

    async def intent(self, world: World) -> Facts:
        body = await found(world, self.daemonset)
        return (("version", body["metadata"]["resourceVersion"]),)

    async def apply(self, world: World) -> Event:
        change = {"op": "replace", "path": "/spec/updateStrategy", "value": self._prior(world)}
        return await patch(world, self.daemonset, [change])

    def awaited(self) -> tuple[Await, ...]:
        return (
            Await(
                f"{self.daemonset} is released and nothing rolls",
                self.settles_within,
                self._is_still,
                greens=3,
                pause=5.0,
            ),
        )

    async def _is_still(self, world: World) -> None:
        body = await found(world, self.daemonset)
        if body["spec"]["updateStrategy"].get("type") == "OnDelete" or not is_settled(body):
            raise NotYet(f"{self.daemonset} is not settled")

    def undo(self) -> Step:
        return Hold(self.daemonset)

    def marks(self, world: World) -> Event:
        return Event(Kind.RELEASED, facts=((self.daemonset, ""),))


@dataclass(frozen=True, slots=True)
class Roll(Step):
    """All its pods are replaced, one node at a time, as `kubectl rollout restart` does."""

    daemonset: str
    nodes: int = 1

    @property
    def title(self) -> str:
        return f"Roll {self.daemonset}: {self.nodes} pods, one at a time"

    def preview(self) -> tuple[str, ...]:
        return (f"PATCH {path_of(self.daemonset)} annotation kubectl.kubernetes.io/restartedAt of its template = now",)

    async def check(self, world: World) -> Check:
        if not world.progress.attempt:
            return Check.NEEDED
        return Check.DONE if _restarted_at(await found(world, self.daemonset)) == world.fact("stamp") else Check.NEEDED

    async def intent(self, world: World) -> Facts:
        body = await found(world, self.daemonset)
        stamp = world.clock.now().isoformat(timespec="seconds")
        return (("version", body["metadata"]["resourceVersion"]), ("stamp", stamp))

    async def apply(self, world: World) -> Event:
        has = "annotations" in (await found(world, self.daemonset))["spec"]["template"].get("metadata", {})
        change: dict[str, Any] = {"op": "add", "path": RESTARTED_AT, "value": world.fact("stamp")}
        made = [] if has else [{"op": "add", "path": RESTARTED_AT.rpartition("/")[0], "value": {}}]
        return await patch(world, self.daemonset, [*made, change])

    def awaited(self) -> tuple[Await, ...]:
        return (Await(f"{self.daemonset} is rolled out", 120 + 75 * self.nodes, self._is_rolled, pause=5.0),)

    async def _is_rolled(self, world: World) -> None:
        body = await found(world, self.daemonset)
        if not is_settled(body):
            done = body.get("status", {}).get("updatedNumberScheduled", 0)
            raise NotYet(f"{done} of {self.nodes} pods are new")


def _restarted_at(body: dict[str, Any]) -> str:
    annotations = body["spec"]["template"].get("metadata", {}).get("annotations") or {}
    return str(annotations.get("kubectl.kubernetes.io/restartedAt", ""))
