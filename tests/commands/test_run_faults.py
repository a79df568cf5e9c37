"""Rows of the fault matrix that need no real host: what happens while an operation runs, on a simulated fleet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from k0stui.commands import carrying
from k0stui.demo.etcd import Member
from k0stui.demo.fleet import Fleet
from k0stui.demo.host import CONFIG
from k0stui.engine.course import Progress
from k0stui.engine.journal import read
from k0stui.errors import Unreachable
from k0stui.model.event import Kind
from k0stui.model.operation import Operation, OperationState, StepState
from k0stui.ports import Command, Reply, Shell
from k0stui.present.operation import is_done
from k0stui.present.operation_screen import stop_choices
from tests.commands.carried import Disguised, Field, carried, on

pytestmark = pytest.mark.timeout(600)

BOTH = ("k0s-worker-2", "k0s-worker-3")


# -- the way there ---------------------------------------------------------------------------------------------------


@dataclass
class Link:
    """A bad one, once it is: half a second for each answer, and three of ten do not come."""

    dice: Random
    is_bad: bool = False

    async def carry(self, shell: Shell, command: Command) -> Reply:
        """What is lost was not heard, or it was done and the answer got lost."""
        if not self.is_bad:
            return await shell.run(command)
        await asyncio.sleep(0.5)
        self._lose(shell)
        reply = await shell.run(command)
        self._lose(shell)
        return reply

    def _lose(self, shell: Shell) -> None:
        if self.dice.random() < 0.15:
            raise Unreachable(f"{shell.host}: connection lost")


@pytest.mark.fault("F07")
@pytest.mark.parametrize("seed", range(4))
def test_over_a_bad_link_nothing_is_verified_that_is_not_so(tmp_path: Path, seed: int) -> None:
    """It completes, or waits for somebody; what is called verified was restarted, and no host was restarted twice."""
    link = Link(Random(seed))
    lives: dict[str, set[str]] = {name: set() for name in BOTH}

    def spoil(fleet: Fleet) -> None:
        link.is_bad = True
        note(fleet)

    def note(fleet: Fleet, _: Operation | None = None) -> None:
        for name, seen in lives.items():
            seen.add(fleet.worker(name).unit.invocation)

    ran = carried(
        "healthy", tmp_path, "restart-workers", only=BOTH, before=spoil, meanwhile=note,
        disguise=lambda inner: Disguised(inner, link.carry),
    )  # fmt: skip
    operation = ran.operation
    assert is_done(operation) or operation.state in (OperationState.PAUSED, OperationState.UNLOCKED), operation.reason
    for name, seen in lives.items():
        assert len(seen) <= 2
        if operation.step(f"restart-{name}").state is StepState.VERIFIED:
            assert len(seen) == 2


# -- the host in flight ----------------------------------------------------------------------------------------------


@pytest.mark.fault("F10")
def test_a_controller_that_loses_its_power_for_good(tmp_path: Path) -> None:
    """Failed after its time; no other host is begun, so never two controllers are down."""

    def cut(fleet: Fleet, operation: Operation) -> None:
        host = fleet.controller("k0s-master-2")
        if operation.step("restart-k0s-master-2").state is StepState.RESTARTING and host.powered:
            host.power_off()

    ran = carried("incident", tmp_path, meanwhile=cut)
    assert ran.operation.state is OperationState.PAUSED
    assert ran.operation.step("restart-k0s-master-2").state is StepState.FAILED
    assert not ran.restarted - {"k0s-master-2"}
    assert ran.begun == ["k0s-master-2"]


@pytest.mark.fault("F32")
def test_a_unit_that_flaps_is_never_verified(tmp_path: Path) -> None:
    """A worker whose k0s dies every eight seconds does come up each time; it is failed, and the next is not begun."""
    began: list[float] = []

    def flap(fleet: Fleet, operation: Operation) -> None:
        if not operation.step("restart-k0s-worker-1").state.is_in_flight:
            return
        began[:] = began or [fleet.now]
        if fleet.now - began[0] >= 8:
            began[0] = fleet.now
            fleet.worker("k0s-worker-1").stop()
            fleet.worker("k0s-worker-1").start()

    ran = carried("healthy", tmp_path, "restart-workers", meanwhile=flap)
    assert ran.operation.step("restart-k0s-worker-1").state is StepState.FAILED
    assert not [it for it in ran.records if it.payload.kind is Kind.VERIFIED and it.payload.step.startswith("restart")]
    assert ran.begun == ["k0s-worker-1"]


@pytest.mark.fault("F63")
def test_the_first_worker_fails(tmp_path: Path) -> None:
    """It stops there: no other worker, no agent; to take all back is among what is offered."""

    def lame(fleet: Fleet) -> None:
        fleet.worker("k0s-worker-1").comes_back = False

    ran = carried("incident", tmp_path, prepare=lame)
    assert ran.operation.step("restart-k0s-worker-1").state is StepState.FAILED
    assert not ran.restarted & {"k0s-worker-2", "k0s-worker-3", "k0s-worker-4"}
    assert set(ran.states("move-agent").values()) == {StepState.PENDING}
    assert {"roll back", "help=restart-k0s-worker-1"} <= {row.key for row in stop_choices(ran.operation)}


# -- other hands -----------------------------------------------------------------------------------------------------


@pytest.mark.fault("F65")
def test_a_node_that_was_cordoned_stays_so(tmp_path: Path) -> None:
    """We did not cordon it, so we do not uncordon it (I10)."""

    def cordon(fleet: Fleet) -> None:
        fleet.worker("k0s-worker-2").unschedulable = True

    ran = carried("healthy", tmp_path, "restart-workers", only=BOTH, prepare=cordon)
    assert is_done(ran.operation), ran.operation.reason
    assert [worker.unschedulable for worker in ran.fleet.workers] == [False, True, False, False]


@pytest.mark.fault("F80")
def test_a_controller_that_joins_on_the_way_stops_it(tmp_path: Path) -> None:
    """The plan is of three controllers: with a fourth in etcd none of the others is restarted."""

    def join(fleet: Fleet, operation: Operation) -> None:
        if operation.step("restart-k0s-master-2").state is StepState.READY and len(fleet.etcd.members) == 3:
            fleet.etcd.members.append(Member(99, "k0s-master-4", "10.10.10.44", up=True, learner=False))

    ran = carried("healthy", tmp_path, "restart-controllers", meanwhile=join)
    assert ran.operation.state is OperationState.PAUSED
    assert "etcd" in ran.operation.reason or "E-0" in ran.operation.reason
    assert ran.begun == ["k0s-master-2"]


@pytest.mark.fault("F28")
def test_a_config_that_is_edited_is_not_taken_back_over_it(tmp_path: Path) -> None:
    """After one controller it stops; somebody edits k0s.yaml there; taking all back leaves that file as it is."""
    edit = b"# somebody was here\n"

    async def main(at: Field) -> tuple[Path, bytes]:
        directory = await stopped(at, tmp_path, lambda it: it.step("restart-k0s-master-2").state is StepState.VERIFIED)
        host = at.fleet.pace.catch_up().controller("k0s-master-2")
        ours = host.files[CONFIG].content
        host.write(CONFIG, ours + edit)
        await carrying.carry_on(directory, at.watch, ("roll back",), lambda _: None)
        return directory, at.fleet.pace.catch_up().controller("k0s-master-2").files[CONFIG].content

    directory, content = on("incident", main)  # type: ignore[misc]
    assert content.endswith(edit)
    assert b"nodeLocalLoadBalancing" in content
    assert not is_done(read(directory)[0])


@pytest.mark.fault("F62")
def test_killed_while_exposed_it_resumes_exposed_and_goes_forward(tmp_path: Path) -> None:
    """Somebody takes the hold away and the executor dies: the next one knows it is exposed, and ends it."""

    async def main(at: Field) -> tuple[bool, Operation]:
        def release(fleet: Fleet, operation: Operation) -> None:
            if operation.step("restart-k0s-worker-1").state is StepState.RESTARTING and not operation.exposed:
                fleet.agents.set_strategy("RollingUpdate", {"maxUnavailable": 1})

        directory = at.agree(await at.plan(), tmp_path)
        await at.carry_until(directory, lambda it: it.exposed, release)
        was_exposed = read(directory)[0].exposed
        operation = await carrying.carry_on(directory, at.watch, ("go on",), lambda _: None)
        return was_exposed, operation

    was_exposed, operation = on("incident", main)  # type: ignore[misc]
    assert was_exposed
    assert is_done(operation), operation.reason
    assert not operation.exposed


async def stopped(at: Field, home: Path, moment: Callable[[Operation], bool]) -> Path:
    """Begin to enable NLLB; at that moment a person says to stop after this host."""
    executors: list[object] = []

    def hear(progress: Progress) -> None:
        if moment(progress.operation) and not progress.operation.pausing:
            executors[0].tell("stop after this host")  # type: ignore[attr-defined]

    directory = at.agree(await at.plan(), home)
    await carrying.carry_on(directory, at.watch, (), hear, executors.append)
    return directory
