"""The verbs of `k0s` that answer and end: status, version, etcd, config, ctr, airgap, kubeconfig."""

from __future__ import annotations

import http.client
import json
import os
import socket
import sys
from pathlib import Path

import yaml
from standin import config, images
from standin.settings import RUN, version

NO_COMPONENTS = "!!! per component status is not yet finally ready, information here might be not full yet\n"


def run(verb: str, rest: list[str]) -> int:
    """The exit status."""
    verbs = {
        "status": _status,
        "version": _version,
        "etcd": _etcd,
        "config": _config,
        "ctr": _ctr,
        "airgap": _airgap,
        "kubeconfig": _kubeconfig,
        "help": lambda _: print("k0s - The zero friction Kubernetes (a stand-in)") or 0,
    }
    if verb not in verbs:
        return _fail(f'unknown command "{verb}" for "k0s"')
    return verbs[verb](rest)  # type: ignore[no-untyped-call]


def _fail(message: str) -> int:
    sys.stderr.write(f"Error: {message}\n")
    return 1


def _option(rest: list[str], *names: str, default: str = "") -> str:
    for index, each in enumerate(rest):
        for name in names:
            if each == name and index + 1 < len(rest):
                return rest[index + 1]
            if each.startswith(f"{name}="):
                return each.partition("=")[2]
    return default


class _Socket(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(self.host)


def _ask_socket(path: str) -> dict:
    # Another user than root has another run directory: so this means "not root", not "not running".
    run_directory = RUN if os.geteuid() == 0 else Path("/var/lib/k0s/run")
    connection = _Socket(str(run_directory / "status.sock"))
    connection.request("GET", path)
    return json.loads(connection.getresponse().read())


def _status(rest: list[str]) -> int:
    components = bool(rest) and rest[0] == "components"
    path = f"/components?maxCount={_option(rest, '--max-count', default='1')}" if components else "/status"
    try:
        found = _ask_socket(path)
    except OSError as error:
        where = (RUN if os.geteuid() == 0 else Path("/var/lib/k0s/run")) / "status.sock"
        reason = (error.strerror or str(error)).lower()
        what = path.strip("/").partition("?")[0]
        refused = f'Get "http://localhost{path}": dial unix {where}: connect: {reason}'
        return _fail(f'can\'t get "{what}" via "{where}": {refused}')
    if components:
        sys.stderr.write(NO_COMPONENTS)
        print(yaml.safe_dump(found, default_flow_style=False))
        return 0
    match _option(rest, "-o", "--out", "--output"):
        case "json":
            print(json.dumps(found, indent=3))
        case "yaml":
            print(yaml.safe_dump(found, default_flow_style=False))
        case _:
            _print_status(found)
    return 0


def _print_status(found: dict) -> None:
    print(f"Version: {found['Version']}\nProcess ID: {found['Pid']}\nRole: {found['Role']}")
    print(f"Workloads: {str(found['Workloads']).lower()}\nSingleNode: {str(found['SingleNode']).lower()}")
    if found["Workloads"]:
        probe = found["WorkerToAPIConnectionStatus"]
        print(f"Kube-api probing successful: {str(probe['Success']).lower()}")
        print(f"Kube-api probing last error: {probe['Message']}")


def _version(rest: list[str]) -> int:
    v = version()
    if {"-a", "--all"} & set(rest):
        for part in ("k0s", "runc", "containerd", "kubernetes", "kine", "etcd", "konnectivity"):
            print(f"{part} : {getattr(v, part)}")
    elif {"-j", "--json"} & set(rest):
        print(json.dumps({"k0s": v.k0s}))
    else:
        print(v.k0s)
    return 0


def _etcd(rest: list[str]) -> int:
    from standin import etcd

    if rest[:1] != ["member-list"]:
        return _fail("the stand-in knows only etcd member-list")
    try:
        members = etcd.members()
    except etcd.EtcdError as error:
        return _fail(f"can't list etcd cluster members: {error}")
    print(
        json.dumps({"members": {each.get("name", ""): each["peerURLs"][0] for each in members}}, separators=(",", ":"))
    )
    return 0


def _config(rest: list[str]) -> int:
    match rest[:1]:
        case ["validate"]:
            try:
                config.load(_option(rest, "-c", "--config", default="/etc/k0s/k0s.yaml"))
                return 0
            except config.Invalid as error:
                return _fail(str(error))
        case ["status"]:
            from standin import kubectl

            return kubectl.events_of_config()
        case ["create"]:
            print("apiVersion: k0s.k0sproject.io/v1beta1\nkind: ClusterConfig\nmetadata:\n  name: k0s\nspec: {}")
            return 0
    return _fail("the stand-in knows config validate, status and create")


def _ctr(rest: list[str]) -> int:
    words = [each for each in rest if each not in ("-n", "k8s.io")]
    match words:
        case ["images" | "image" | "i", "ls" | "list", *more]:
            names = images.names()
            if "-q" in more:
                print("\n".join(names))
            else:
                print("REF TYPE DIGEST SIZE PLATFORMS LABELS")
                print(
                    "\n".join(
                        f"{each} application/vnd.oci.image.manifest.v1+json sha256:0 85.3 MiB linux/amd64 -"
                        for each in names
                    )
                )
            return 0
        case ["images" | "image" | "i", "pull", *_, image]:
            if images.pull(image):
                return 0
            sys.stderr.write(
                f'ctr: failed to resolve reference "{image}": failed to do request: dial tcp: connection refused\n'
            )
            return 1
    return _fail("the stand-in knows ctr images ls and pull")


def _airgap(rest: list[str]) -> int:
    if rest[:1] != ["list-images"]:
        return _fail("the stand-in knows only airgap list-images")
    found = images.all_of(version())
    print("\n".join(found if "--all" in rest else [each for each in found if "envoy" not in each]))
    return 0


def _kubeconfig(rest: list[str]) -> int:
    if rest[:1] != ["admin"]:
        return _fail("the stand-in knows only kubeconfig admin")
    print(Path("/var/lib/k0s/pki/admin.conf").read_text(), end="")
    return 0
