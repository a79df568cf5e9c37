"""Kubernetes objects in etcd: resourceVersion is etcd's own revision, conflicts are etcd's own."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import unquote

from standin import etcd
from standin.catalogue import Resource, Target


class Refused(Exception):
    """An answer that is an error: code, reason and text of a Kubernetes Status."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code, self.reason = code, reason


def stamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(target: Target) -> dict:
    found, revision = etcd.get(target.resource.key(target.namespace, target.name))
    if found is None:
        raise _not_found(target)
    return _with_version(found, revision)


def read_list(target: Target, query: dict[str, str]) -> dict:
    rows, revision = etcd.list_prefix(target.resource.prefix(target.namespace))
    items = [_with_version(value, changed) for _, value, changed in rows]
    wanted = [each for each in items if _selected(each, query)]
    kind = f"{target.resource.kind}List"
    return {
        "kind": kind,
        "apiVersion": target.resource.api_version,
        "metadata": {"resourceVersion": str(revision)},
        "items": wanted,
    }


def create(target: Target, value: dict, dry: bool) -> dict:
    resource, meta = target.resource, value.setdefault("metadata", {})
    if not meta.get("name") and meta.get("generateName"):
        meta["name"] = meta["generateName"] + uuid.uuid4().hex[:5]
    if resource.namespaced:
        meta["namespace"] = target.namespace or meta.get("namespace", "default")
    meta |= {"uid": str(uuid.uuid4()), "creationTimestamp": stamp()}
    meta.pop("resourceVersion", None)
    if "spec" in value:
        meta["generation"] = 1
    value = {"apiVersion": resource.api_version, "kind": resource.kind, **value}
    if dry:
        return value
    revision = etcd.put_if(resource.key(meta.get("namespace", ""), meta["name"]), value, 0)
    if revision is None:
        raise Refused(409, "AlreadyExists", f'{_plural(resource)} "{meta["name"]}" already exists')
    return _with_version(value, revision)


def change(target: Target, edit: Callable[[dict], dict], dry: bool = False) -> dict:
    """Read, edit, write; again if someone was faster, unless the edit itself names a resourceVersion."""
    key = target.resource.key(target.namespace, target.name)
    for _ in range(10):
        old, revision = etcd.get(key)
        if old is None:
            raise _not_found(target)
        new = edit(_with_version(old, revision))
        wanted = new["metadata"].pop("resourceVersion", None)
        if wanted and wanted != str(revision):
            raise _conflict(target)
        if new.get("spec") != old.get("spec") and "generation" in new["metadata"]:
            new["metadata"]["generation"] += 1
        if dry or new == old:
            return _with_version(new, revision)
        if (written := etcd.put_if(key, new, revision)) is not None:
            return _with_version(new, written)
    raise _conflict(target)


def delete(target: Target, options: dict) -> dict:
    """A pod on a node is only marked, with its grace period; its kubelet deletes it for good with grace 0."""
    key = target.resource.key(target.namespace, target.name)
    for _ in range(10):
        old, revision = etcd.get(key)
        if old is None:
            raise _not_found(target)
        uid = (options.get("preconditions") or {}).get("uid")
        if uid and uid != old["metadata"]["uid"]:
            text = f"the UID in the precondition ({uid}) does not match the UID in record ({old['metadata']['uid']})"
            raise Refused(409, "Conflict", f"Precondition failed: {text}")
        if target.resource.kind == "Pod" and (grace := _grace(old, options)):
            old["metadata"] |= {"deletionTimestamp": stamp(), "deletionGracePeriodSeconds": grace}
            done = etcd.put_if(key, old, revision)
        else:
            done = etcd.delete_if(key, revision)
        if done is not None:
            return old
    raise _conflict(target)


def _grace(pod: dict, options: dict) -> int:
    given = options.get("gracePeriodSeconds")
    return int(pod["spec"].get("terminationGracePeriodSeconds", 30) if given is None else given)


def _with_version(value: dict, revision: int) -> dict:
    value["metadata"]["resourceVersion"] = str(revision)
    return value


def _selected(value: dict, query: dict[str, str]) -> bool:
    labels = value["metadata"].get("labels") or {}
    for term in filter(None, query.get("labelSelector", "").split(",")):
        key, _, wanted = term.replace("==", "=").partition("=")
        if key not in labels or ("=" in term and labels[key] != wanted):
            return False
    for term in filter(None, unquote(query.get("fieldSelector", "")).split(",")):
        path, _, wanted = term.replace("==", "=").partition("=")
        found: object = value
        for part in path.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if str(found) != wanted:
            return False
    return True


def _plural(resource: Resource) -> str:
    return f"{resource.plural}.{resource.group}" if resource.group else resource.plural


def _not_found(target: Target) -> Refused:
    return Refused(404, "NotFound", f'{_plural(target.resource)} "{target.name}" not found')


def _conflict(target: Target) -> Refused:
    text = "the object has been modified; please apply your changes to the latest version and try again"
    return Refused(
        409, "Conflict", f'Operation cannot be fulfilled on {_plural(target.resource)} "{target.name}": {text}'
    )
