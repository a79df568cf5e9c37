"""Commands on simulated fleets in virtual time: from argv to stdout, without a network and without waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from k0stui.commands.opening import Opened
from k0stui.demo.pace import Pace
from k0stui.demo.scenarios import SCENARIOS
from k0stui.demo.shell import DemoConnector
from k0stui.engine.observe import Connector
from k0stui.inventory import Inventory
from tests.fakes import LoopClock, VirtualLoop

Disguise = Callable[[Connector], Connector]
"""Puts something between a command and its fleet."""


def run_virtually(main: Coroutine[Any, Any, int]) -> int:
    """As `asyncio.run`; twelve seconds of looking take none."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


def demo_without_network(disguise: Disguise, told: Inventory | None) -> Callable[..., Any]:
    """`opening.demo` on the model itself; `told` instead of an inventory of all hosts."""

    @asynccontextmanager
    async def demo(scenario: str, speed: float = 1.0) -> AsyncIterator[Opened]:
        clock = LoopClock()
        with DemoConnector(Pace(SCENARIOS[scenario](), clock, speed)) as fleet:
            yield Opened(told or fleet.inventory(), disguise(fleet), clock)

    return demo
