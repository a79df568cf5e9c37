"""`k0stui demo`: the screens on the built-in simulated fleet; without a terminal its diagnosis as text."""

from __future__ import annotations

import argparse
import asyncio
from importlib import import_module
from pathlib import Path

from k0stui.commands.opening import is_terminal
from k0stui.demo.scenarios import SCENARIOS
from k0stui.errors import UsageError


def run(arguments: argparse.Namespace) -> int:
    if arguments.list:
        print("\n".join(SCENARIOS))
        return 0
    if arguments.scenario not in SCENARIOS:
        raise UsageError(f"no scenario is called {arguments.scenario}; there are {', '.join(SCENARIOS)}.")
    if arguments.serve:
        return asyncio.run(_serve(arguments))
    arguments.demo = arguments.scenario
    if is_terminal():
        return int(import_module("k0stui.commands.tui").run(arguments))
    arguments.json = arguments.schema = arguments.watch = arguments.once = False
    import_module("k0stui.commands.check").run(arguments)
    return 0


async def _serve(arguments: argparse.Namespace) -> int:
    """Run only the fleet, on loopback, for any number of k0stui processes, until interrupted."""
    from k0stui.demo.serve import demo_fleet

    folder = Path(arguments.serve)
    async with demo_fleet(arguments.scenario, speed=getattr(arguments, "speed", 1.0), folder=folder):
        print(f"k0stui --inventory {folder}/inventory.yaml --known-hosts {folder}/known_hosts", flush=True)
        await asyncio.Event().wait()
    return 0
