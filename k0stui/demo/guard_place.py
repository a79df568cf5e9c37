"""The guard runs for real on a simulated host: the same text, under `sh`, in a folder that stands for that host.

Before it the model's facts are laid out there (identity, config, what systemctl and curl would say); afterwards the
files that it changed, and the restart that it asked for, are taken back into the model. So the demo honours the guard
to the byte, and a change of `guard.sh` needs no second implementation here.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from k0stui.connect.guard import GUARD, call, is_call, payload_of, words_of
from k0stui.demo.controller import Controller
from k0stui.demo.controller_answers import etcd_metric_rows, member_list
from k0stui.demo.errand import Done, Errand
from k0stui.demo.host import File, Machine
from k0stui.demo.host_answers import unit_block
from k0stui.demo.said import Asked, Said

STATE = "/var/lib/k0stui"
TAKEN_BACK = ("/etc/k0s", STATE)
"""Folders that the guard may change."""

SHIMS = {
    # Facts from files; a restart is written down and done by the model afterwards.
    "systemctl": 'case " $* " in *" show "*) cat "$ROOT/run/unit" ;; *) echo "$*" >>"$ROOT/run/asked" ;; esac\n',
    "curl": 'for u; do :; done\ncat "$ROOT/run/etcd/$(basename "$u")" 2>/dev/null || exit 7\n',
    "logger": 'echo "$*" >>"$ROOT/run/logged"\n',
}


def is_guard(asked: Asked) -> bool:
    return is_call(asked.command)


@dataclass(frozen=True, slots=True)
class GuardPlace:
    """The folders, one per host, that stand for the hosts' roots."""

    folder: Path

    def errand(self, asked: Asked) -> Errand:
        """One call of the guard: its text with its one changeable line, `root=`, changed."""
        root = self.lay_out(asked)
        text = GUARD.replace("\nroot=\n", f"\nroot={root}\n", 1)

        def finish(done: Done) -> Said:
            self.take_back(asked.host, root)
            return Said(done.stdout, done.stderr, done.status)

        environment = {"ROOT": str(root), "PATH": os.environ.get("PATH", "/usr/bin:/bin")}
        changed = call(text, words_of(asked.command), payload_of(asked.command))
        return Errand(changed.argv, changed.stdin, environment, finish, alone=True)

    def left(self, asked: Asked) -> Errand:
        """`k0stui clean` looks, or removes: the same texts, in the folder that stands for the host."""
        root = self.lay_out(asked)
        shell, flag, text, name, base, configs, *rest = asked.command.argv
        argv = (shell, flag, text, name, f"{root}{base}", f"{root}{configs}", *rest)

        def finish(done: Done) -> Said:
            self.take_back(asked.host, root)
            return Said(done.stdout, done.stderr, done.status)

        return Errand(argv, b"", {"PATH": os.environ.get("PATH", "/usr/bin:/bin")}, finish, alone=True)

    def lay_out(self, asked: Asked) -> Path:
        """The model's facts as files."""
        root, host = self.folder / asked.host.name, asked.host
        uptime = int((asked.fleet.wall(asked.now) - asked.fleet.wall(host.booted)).total_seconds())
        facts = {
            "proc/sys/kernel/random/boot_id": f"{host.boot_id}\n",
            "proc/uptime": f"{uptime}.00 0.00\n",
            "etc/machine-id": f"{host.machine_id}\n",
            "run/unit": unit_block(asked),
        }
        for path, text in facts.items():
            _put(root / path, text.encode())
        _put(root / "var/lib/k0s/pki/ca.crt", asked.fleet.ca)
        for name, body in SHIMS.items():
            _put(root / "usr/local/bin" / name, f"#!/bin/sh\n{body}".encode(), 0o755)
        self._lay_out_etcd(asked, root)
        for path, file in host.files.items():
            if path.startswith("/etc/k0s/"):
                _put(root / path.lstrip("/"), file.content, file.mode)
        (root / "etc/k0s").mkdir(parents=True, exist_ok=True)
        return root

    def _lay_out_etcd(self, asked: Asked, root: Path) -> None:
        """What the local member would answer; nothing where it does not run."""
        told: dict[str, str] = {}
        if isinstance(asked.host, Controller) and asked.host.etcd_up is not None:
            healthy = "true" if asked.fleet.etcd.has_quorum else "false"
            told["health"] = f'{{"health":"{healthy}","reason":""}}'
            told["metrics"] = "\n".join(etcd_metric_rows(asked)) + "\n"
            if asked.fleet.etcd.has_quorum:
                told["list"] = member_list(asked)
        for name in ("health", "metrics", "list"):
            path = root / "run/etcd" / name
            if name in told:
                _put(path, told[name].encode())
            else:
                path.unlink(missing_ok=True)

    def take_back(self, host: Machine, root: Path) -> None:
        """Files that changed, and what PID 1 was asked."""
        for folder in TAKEN_BACK:
            _read_back(host, root, folder)
        asked = root / "run/asked"
        if asked.exists():
            asked.unlink()
            host.restart()  # type: ignore[attr-defined]


def _read_back(host: Machine, root: Path, folder: str) -> None:
    found: dict[str, File] = {}
    for path in sorted((root / folder.lstrip("/")).rglob("*")):
        if path.is_file() and path.name != ".flock":
            name, content = f"/{path.relative_to(root)}", path.read_bytes()
            old = host.files.get(name)
            if old is not None and old.content == content:
                found[name] = old
            else:
                found[name] = File(content, host.timeline.now, stat.S_IMODE(path.stat().st_mode))
    for name in [name for name in host.files if name.startswith(f"{folder}/") and name not in found]:
        del host.files[name]
    host.files.update(found)


def _put(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write where it differs."""
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
