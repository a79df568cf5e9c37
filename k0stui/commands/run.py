"""`k0stui run PLAN --confirm NAME`: carry out a plan without a screen, in a process that outlives this terminal.

Exit 0: done and proven; 1: refused, not confirmed, stopped or paused; 2: bad input; 3: a person must decide.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from k0stui.commands import carrying, following
from k0stui.commands.acting import Drafted, drafted, wish_of
from k0stui.commands.confirming import confirmed
from k0stui.commands.opening import is_terminal, observing
from k0stui.commands.printing import show_report
from k0stui.engine.observe import Watch
from k0stui.errors import PlanRefused, UsageError
from k0stui.present.cells import plain
from k0stui.present.plan import is_lapsed, plan_story, standing


def run(arguments: argparse.Namespace) -> int:
    if arguments.confirm is None and not is_terminal():
        raise UsageError("nobody can be asked here: give --confirm with the name that `k0stui plan` tells.")
    if arguments.json:
        raise UsageError("--json is of `k0stui plan`; `run` prints lines, `k0stui operations OP --json` the whole.")
    if getattr(arguments, "replay", None):
        raise UsageError("a recording cannot be changed; give --inventory or --host.")
    return asyncio.run(_run(arguments))


async def _run(arguments: argparse.Namespace) -> int:
    wish = wish_of(arguments)
    wish.options()
    async with observing(arguments) as watch:
        try:
            found = await drafted(watch, wish)
        except PlanRefused as refused:
            show_report([f"PLAN {arguments.plan} refused: {refused}"])
            return following.STOPPED
        if not await _agreed(arguments, found, watch):
            return following.STOPPED
        journal = carrying.begin(found.plan, watch.clock, found.wanted)
        journal.close()
        if carrying.is_own_fleet(arguments):
            return await _carry_here(journal.directory, watch)
    try:
        return await following.see_through(journal.directory, arguments)
    except asyncio.CancelledError:
        following.say_left(journal.directory)
        raise


async def _agreed(arguments: argparse.Namespace, found: Drafted, watch: Watch) -> bool:
    """Whether the one name was given that starts this plan; a plan that cannot be started is not asked about."""
    stand = standing(found.plan, found.verdicts)
    if stand or arguments.confirm is None:
        show_report(map(plain, plan_story(found.plan, found.verdicts, found.wanted, watch.clock.now())))
    if stand:
        return False
    if not await confirmed(arguments.confirm, found.wanted, f"start {found.plan.name}"):
        return False
    if is_lapsed(found.plan, watch.clock.now()):
        show_report(["No: the plan is older than 30 minutes by now; make a new one. Nothing was done."])
        return False
    return True


async def _carry_here(directory: Path, watch: Watch) -> int:
    """The executor in this very process: a simulated fleet lives nowhere else."""
    follower = following.Follower(directory, following.print_line)
    operation = await carrying.carry_on(directory, watch, (), lambda progress: follower.show(progress.awaits))
    follower.show()
    return following.say_end(operation)
