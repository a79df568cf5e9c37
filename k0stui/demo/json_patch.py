"""PATCH bodies: JSON patch (RFC 6902, with `test`) and JSON merge patch (RFC 7396), as far as acts use them."""

from __future__ import annotations

import copy
import json
from typing import Any


class PatchRefused(Exception):
    """A `test` failed, or the body is none that is understood."""


def patched(before: dict[str, Any], body: bytes, content_type: str) -> dict[str, Any]:
    """A copy of `before` with the patch in it; raises PatchRefused."""
    try:
        change = json.loads(body)
    except ValueError as error:
        raise PatchRefused(f"the body is no JSON: {error}") from error
    after = copy.deepcopy(before)
    if content_type.startswith("application/json-patch+json"):
        for operation in change:
            _operate(after, operation)
        return after
    return dict(_merged(after, change))


def _merged(target: Any, change: Any) -> Any:
    """null takes a key away; lists are replaced whole."""
    if not isinstance(change, dict):
        return change
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in change.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key), value)
    return result


def _operate(document: Any, operation: dict[str, Any]) -> None:
    keys = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
    parent = document
    for key in keys[:-1]:
        if not isinstance(parent, dict) or key not in parent:
            raise PatchRefused(f"the path {operation['path']} does not exist")
        parent = parent[key]
    match operation["op"]:
        case "test":
            if parent.get(keys[-1]) != operation.get("value"):
                raise PatchRefused(f"testing value {operation['path']} failed: test failed")
        case "add" | "replace":
            parent[keys[-1]] = operation["value"]
        case "remove":
            if keys[-1] not in parent:
                raise PatchRefused(f"the path {operation['path']} does not exist")
            del parent[keys[-1]]
        case other:
            raise PatchRefused(f"operation {other!r} is not known here")
