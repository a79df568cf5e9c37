"""`k0s kubectl get --raw PATH`, k0stui's fallback, and `get KIND [NAME] -o json|name`, which a person types."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from standin.catalogue import RESOURCES, Resource
from standin.client import Api, ApiError

ADMIN = Path("/var/lib/k0s/pki/admin.conf")
SHORT = {
    "ds": "daemonsets",
    "cm": "configmaps",
    "no": "nodes",
    "po": "pods",
    "ns": "namespaces",
    "ep": "endpoints",
    "lease": "leases",
}


def main(rest: list[str]) -> None:
    sys.exit(_run(rest))


def _run(rest: list[str]) -> int:
    options, words = _split(rest)
    if words[:1] != ["get"]:
        return _fail("error: the stand-in knows only kubectl get")
    try:
        api = Api(Path(options.get("kubeconfig") or os.environ.get("KUBECONFIG") or ADMIN), timeout=_seconds(options))
        if "raw" in options:
            print(api.raw(options["raw"]), end="")
            return 0
        return _get(api, words[1:], options)
    except FileNotFoundError as error:
        return _fail(f"error: stat {error.filename}: no such file or directory")
    except ApiError as error:
        if error.status == 0:
            return _fail(
                f"The connection to the server was refused - did you specify the right host or port? ({error})"
            )
        return _fail(f"Error from server{_reason(error.status)}: {error}")


def _fail(message: str) -> int:
    sys.stderr.write(f"{message}\n")
    return 1


def _reason(status: int) -> str:
    name = {401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "Conflict", 503: "ServiceUnavailable"}.get(
        status
    )
    return f" ({name})" if name else ""


WITH_VALUE = {"-n": "namespace", "--namespace": "namespace", "-o": "output", "--output": "output", "-l": "selector"}
WITH_VALUE |= {f"--{each}": each for each in ("raw", "kubeconfig", "request-timeout", "selector", "field-selector")}


def _split(rest: list[str]) -> tuple[dict[str, str], list[str]]:
    options, words, each = {}, [], iter(rest)
    for word in each:
        name, equals, value = word.partition("=")
        if name in WITH_VALUE:
            options[WITH_VALUE[name]] = value if equals else next(each, "")
        elif word in ("-A", "--all-namespaces"):
            options["all"] = "yes"
        else:
            words.append(word)
    return options, words


def _seconds(options: dict[str, str]) -> float:
    return float(options.get("request-timeout", "30").removesuffix("s") or 30)


def _get(api: Api, words: list[str], options: dict[str, str]) -> int:
    kind = words[0].partition(".")[0]
    plural = SHORT.get(kind, kind)
    resource = next((each for each in RESOURCES if plural in (each.plural, each.kind.lower())), None)
    if resource is None or (resource.plural == "clusterconfigs" and not _dynamic(api)):
        return _fail(f'error: the server doesn\'t have a resource type "{words[0]}"')
    path = _path(resource, options)
    if len(words) > 1:
        found = api.get(f"{path}/{words[1]}")
        items = [found]
    else:
        query = [f"labelSelector={options['selector']}"] if "selector" in options else []
        query += [f"fieldSelector={options['field-selector']}"] if "field-selector" in options else []
        found = api.get(path + ("?" + "&".join(query) if query else ""))
        items = found["items"]
    if options.get("output") == "json":
        print(json.dumps(found, indent=4))
    else:
        for each in items:
            print(f"{resource.kind.lower()}/{each['metadata']['name']}")
    return 0


def _path(resource: Resource, options: dict[str, str]) -> str:
    base = f"/apis/{resource.api_version}" if resource.group else "/api/v1"
    if resource.namespaced and "all" not in options:
        base += f"/namespaces/{options.get('namespace', 'default')}"
    return f"{base}/{resource.plural}"


def _dynamic(api: Api) -> bool:
    return bool(api.get("/apis/k0s.k0sproject.io/v1beta1/clusterconfigs")["items"])


def events_of_config() -> int:
    """`k0s config status`."""
    events = Api(ADMIN).get("/api/v1/namespaces/kube-system/events")["items"]
    for each in events:
        print(f"{each['lastTimestamp']} {each['type']} {each['reason']} clusterconfig/k0s {each['message']}")
    return 0
