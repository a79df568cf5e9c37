"""Whole operations on the simulated fleet, judged at every second of model time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from k0stui.demo.build import k0s_yaml
from k0stui.demo.etcd import Member
from k0stui.demo.fleet import Fleet
from k0stui.demo.host import CONFIG
from k0stui.demo.scenarios import SCENARIOS
from k0stui.errors import PlanRefused
from k0stui.model.operation import OperationState, StepState
from k0stui.plans import enable_nllb, restart_agents, restart_controllers, restart_workers
from tests.fakes import VirtualLoop
from tests.invariants.stage import Stage
from tests.quick import quick

pytestmark = pytest.mark.timeout(900)
"""Of real time, for a busy machine: what runs here runs in virtual time, but hundreds of guards are real processes."""

Test = Callable[[Stage], Awaitable[None]]
YOUNG = 12.0
"""Seconds: its agents are back on a server that was started that long ago."""

LONG = 3000.0
"""Seconds of model time: no operation here takes half of it."""


def on(scenario: str, make: Any, home: Path, test: Test, spoil: Callable[[Fleet], None] = lambda _: None) -> None:
    """A fleet, spoilt, a plan of it, and then `test`."""
    with quick(), asyncio.Runner(loop_factory=VirtualLoop) as runner:

        async def run() -> None:
            fleet = SCENARIOS[scenario]()
            spoil(fleet)
            stage = Stage(fleet, home, asyncio.get_running_loop())
            try:
                await stage.open(make)
                await test(stage)
            finally:
                stage.close()

        runner.run(run())


async def carried_out(stage: Stage) -> None:
    """Until the process ends; it ends as done."""
    stage.first.begin(stage.plan)
    await stage.spend(LONG, lambda: not stage.first.is_running)
    assert stage.first.operation.reason == "done", stage.first.operation.reason
    stage.judge.end(stage.first.operation)


def test_staged_restart_is_done_and_harms_nobody(tmp_path: Path) -> None:
    """Three controllers, one at a time, the leader last; every invariant holds at every second."""

    async def test(stage: Stage) -> None:
        await carried_out(stage)
        assert [act.host for act in stage.acts] == ["k0s-master-2", "k0s-master-3", "k0s-master-1"]

    on("healthy", restart_controllers.plan, tmp_path, test)


class Columns:
    """Looks once a second at how many agents each controller's server has."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.before = self._counts()
        self.dark: list[str] = []
        """Controllers that had more than one agent less than before, in any second."""
        self.restarting = 0
        """Seconds in which that was so because its own server had just been started."""
        self.idle = 0
        """The most workers at once whose kube-proxy dials a balancer that does not listen."""
        stage.every_second.append(self.look)

    def _counts(self) -> dict[str, int]:
        return {
            it.name: count or 0
            for it, count in zip(self.stage.fleet.controllers, self.stage.fleet.counts(), strict=True)
        }

    def look(self) -> None:
        for name, count in self._counts().items():
            server = self.stage.fleet.controller(name).server
            young = server is None or self.stage.fleet.now - server.started < YOUNG
            if count < self.before[name] - 1 and young:
                self.restarting += 1
            elif count < self.before[name] - 1:
                self.dark.append(f"{self.stage.clock.monotonic():.0f} s: {name} has {count} of {self.before[name]}")
        fleet = self.stage.fleet
        idle = [
            pod.node
            for pod in fleet.kube_proxies.all()
            if pod.process and "localhost" in pod.process.server and fleet.worker(pod.node).envoy is None
        ]
        self.idle = max(self.idle, len(idle))


@pytest.mark.parametrize("scenario", ["incident", "incident-dynamic", "incident-1.36"])
def test_incident_is_cured_without_darkness(tmp_path: Path, scenario: str) -> None:
    """All twelve links are up at the end; measured each second, no controller ever had more than one agent less than
    before, but for starts of the server that had them all (its own restart, and one with each change of the count);
    no kube-proxy was ever without a way."""

    async def test(stage: Stage) -> None:
        columns = Columns(stage)
        await carried_out(stage)
        assert columns.dark == []
        assert columns.restarting <= 45
        assert columns.idle == 0
        assert stage.fleet.counts() == [4, 4, 4]
        assert all("localhost" in pod.process.server for pod in stage.fleet.kube_proxies.all())

    on(scenario, enable_nllb.plan, tmp_path, test)


