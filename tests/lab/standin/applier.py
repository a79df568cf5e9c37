"""How k0s applies its manifests: skip what has the same checksum, else send only what changed since the last time.

So what others changed by hand (an updateStrategy, say) stays. k0s pkg/applier/stack.go; reference/k0s.md §3.4.
"""

from __future__ import annotations

import json

from standin.catalogue import RESOURCES
from standin.client import Api
from standin.objects import checksum

LAST = "k0s.k0sproject.io/last-applied-configuration"
SUM = "k0s.k0sproject.io/stack-checksum"


def apply(api: Api, manifest: dict) -> None:
    collection = _collection(manifest)
    path = f"{collection}/{manifest['metadata']['name']}"
    wanted = checksum(manifest)
    live = api.find(path)
    marks = {LAST: json.dumps(manifest, separators=(",", ":")), SUM: wanted}
    if live is None:
        created = json.loads(json.dumps(manifest))
        created["metadata"].setdefault("annotations", {}).update(marks)
        api.post(collection, created)
        return
    annotations = live["metadata"].get("annotations") or {}
    if annotations.get(SUM) == wanted:
        return
    patch = difference(json.loads(annotations.get(LAST, "{}")), manifest)
    patch.setdefault("metadata", {}).setdefault("annotations", {}).update(marks)
    api.merge(path, patch)


def _collection(manifest: dict) -> str:
    resource = next(
        each for each in RESOURCES if (each.api_version, each.kind) == (manifest["apiVersion"], manifest["kind"])
    )
    base = f"/apis/{resource.api_version}" if resource.group else f"/api/{resource.version}"
    scope = f"/namespaces/{manifest['metadata']['namespace']}" if resource.namespaced else ""
    return f"{base}{scope}/{resource.plural}"


def difference(old: object, new: object) -> dict:
    """The merge patch that leads from `old` to `new`; lists are replaced whole."""
    patch: dict = {}
    assert isinstance(old, dict)
    assert isinstance(new, dict)
    for key in old.keys() | new.keys():
        if key not in new:
            patch[key] = None
        elif key not in old or not (isinstance(old[key], dict) and isinstance(new[key], dict)):
            if old.get(key) != new[key]:
                patch[key] = new[key]
        elif inner := difference(old[key], new[key]):
            patch[key] = inner
    return patch
