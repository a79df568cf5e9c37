"""W-07: workers are told by now: their ConfigMap exists, and says the balancer is on, with every controller."""

from __future__ import annotations

import json
from typing import Any

from k0stui.errors import NotObserved
from k0stui.model.k0s import Version
from k0stui.model.kubernetes import ConfigMap
from k0stui.plans.gates.gate import Fail, Gate, Situation, api_fact


def check(situation: Situation) -> str:
    """A restart before that is a silent no-op (k0s#2753): the settings are read at start only."""
    wanted = situation.plan.setting("nllb") == "on"
    line = Version.parse(situation.plan.setting("version")).line
    found = api_fact(situation, lambda api: api.worker_configs, "worker-config")
    maps = [it for it in found if it.name.endswith(f"-{line}") and "windows" not in it.name]
    if not maps:
        raise Fail(f"there is no worker-config for {line}", "a controller of this version must publish it first")
    for it in maps:
        if wanted and not enabled(it):
            raise Fail(
                f"{it.name} does not say that the balancer is on", "wait until the controllers have published it"
            )
        if wanted and len(addresses(it)) != len(situation.controllers):
            raise Fail(f"{it.name} names {len(addresses(it))} of {len(situation.controllers)} controllers", "wait")
    return f"{', '.join(sorted(it.name for it in maps))}{': on' if wanted else ''}"


def enabled(found: ConfigMap) -> bool:
    """Whether it tells workers to run a balancer; a missing key means no."""
    settings = _json(found, "nodeLocalLoadBalancing")
    return isinstance(settings, dict) and settings.get("enabled") is True


def addresses(found: ConfigMap) -> tuple[str, ...]:
    """The API servers that it names."""
    listed = _json(found, "apiServerAddresses")
    return tuple(map(str, listed)) if isinstance(listed, list) else ()


def image(found: ConfigMap) -> str:
    """`repository:tag` of the balancer, told even while it is off; empty where it is not."""
    settings = _json(found, "nodeLocalLoadBalancing")
    proxy = settings.get("envoyProxy", {}) if isinstance(settings, dict) else {}
    named = proxy.get("image", {}) if isinstance(proxy, dict) else {}
    return (
        f"{named['image']}:{named['version']}" if isinstance(named, dict) and {"image", "version"} <= set(named) else ""
    )


def _json(found: ConfigMap, key: str) -> Any:
    try:
        return json.loads(found.data.get(key, "null"))
    except ValueError as error:
        raise NotObserved(f"{found.name}: {key} is not JSON") from error


GATE = Gate("W-07", "worker config published", check)