@pytest.mark.parametrize(
    ("scenario", "make"),
    [
        ("nllb-half", restart_workers.plan),
        ("ghosts", restart_agents.plan),
        ("count-trap", restart_agents.plan),
    ],
)
def test_what_was_left_half_is_made_whole(tmp_path: Path, scenario: str, make: Any) -> None:
    """Exposed agents get their balancers; ghosts and the server-count trap go with new agents."""

    async def test(stage: Stage) -> None:
        await carried_out(stage)
        assert stage.fleet.counts() == [4, 4, 4]

    on(scenario, make, tmp_path, test)


def _external(fleet: Fleet) -> None:
    for it in fleet.controllers[:1]:
        it.write(CONFIG, k0s_yaml(it.address, external="203.0.113.9"))
        it.restart()
    fleet.advance(fleet.now + 300)


def _learner(fleet: Fleet) -> None:
    fleet.etcd.members[2].learner = True


def _no_margin(fleet: Fleet) -> None:
    fleet.controllers[2].stop()
    fleet.advance(fleet.now + 300)


def _never_started(fleet: Fleet) -> None:
    fleet.etcd.members.append(Member(99, "", "10.10.10.99", joined=False))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_external, "N-02|external"),
        (_learner, "E-01|learner"),
        (_no_margin, "k0s-master-3"),
        (_never_started, "E-0"),
    ],
)
def test_plan_is_refused_and_nothing_is_touched(tmp_path: Path, spoil: Callable[[Fleet], None], words: str) -> None:
    """externalAddress, a learner, no margin, a fourth member that never started: no plan, with the reason."""

    async def test(stage: Stage) -> None:
        raise AssertionError(f"it was planned: {stage.plan.steps}")

    with pytest.raises(PlanRefused, match=words):
        on("incident", enable_nllb.plan, tmp_path, test, spoil)


async def stops(stage: Stage, step: str, words: str) -> None:
    """It pauses at this step and says why."""
    stage.first.begin(stage.plan)
    await stage.spend(LONG, lambda: not stage.first.is_running)
    operation = stage.first.operation
    assert operation.state is OperationState.PAUSED, (operation.state, operation.reason)
    assert words in operation.reason, operation.reason
    assert operation.step(step).state is not StepState.VERIFIED


def test_missing_image_stops_before_anything_is_touched(tmp_path: Path) -> None:
    """No registry gives it: the pull of the first worker fails, and no controller, agent or file was touched."""

    async def test(stage: Stage) -> None:
        await stops(stage, "pull-k0s-worker-1", "k0s-worker-1: the image cannot be pulled")
        assert stage.acts == []
        assert stage.api_acts == []

    on(
        "incident",
        enable_nllb.plan,
        tmp_path,
        test,
        lambda fleet: setattr(fleet, "missing_images", frozenset({fleet.release.envoy_image})),
    )


def test_worker_that_never_comes_back_stops_the_others(tmp_path: Path) -> None:
    """The first worker's k0s ends again and again: the others keep their agents and are not touched; when it is
    mended, its help and then going on end the operation."""

    async def test(stage: Stage) -> None:
        await stops(stage, "restart-k0s-worker-1", "restart-k0s-worker-1")
        assert [act.host for act in stage.acts if "worker" in act.host] == ["k0s-worker-1"]
        stage.fleet.worker("k0s-worker-1").comes_back = True
        for _ in range(3):
            if not stage.first.operation.state.is_over:
                stage.first.resume()
                await stage.spend(LONG, lambda: not stage.first.is_running)
        assert stage.first.operation.reason == "done", stage.first.operation.reason
        stage.judge.end(stage.first.operation)

    on(
        "incident",
        enable_nllb.plan,
        tmp_path,
        test,
        lambda fleet: setattr(fleet.worker("k0s-worker-1"), "comes_back", False),
    )


