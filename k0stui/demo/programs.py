"""The few programs that are called by name and not as a probe: by acts, by discovery, by whoever looks at a file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace

from k0stui.connect.kube import UNIT
from k0stui.demo.controller import Controller
from k0stui.demo.host_answers import exec_start
from k0stui.demo.k0s_answers import validate
from k0stui.demo.kube import ApiServer
from k0stui.demo.said import Asked, Said, say
from k0stui.demo.worker import Worker


def run_program(asked: Asked) -> Said:
    """By the first word; 127 where there is no such program here."""
    if asked.command.argv == UNIT.argv:
        return say(f"{exec_start(asked)}\n") if isinstance(asked.host, Controller) else say(status=1)
    program, *arguments = asked.command.argv
    known = PROGRAMS.get(program.rpartition("/")[2])
    if known is None:
        return say(error=f"sh: 1: {program}: not found\n", status=127)
    return known(asked, arguments)


def true(asked: Asked, arguments: list[str]) -> Said:
    return say()


def sudo(asked: Asked, arguments: list[str]) -> Said:
    """`sudo -n COMMAND`, as the shell of an operator asks whether it may."""
    if not asked.host.sudo:
        return say(error="sudo: a password is required\n", status=1)
    words = tuple(word for word in arguments if word != "-n")
    return run_program(replace(asked, command=replace(asked.command, argv=words, sudo=True)))


def identify(asked: Asked, arguments: list[str]) -> Said:
    """`id -u`, `id -un`."""
    root = asked.command.sudo
    if "-un" in arguments:
        return say("root\n" if root else "operator\n")
    return say("0\n" if root else "1000\n")


def hostname(asked: Asked, arguments: list[str]) -> Said:
    return say(f"{asked.host.name}\n")


def cat(asked: Asked, arguments: list[str]) -> Said:
    path = arguments[-1]
    file = asked.host.files.get(path)
    if file is None:
        return say(error=f"cat: {path}: No such file or directory\n", status=1)
    if file.mode & 0o004 == 0 and not asked.command.sudo:
        return say(error=f"cat: {path}: Permission denied\n", status=1)
    return say(file.content)


def sha256sum(asked: Asked, arguments: list[str]) -> Said:
    said = cat(asked, arguments)
    return said if said.status else say(f"{hashlib.sha256(said.stdout).hexdigest()}  {arguments[-1]}\n")


def k0s(asked: Asked, arguments: list[str]) -> Said:
    match arguments:
        case ["version", *_]:
            return say(f"{asked.fleet.release.k0s}\n")
        case ["ctr", "-n", "k8s.io", "images", "pull", *_, image]:
            return _pull(asked, image)
        case ["ctr", "-n", "k8s.io", "images", "ls", *_] if isinstance(asked.host, Worker):
            return say("".join(f"{name}\n" for name in sorted(asked.host.images)))
        case ["config", "validate", *_]:
            return _validate(asked, arguments)
        case ["kubectl", "get", "--raw", path, *_]:
            return _kubectl(asked, path)
        case ["airgap", "list-images", *_]:
            return say(f"{asked.fleet.release.envoy_image}\n{asked.fleet.release.agent_image}\n")
        case _:
            return say(error=f"Error: unknown command {' '.join(arguments)!r} for k0s\n", status=1)


def _kubectl(asked: Asked, path: str) -> Said:
    """`k0s kubectl get --raw`: the body, or what kubectl makes of a refusal."""
    if not isinstance(asked.host, Controller):
        return say(error="Error: can't read kubeconfig /var/lib/k0s/pki/admin.conf\n", status=1)
    server = ApiServer(asked.fleet, asked.host)
    if not server.listens:
        words = "The connection to the server localhost:6443 was refused - did you specify the right host or port?"
        return say(error=f"{words}\n", status=1)
    answered = server.request("GET", path)
    if answered.status < 400:
        return say(answered.body)
    status = json.loads(answered.body) if answered.body.startswith(b"{") else {}
    reason, message = status.get("reason", "InternalError"), status.get("message", answered.body.decode())
    return say(error=f"Error from server ({reason}): {message}\n", status=1)


def _pull(asked: Asked, image: str) -> Said:
    if not isinstance(asked.host, Worker):
        return say(error="ctr: failed to dial /run/k0s/containerd.sock\n", status=1)
    if image in asked.fleet.missing_images:
        return say(error=f'ctr: failed to resolve reference "{image}": not found\n', status=1, takes=1.0)
    asked.host.images.add(image)
    return say(f"{image}: resolved\nunpacking linux/amd64 {image}\ndone: 3.1s\n", takes=3.0)


def _validate(asked: Asked, arguments: list[str]) -> Said:
    words = [word for argument in arguments for word in argument.split("=", 1)]
    flags = [flag for flag in ("--config", "-c") if flag in words]
    path = words[words.index(flags[0]) + 1] if flags else "/etc/k0s/k0s.yaml"
    if path in ("-", "/dev/stdin"):
        return validate(asked, asked.command.stdin)
    file = asked.host.files.get(path)
    if file is None:
        return say(error=f"Error: open {path}: no such file or directory\n", status=1)
    return validate(asked, file.content)


def systemctl(asked: Asked, arguments: list[str]) -> Said:
    """`systemctl --no-block restart UNIT` without the guard: somebody at the keyboard."""
    verbs = [word for word in arguments if not word.startswith("-")]
    if verbs[:1] == ["restart"]:
        asked.host.restart()
    elif verbs[:1] == ["stop"]:
        asked.host.stop()
    elif verbs[:1] == ["start"]:
        asked.host.start()
    elif verbs[:1] == ["is-active"]:
        active = asked.host.unit.active
        return say(f"{active}\n", status=0 if active == "active" else 3)
    else:
        return say(error=f"Unknown command verb {verbs[:1]}.\n", status=1)
    return say()


def systemd_analyze(asked: Asked, arguments: list[str]) -> Said:
    """`verify UNIT`: the model's units have no fault unless a test says so."""
    fault = asked.host.unit_fault
    return say(error=f"/etc/systemd/system/{arguments[-1]}: {fault}\n", status=1) if fault else say()


def ps(asked: Asked, arguments: list[str]) -> Said:
    """PID 1, k0s, and what it supervises on a controller; orphans have PID 1 as their parent."""
    rows = ["1 0 /sbin/init", f"{asked.host.unit.main_pid} 1 {' '.join(asked.host.unit.argv)}"]
    if isinstance(asked.host, Controller):
        names = ("etcd", "kube-apiserver", "konnectivity-server") if asked.host.api_since is not None else ()
        rows += [f"{9000 + n} {asked.host.unit.main_pid} /var/lib/k0s/bin/{name}" for n, name in enumerate(names)]
        rows += [f"{pid} 1 /var/lib/k0s/bin/konnectivity-server" for pid in asked.host.orphans]
    return say("".join(f"{row}\n" for row in rows))


PROGRAMS: dict[str, Callable[[Asked, list[str]], Said]] = {
    "true": true,
    "sudo": sudo,
    "id": identify,
    "hostname": hostname,
    "cat": cat,
    "sha256sum": sha256sum,
    "k0s": k0s,
    "systemctl": systemctl,
    "systemd-analyze": systemd_analyze,
    "ps": ps,
}
