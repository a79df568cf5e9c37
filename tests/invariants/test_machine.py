"""The invariants of acting under faults: a machine that breaks what it can between steps, on the simulated fleet.

Real plans, executor, journal and guard.sh; only the fleet is a model. Judged at every second and at every act
(`stage.py`): I1 to I7, I9 to I11; I8, I15 and I16 at the end, after everything that can be healed was healed. Not
here: I12 (tests/commands/test_hostile.py), I13 (redaction: tests/logs, tests/probes), I14 (tests/plans/test_gates.py),
and every interleaving of two operators (tests/protocol).
"""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from k0stui.demo.host import CONFIG
from k0stui.demo.leaders import LEADER
from k0stui.demo.scenarios import SCENARIOS
from k0stui.errors import JournalBroken, UsageError
from k0stui.model.operation import OperationState
from k0stui.plans import enable_nllb, restart_controllers
from tests.fakes import VirtualLoop
from tests.invariants.operator import Operator
from tests.invariants.stage import Stage
from tests.quick import quick

pytestmark = pytest.mark.timeout(900)
"""Of real time, for a busy machine: what runs here runs in virtual time, but hundreds of guards are real processes."""

CONTROLLERS = st.sampled_from(("k0s-master-1", "k0s-master-2", "k0s-master-3"))


class Faults(RuleBasedStateMachine):
    """What can go wrong around one operation; `PLAN` and `SCENARIO` say of what."""

    scenario, make = "healthy", staticmethod(restart_controllers.plan)

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        self.open.enter_context(quick())
        self.runner = self.open.enter_context(asyncio.Runner(loop_factory=VirtualLoop))
        home = Path(self.open.enter_context(tempfile.TemporaryDirectory(prefix="k0stui-machine-")))
        self.stage: Stage = self.runner.run(self._stage(home))

    async def _stage(self, home: Path) -> Stage:
        stage = Stage(SCENARIOS[self.scenario](), home, asyncio.get_running_loop())
        await stage.open(self.make)
        return stage

    def spend(self, seconds: float) -> None:
        self.runner.run(self.stage.spend(seconds))

    @property
    def holder(self) -> Operator:
        return self.stage.holder

    @property
    def adopted(self) -> bool:
        return self.stage.second.journal is not None

    @initialize(first=st.integers(5, 90))
    def begin(self, first: int) -> None:
        """Agreed to, and under way."""
        self.stage.first.begin(self.stage.plan)
        self.spend(first)

    # -- the executor ------------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from((3, 20, 60)))
    def wait(self, seconds: int) -> None:
        self.spend(seconds)

    @precondition(lambda self: self.holder.is_running)
    @rule(records=st.integers(1, 9))
    def kill_at_a_record(self, records: int) -> None:
        """Right after one of the next records is on the disk."""
        self.holder.kill_after = records
        self.spend(40)

    @precondition(lambda self: self.holder.is_running)
    @rule()
    def kill(self) -> None:
        self.holder.kill()
        self.spend(1)

    @precondition(lambda self: not self.holder.is_running and not self.holder.operation.state.is_over)
    @rule()
    def resume(self) -> None:
        self.holder.resume()
        self.spend(10)

    @precondition(lambda self: not self.adopted and not self.stage.first.operation.state.is_over)
    @rule()
    def adopt(self) -> None:
        """The second operator takes over, whether the first still runs or not."""
        try:
            self.runner.run(self.stage.second.adopt())
        except (UsageError, JournalBroken):
            self.stage.second.journal = None  # nothing lies there yet, or too little
        self.spend(10)

    # -- the way -----------------------------------------------------------------------------------------------------

    @rule(host=CONTROLLERS, replies=st.integers(1, 2))
    def lose_replies(self, host: str, replies: int) -> None:
        self.holder.wire.deaf[host] = replies

    @rule(host=CONTROLLERS, seconds=st.sampled_from((5, 40)))
    def cut_off(self, host: str, seconds: int) -> None:
        self.holder.wire.cut.add(host)
        self.spend(seconds)
        self.holder.wire.cut.discard(host)

    # -- the fleet ---------------------------------------------------------------------------------------------------

    @precondition(lambda self: not self.stage.harmed)
    @rule(host=CONTROLLERS, seconds=st.sampled_from((5, 60)))
    def power_off(self, host: str, seconds: int) -> None:
        """And on again: another boot id."""
        self.stage.harmed.add(host)
        self.stage.fleet.controller(host).power_off()
        self.spend(seconds)
        self.stage.fleet.controller(host).power_on()
        self.spend(5)

    @precondition(lambda self: not self.stage.edited)
    @rule(host=CONTROLLERS)
    def edit_config(self, host: str) -> None:
        """Somebody else's editor; nobody may overwrite it."""
        file = self.stage.fleet.controller(host).files[CONFIG]
        self.stage.edited[host] = file.content + b"# by hand\n"
        self.stage.fleet.controller(host).write(CONFIG, self.stage.edited[host])
        self.spend(5)

    @rule(host=CONTROLLERS)
    def does_not_start(self, host: str) -> None:
        """The next start of this one fails, again and again."""
        self.stage.fleet.controller(host).fails_to_start = "broken by the test"
        self.spend(5)

    @rule()
    def leader_moves(self) -> None:
        self.stage.fleet.leases.release(LEADER)
        self.stage.fleet.leaders.lost(LEADER)
        self.spend(3)

    @rule()
    def hold_is_taken_away(self) -> None:
        self.stage.fleet.agents.set_strategy("RollingUpdate", None)
        self.spend(3)

    # -- the end -----------------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        """Everything is healed, and whoever holds the operation resumes it until it ends (I8, I16)."""
        try:
            if self.stage.first.journal is not None:
                self._heal()
                self._end()
                self.stage.judge.end(self.holder.operation)
        finally:
            self.stage.close()
            self.open.close()

    def _heal(self) -> None:
        for controller in self.stage.fleet.controllers:
            controller.fails_to_start = ""
            if controller.name in self.stage.edited:
                controller.write(CONFIG, self.stage.edited[controller.name].removesuffix(b"# by hand\n"))
        self.stage.edited.clear()
        for operator in (self.stage.first, self.stage.second):
            operator.wire.deaf.clear()
            operator.wire.cut.clear()
        self.spend(90)
        self.stage.harmed.clear()

    def _end(self) -> None:
        """Forward, until it ends."""
        for _ in range(6):
            self.runner.run(self.stage.spend(2400, lambda: not self.holder.is_running))
            operation = self.holder.operation
            if operation.state.is_over or operation.state is OperationState.NEEDS_HUMAN:
                return
            self.holder.resume()


class SwitchFaults(Faults):
    """The same while node-local load balancing is turned on."""

    scenario, make = "incident", staticmethod(enable_nllb.plan)


COMMON = settings(
    deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
)
"""Alike in every run. Without shrinking: a failing run is short as it is, and each takes seconds."""
TestStagedRestart = Faults.TestCase
TestStagedRestart.settings = settings(COMMON, max_examples=4, stateful_step_count=6)
TestSwitch = SwitchFaults.TestCase
TestSwitch.settings = settings(COMMON, max_examples=3, stateful_step_count=8)
