"""`k0stui clean`: list what k0stui left on the hosts, and remove it after the cluster's name was typed.

Only files of a closed list below /var/lib/k0stui are removed, and none where an operation holds the lock.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping, Sequence

from k0stui.commands.acting import shared_name
from k0stui.commands.confirming import confirmed
from k0stui.commands.opening import is_terminal, observing
from k0stui.commands.printing import show_report
from k0stui.connect.left import BASE, Left, left_on_hosts, removal
from k0stui.errors import K0stuiError
from k0stui.model.host import HostName
from k0stui.ports import Shell

CLEAN, NOT_CLEAN = 0, 1


def run(arguments: argparse.Namespace) -> int:
    return asyncio.run(_clean(arguments))


async def _clean(arguments: argparse.Namespace) -> int:
    async with observing(arguments) as watch:
        snapshot = await watch.look()
        shells = watch.shells()
        found = await left_on_hosts(shells)
        show_report(line for left in found for line in left.lines())
        if held := [left for left in found if left.holder]:
            show_report([f"{held[0].holder} holds the lock on {held[0].host}: finish, adopt or close it first."])
            return NOT_CLEAN
        if not any(left.files or left.temporaries for left in found):
            return NOT_CLEAN if any(left.why for left in found) else CLEAN
        if arguments.confirm is None and not is_terminal():
            show_report([f"nothing was removed; --confirm {shared_name(snapshot)!r} removes it."])
            return NOT_CLEAN
        wanted, to_do = shared_name(snapshot), f"remove these files below {BASE}"
        if not await confirmed(arguments.confirm, wanted, to_do):
            return NOT_CLEAN
        return await _remove(shells, found)


async def _remove(shells: Mapping[HostName, Shell], found: Sequence[Left]) -> int:
    status = CLEAN
    for left in found:
        if left.why or not (left.files or left.temporaries):
            status = NOT_CLEAN if left.why else status
            continue
        said = await _removed(shells[left.host], left)
        show_report([f"{left.host}: {said or f'{len(left.files) + len(left.temporaries)} files removed'}"])
        status = NOT_CLEAN if said else status
    return status


async def _removed(shell: Shell, left: Left) -> str:
    """Why it is not clean; empty: it is."""
    try:
        reply = await shell.run(removal(left))
    except K0stuiError as error:
        return f"whether anything was removed is not known: {error}"
    if reply.exit_status == 12:
        return "somebody took the lock meanwhile; nothing was removed"
    return "" if reply.exit_status == 0 else f"not removed: {reply.error_text or reply.exit_status}"
