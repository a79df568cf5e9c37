"""Looks at the demo fleet in process, in virtual time: the same bytes at every run. For snapshots and screenshots."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from k0stui.demo.pace import Pace
from k0stui.demo.scenarios import SCENARIOS
from k0stui.demo.shell import DemoConnector
from k0stui.engine.observe import Watch
from k0stui.model.cluster import ClusterSnapshot
from k0stui.present.look import Look, look_of
from tests.fakes import LoopClock, virtual_runner

MOMENT = datetime(2025, 2, 4, 3, 14, 7, tzinfo=UTC)
"""When every look is taken: the night of the incident."""

APART = 15.0
"""Seconds between the two looks that rates need."""


@cache
def demo_look(scenario: str) -> Look:
    """Two looks at a scenario, the second one at `MOMENT`."""
    with ThreadPoolExecutor(1) as aside:  # a test's own loop may be running in this thread
        return aside.submit(_looked, scenario).result()


def _looked(scenario: str) -> Look:
    with virtual_runner() as runner:
        return look_of(renamed(runner.run(_look(scenario))))


async def _look(scenario: str) -> ClusterSnapshot:
    clock = LoopClock(MOMENT - timedelta(seconds=APART + 2))
    with DemoConnector(Pace(SCENARIOS[scenario](), clock)) as connector:
        async with Watch(connector.inventory(), connector, clock) as watch:
            await watch.look()
            await clock.sleep(APART)
            await watch.look()
            await clock.sleep((MOMENT - clock.now()).total_seconds())
            return watch.snapshot()


def renamed(snapshot: ClusterSnapshot) -> ClusterSnapshot:
    """Under the name of the incident's cluster."""
    return replace(snapshot, cluster="k0s-prod")
