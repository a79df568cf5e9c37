"""`k0stui resume [OP]`: go on with an operation that waits; the hosts are asked first what became of it.

With --again STEP a failed host is restarted once more; with --roll-back all that was begun is taken back.
Exit status as of `run`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path

from k0stui.commands import carrying, following
from k0stui.commands.confirming import confirmed
from k0stui.commands.printing import show_lines
from k0stui.connect.executor_process import say
from k0stui.engine.journal import find, read
from k0stui.errors import UsageError
from k0stui.model.operation import Operation, OperationState
from k0stui.present.operation import next_words, result_text


def run(arguments: argparse.Namespace) -> int:
    directory = find(carrying.home(), arguments.operation or "")
    if arguments.executor:
        arguments.passphrases = json.loads(sys.stdin.buffer.read() or b"{}")
        asyncio.run(carrying.carry(directory, arguments, arguments.word or (), waits=arguments.executor == "waits"))
        return 0
    return asyncio.run(_resume(arguments, directory))


async def _resume(arguments: argparse.Namespace, directory: Path) -> int:
    operation, _ = read(directory)
    if operation.state.is_over:
        raise UsageError(f"{operation.id} is over: {result_text(operation)}.")
    words = words_for(operation, arguments.again or "", arguments.roll_back)
    if words is None:
        show_lines([f"{operation.id}: {result_text(operation)}", *(f"  {way}" for way in next_words(operation))])
        return following.PERSON
    wanted = carrying.name_to_type(directory, carrying.plan_in(directory))
    if not await confirmed(arguments.confirm, wanted, f"go on with {operation.id}"):
        return following.STOPPED
    try:
        if not await following.is_carried(directory):
            return await following.see_through(directory, arguments, words)
        for word in words:
            name, _, step = word.partition("=")
            await say(directory, name, step)
        return following.say_end(await following.follow(directory, following.print_line))
    except asyncio.CancelledError:
        following.say_left(directory)
        raise


def words_for(operation: Operation, again: str = "", roll_back: bool = False) -> tuple[str, ...] | None:
    """What the executor is told; None: a person must choose first.

    Raises:
        UsageError: that cannot be done now.
    """
    if roll_back:
        return ("roll back",)
    if again:
        if again not in [step.id for step in operation.failed]:
            raise UsageError(
                f"{again} has not failed; --again is for {', '.join(s.id for s in operation.failed) or 'none'}."
            )
        return (f"help={again}",)
    if operation.failed or (operation.state is OperationState.NEEDS_HUMAN and not operation.in_flight):
        return None
    return ("go on",) if operation.state is OperationState.PAUSED else ()