def test_switch_is_rolled_back_to_the_byte(tmp_path: Path) -> None:
    """After the first moved agent: every k0s.yaml has its old bytes, agents dial the old address, nothing is held."""

    async def test(stage: Stage) -> None:
        before = {it.name: it.files[CONFIG].content for it in stage.fleet.controllers}
        stage.first.begin(stage.plan)
        moved = "move-konnectivity-agent-k0s-worker-1"
        await stage.spend(LONG, lambda: stage.first.operation.step(moved).state is StepState.VERIFIED)
        stage.first.kill()
        await stage.spend(2)
        stage.first.roll_back()
        await stage.spend(LONG, lambda: not stage.first.is_running)
        assert stage.first.operation.reason == "rolled back", stage.first.operation.reason
        assert {it.name: it.files[CONFIG].content for it in stage.fleet.controllers} == before
        assert stage.fleet.agents.strategy == "RollingUpdate"
        assert stage.fleet.agents.template.target != "localhost"
        stage.judge.end(stage.first.operation)

    on("incident", enable_nllb.plan, tmp_path, test)


def reboot(stage: Stage, host: str) -> None:
    """Power off and on: another boot id; k0s starts by itself."""
    machine = stage.fleet.host(host)
    stage.harmed.add(host)
    machine.power_off()
    machine.power_on()


async def ends_done(stage: Stage) -> None:
    await stage.spend(LONG, lambda: not stage.first.is_running)
    stage.harmed.clear()
    assert stage.first.operation.reason == "done", stage.first.operation.reason
    stage.judge.end(stage.first.operation)


@pytest.mark.fault("F09")
def test_reboot_of_the_host_in_flight_is_its_restart(tmp_path: Path) -> None:
    """A controller is rebooted while it restarts with its new config: verified after the boot, nobody is asked."""

    async def test(stage: Stage) -> None:
        step = "restart-k0s-master-2"
        stage.first.begin(stage.plan)
        await stage.spend(LONG, lambda: stage.first.operation.step(step).state is StepState.RESTARTING)
        reboot(stage, "k0s-master-2")
        await ends_done(stage)
        assert [act.host for act in stage.acts].count("k0s-master-2") == 1

    on("incident", enable_nllb.plan, tmp_path, test)


@pytest.mark.fault("F08")
def test_reboot_before_the_request_arrives_means_another_restart(tmp_path: Path) -> None:
    """Rebooted between INTENT and the guard: its old config lies there, so gates are asked and it is restarted."""

    async def test(stage: Stage) -> None:
        stage.first.wire.before["k0s-master-2"] = lambda: reboot(stage, "k0s-master-2")
        stage.first.begin(stage.plan)
        await ends_done(stage)
        assert [(act.host, act.attempt) for act in stage.acts if act.host == "k0s-master-2"] == [("k0s-master-2", 2)]

    on("incident", enable_nllb.plan, tmp_path, test)


def test_reboot_of_another_host_waits_for_a_person(tmp_path: Path) -> None:
    """A controller whose turn is still to come is rebooted: the host in flight is finished, then it pauses; a resume by
    the typed name takes the new boot as known (R-08), and goes on to the end."""

    async def test(stage: Stage) -> None:
        step = "restart-k0s-master-3"
        stage.first.begin(stage.plan)
        await stage.spend(LONG, lambda: stage.first.operation.step(step).state is StepState.READY)
        reboot(stage, "k0s-master-1")
        await stage.spend(LONG, lambda: not stage.first.is_running)
        assert stage.first.operation.state is OperationState.PAUSED
        assert "k0s-master-1" in stage.first.operation.reason, stage.first.operation.reason
        await stage.spend(300)
        stage.first.resume()
        await ends_done(stage)

    on("healthy", restart_controllers.plan, tmp_path, test)
