"""Turn node-local load balancing on in the object of dynamic configuration; every controller reconciles it live.

Gates D-03 to D-05 are asked here, on the very object: not owned by GitOps, last reconciled well, accepted in a dry run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from k0stui.errors import ApiRefused, NotYet, StepFailed
from k0stui.model.event import Event
from k0stui.model.operation import Facts
from k0stui.plans.steps.daemonset import JSON_PATCH
from k0stui.plans.steps.step import Await, Check, Step, accepted, refused, refused_by_api
from k0stui.plans.world import World

OBJECT = "/apis/k0s.k0sproject.io/v1beta1/namespaces/kube-system/clusterconfigs/k0s"
EVENTS = "/api/v1/namespaces/kube-system/events?fieldSelector=involvedObject.kind%3DClusterConfig"
PLACE = "/spec/network/nodeLocalLoadBalancing"
OWNERS = ("argocd", "argoproj.io", "fluxcd", "toolkit.fluxcd.io", "helm")
"""Words in labels, annotations and field managers of those who would put the old value back."""


@dataclass(frozen=True, slots=True)
class PatchConfig(Step):
    """`enabled` in one JSON patch, tested against the version it was decided on."""

    on: bool = True

    @property
    def title(self) -> str:
        return f"Turn node-local load balancing {'on' if self.on else 'off'} in ClusterConfig k0s"

    def preview(self) -> tuple[str, ...]:
        value = f'<as it is, with "enabled": {json.dumps(self.on)}>'
        return (
            f"PATCH {OBJECT}?dryRun=All, then without dryRun",
            f'[{{"op": "add", "path": "{PLACE}", "value": {value}}}]',
        )

    async def check(self, world: World) -> Check:
        _, body = await world.get(OBJECT)
        return Check.DONE if _block(body).get("enabled") is self.on else Check.NEEDED

    async def intent(self, world: World) -> Facts:
        """The way back is not refused for what it is to mend."""
        api, body = await world.get(OBJECT)
        owner = gitops_owner(body)
        if self.on and owner:
            raise StepFailed(f"ClusterConfig k0s is managed by {owner}: make this change there, it would be put back")
        if self.on and await _failing(world):
            raise StepFailed(
                "the last change of ClusterConfig k0s was not reconciled (FailedReconciling): mend it first"
            )
        version = body["metadata"]["resourceVersion"]
        try:
            await api.patch(f"{OBJECT}?dryRun=All", self._patch(body, version), content_type=JSON_PATCH)
        except ApiRefused as error:
            raise StepFailed(
                f"the API server would not accept the change ({error.status}): {error.body[:200]}"
            ) from error
        return (("version", version), ("prior", json.dumps(_block(body), sort_keys=True)))

    async def apply(self, world: World) -> Event:
        api, body = await world.get(OBJECT)
        kept = json.dumps(body, sort_keys=True).encode()
        for host in world.plan.controllers:
            answer = await world.guards[host.name].stage("resource", kept)
            if answer.verdict:
                return refused(world, f"{host.name}: the object before could not be kept: {answer.why}")
        try:
            await api.patch(OBJECT, self._patch(body, world.fact("version")), content_type=JSON_PATCH)
        except ApiRefused as error:
            return refused_by_api(world, error, "the patch; the object moved meanwhile?")
        return accepted(world)

    def _patch(self, body: dict[str, Any], version: str) -> bytes:
        value = {**_block(body), "enabled": self.on}
        test = {"op": "test", "path": "/metadata/resourceVersion", "value": version}
        network = body.get("spec", {}).get("network")
        made = [] if isinstance(network, dict) else [{"op": "add", "path": "/spec/network", "value": {}}]
        return json.dumps([test, *made, {"op": "add", "path": PLACE, "value": value}]).encode()

    def awaited(self) -> tuple[Await, ...]:
        return (Await("every controller has reconciled it", 60, self._is_reconciled),)

    async def _is_reconciled(self, world: World) -> None:
        _, body = await world.get(OBJECT)
        version = body["metadata"]["resourceVersion"]
        _, events = await world.get(EVENTS)
        mine = [it for it in events.get("items", []) if it.get("involvedObject", {}).get("resourceVersion") == version]
        if any(it.get("reason") == "FailedReconciling" for it in mine):
            raise StepFailed("a controller could not reconcile it: roll back")
        done = {_reporter(it) for it in mine if it.get("reason") == "SuccessfulReconcile"} - {""}
        if len(done) < len(world.plan.controllers):
            raise NotYet(f"{len(done)} of {len(world.plan.controllers)} controllers have reconciled it")

    def undo(self) -> Step:
        return PatchConfig(not self.on)


def _block(body: dict[str, Any]) -> dict[str, Any]:
    network = body.get("spec", {}).get("network")
    block = network.get("nodeLocalLoadBalancing") if isinstance(network, dict) else None
    return block if isinstance(block, dict) else {}


def _reporter(event: dict[str, Any]) -> str:
    return str(event.get("source", {}).get("host") or event.get("reportingInstance") or "")


async def _failing(world: World) -> bool:
    """D-04: the newest event, if any is left (they live an hour), tells of a failure."""
    _, events = await world.get(EVENTS)
    items = sorted(events.get("items", []), key=lambda it: str(it.get("lastTimestamp") or it.get("eventTime") or ""))
    return bool(items) and items[-1].get("reason") == "FailedReconciling"


def gitops_owner(body: dict[str, Any]) -> str:
    """D-03: who else writes this object, empty for nobody."""
    metadata = body.get("metadata", {})
    words = [*metadata.get("labels", {}), *metadata.get("labels", {}).values(), *metadata.get("annotations", {})]
    words += [str(it.get("manager", "")) for it in metadata.get("managedFields", [])]
    return next((word for word in words for owner in OWNERS if owner in word.lower()), "")
