"""Questions that need a person: asked on the terminal before anything starts, never inside a screen."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from k0stui.connect.host_keys import UnknownHostKey
from k0stui.present.harmless import harmless


async def ask_host_key(unknown: UnknownHostKey) -> bool:
    """Show the fingerprint; only the word `yes` takes the host for what it says. End of input is no."""
    print(f"{harmless(str(unknown.host))} port {unknown.port} is not in {unknown.path}.", file=sys.stderr)
    print(f"  its key: {harmless(unknown.fingerprint)}", file=sys.stderr)
    print(
        "  compare it with what the host's console shows. Type yes to trust it from now on: ", end="", file=sys.stderr
    )
    sys.stderr.flush()
    answer: str = await asyncio.to_thread(sys.stdin.readline)
    return answer.strip() == "yes"


AskPassphrase = Callable[[Path], Awaitable[str | None]]


def keeping(arguments: argparse.Namespace) -> AskPassphrase:
    """As `ask_passphrase`; what is typed waits in `arguments`, in memory, for an executor that may be started."""

    async def asked(path: Path) -> str | None:
        typed = await ask_passphrase(path)
        if typed:
            vars(arguments).setdefault("passphrases", {})[str(path)] = typed
        return typed

    return asked


def handed(arguments: argparse.Namespace) -> AskPassphrase | None:
    """For an executor, which has nobody to ask: each passphrase that was handed to it is used once, and forgotten."""
    given: dict[str, str] = vars(arguments).pop("passphrases", {})

    async def asked(path: Path) -> str | None:
        return given.pop(str(path), None)

    return asked if given else None


async def ask_passphrase(path: Path) -> str | None:
    """The passphrase of a key, unseen; nothing typed leaves the key out."""
    try:
        typed = await asyncio.to_thread(getpass.getpass, f"passphrase of {path} (empty: leave it out): ")
    except EOFError:
        return None
    return typed or None
