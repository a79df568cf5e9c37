"""`k0stui doctor`: what works and what does not, on this terminal, this machine and each host."""

from __future__ import annotations

import argparse
import asyncio
import locale
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from k0stui.commands.opening import is_terminal, observing
from k0stui.commands.printing import show_lines
from k0stui.errors import UsageError
from k0stui.present.doctor import Check, snapshot_checks


def run(arguments: argparse.Namespace) -> int:
    """Exit 0: everything works; 1: something does not; 2: no host was named, or none could be reached."""
    here = [*terminal_checks(os.environ), *machine_checks(Path.home())]
    show(here)
    try:
        there = asyncio.run(_hosts(arguments))
    except UsageError as error:
        show_lines([f"! hosts                  {error}"])
        return 2
    show(there)
    return 0 if all(check.works for check in (*here, *there)) else 1


def show(checks: Iterable[Check]) -> None:
    show_lines(line for check in checks for line in check.lines)


async def _hosts(arguments: argparse.Namespace) -> list[Check]:
    async with observing(arguments) as watch:
        snapshot = await watch.look()
    return list(snapshot_checks(snapshot))


def terminal_checks(environment: Mapping[str, str]) -> Iterator[Check]:
    """Size, colours, characters, and how a copy leaves this terminal."""
    size = shutil.get_terminal_size()
    if not is_terminal():
        yield Check("terminal", True, "none: commands print text")
        return
    yield Check("terminal", True, f"{environment.get('TERM', '?')}, {size.columns}x{size.lines}")
    utf8 = "utf" in locale.getpreferredencoding(do_setlocale=False).lower()
    yield Check("characters", True, "UTF-8" if utf8 else "not UTF-8: drawn in ASCII")
    if "TMUX" in environment:
        yield Check(
            "tmux escape time",
            True,
            "a lone Esc waits for tmux; Backspace or q does the same at once",
            "tmux set -sg escape-time 20",
        )
        yield Check("copy", True, "through tmux (load-buffer -w); it also stays in tmux's own buffer")
    else:
        yield Check("copy", True, "OSC 52, and the file clip/last in the state folder")


def machine_checks(home: Path) -> Iterator[Check]:
    """Keys, host keys, and whether an operation would outlive this login."""
    agent = bool(os.environ.get("SSH_AUTH_SOCK"))
    keys = [path.name for path in sorted((home / ".ssh").glob("id_*")) if path.suffix != ".pub"]
    says = "agent" if agent else f"files {', '.join(keys)}" if keys else "no agent, no key in ~/.ssh"
    yield Check("ssh keys", agent or bool(keys), says, "" if agent or keys else "ssh-keygen -t ed25519, or ssh-add")
    known = home / ".ssh" / "known_hosts"
    yield Check("known hosts", known.exists(), str(known) if known.exists() else "none: each host key will be asked")
    config = home / ".ssh" / "config"
    if config.exists() and config.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield Check("ssh config", False, f"{config} can be written by others: it is not read", f"chmod 600 {config}")
    yield _survives_logout()


def _survives_logout() -> Check:
    """logind may end everything of a user at logout; the executor of a plan would go with it."""
    configured = Path("/etc/systemd/logind.conf")
    kills = configured.exists() and any(
        line.strip().lower() == "killuserprocesses=yes" for line in configured.read_text().splitlines()
    )
    user = os.environ.get("USER", "root")
    lingers = Path(f"/var/lib/systemd/linger/{user}").exists()
    if kills and not lingers:
        return Check("survives logout", False, "logind ends your processes at logout", f"loginctl enable-linger {user}")
    return Check("survives logout", True, "an operation outlives this login")
