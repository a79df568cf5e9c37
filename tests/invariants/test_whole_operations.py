"""Whole operations on the simulated fleet, judged at every second of model time."""

from __future__ import annotations

import asyncio
from pathlib import Path

from k0stui.demo.scenarios import SCENARIOS
from k0stui.plans import enable_nllb, restart_controllers
from tests.fakes import VirtualLoop
from tests.invariants.quick import quick
from tests.invariants.stage import Stage


def test_staged_restart_is_done_and_harms_nobody(tmp_path: Path) -> None:
    """Three controllers, one at a time; every invariant holds at every second; it ends as done."""
    with quick(), asyncio.Runner(loop_factory=VirtualLoop) as runner:

        async def test() -> None:
            stage = Stage(SCENARIOS["healthy"](), tmp_path, asyncio.get_running_loop())
            try:
                await stage.open(restart_controllers.plan)
                stage.first.begin(stage.plan)
                await stage.spend(900, lambda: not stage.first.is_running)
                assert stage.first.operation.reason == "done"
                stage.judge_end(stage.first.operation)
                assert [act.host for act in stage.acts] == ["k0s-master-2", "k0s-master-3", "k0s-master-1"]
            finally:
                stage.close()

        runner.run(test())
