"""`k0stui plan NAME`: what a repair would do; changes nothing. Exit 0: it could be started; 1: not; 2: bad input."""

from __future__ import annotations

import argparse
import asyncio

from k0stui.commands.acting import drafted, wish_of
from k0stui.commands.opening import observing
from k0stui.commands.printing import show_report
from k0stui.errors import PlanRefused
from k0stui.present.cells import plain
from k0stui.present.plan import plan_document, plan_story, standing

READY, NOT_READY = 0, 1


def run(arguments: argparse.Namespace) -> int:
    return asyncio.run(_plan(arguments))


async def _plan(arguments: argparse.Namespace) -> int:
    wish = wish_of(arguments)
    wish.options()
    async with observing(arguments) as watch:
        try:
            found = await drafted(watch, wish)
        except PlanRefused as refused:
            show_report([f"PLAN {arguments.plan} refused: {refused}"])
            return NOT_READY
        now = watch.clock.now()
    if arguments.json:
        print(plan_document(found.plan, found.verdicts, found.wanted))
    else:
        show_report(map(plain, plan_story(found.plan, found.verdicts, found.wanted, now)))
    return NOT_READY if standing(found.plan, found.verdicts) else READY
