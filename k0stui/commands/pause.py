"""`k0stui pause [OP]`: begin nothing new; the host in flight is finished and verified first. `k0stui resume` goes on.

With --end the executor's process ends at that pause too; the operation stays open, and its lock where it is.
"""

from __future__ import annotations

import argparse
import asyncio

from k0stui.commands import carrying, following
from k0stui.commands.printing import show_lines
from k0stui.connect.executor_process import say
from k0stui.engine.journal import find
from k0stui.errors import UsageError

SAID = 0


def run(arguments: argparse.Namespace) -> int:
    return asyncio.run(_pause(arguments))


async def _pause(arguments: argparse.Namespace) -> int:
    directory = find(carrying.home(), arguments.operation or "")
    if not await following.is_carried(directory):
        raise UsageError(f"{directory.name}: nobody carries it out now; `k0stui operations` tells how it stands.")
    await say(directory, "stop after this host" if arguments.end else "pause")
    show_lines([f"{directory.name}: the host in flight is finished, then it waits; k0stui resume {directory.name}"])
    return SAID
