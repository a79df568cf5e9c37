"""An operation whose executor died goes on, here or from another machine; or is closed, with what it leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from k0stui.commands import carrying
from k0stui.commands.acting import guard_of
from k0stui.commands.close import closed, leftovers, way_to_the_end
from k0stui.commands.resume import words_for
from k0stui.engine.adopt import found, journal_of, take
from k0stui.engine.journal import Journal, read
from k0stui.errors import UsageError
from k0stui.model.event import Kind
from k0stui.model.operation import Operation, OperationState, StepState, begin
from k0stui.model.transition import fold
from k0stui.present.operation import is_done, needs_person
from tests.commands.carried import Field, on
from tests.protocol.test_transition import a_plan

pytestmark = pytest.mark.timeout(300)

ONE = "restart-k0s-worker-3"


async def killed(at: Field, home: Path, moment: Callable[[Operation], bool]) -> Path:
    """Restart one worker; the executor is killed as soon as it is the moment."""
    directory = at.agree(await at.plan("restart-workers", ("k0s-worker-3",)), home)
    await at.carry_until(directory, moment)
    return directory


@pytest.mark.parametrize("state", [StepState.GATED, StepState.INTENT, StepState.ACCEPTED, StepState.READY])
def test_killed_anywhere_it_goes_on(tmp_path: Path, state: StepState) -> None:
    """The host is asked what became of the restart; it is done at most once, and the end is proven."""

    async def main(at: Field) -> None:
        before = at.fleet.pace.catch_up().worker("k0s-worker-3").unit.invocation
        directory = await killed(at, tmp_path, lambda it: it.step(ONE).state is state)
        operation = await carrying.carry_on(directory, at.watch, words_for(read(directory)[0]) or (), lambda _: None)
        assert is_done(operation), operation.reason
        jobs = [it for it in read(directory)[1] if it.payload.kind is Kind.ACCEPTED and it.payload.step == ONE]
        assert len(jobs) <= 1
        assert at.fleet.pace.catch_up().worker("k0s-worker-3").unit.invocation != before

    on("healthy", main)


def test_adopted_by_another_machine(tmp_path: Path) -> None:
    """From the records on the controllers alone; the former owner is fenced everywhere; then it goes on."""

    async def main(at: Field) -> None:
        directory = await killed(at, tmp_path / "a", lambda it: it.step(ONE).state is StepState.ACCEPTED)
        shells = at.watch.shells()
        plan, lines = await found(shells, directory.name)
        journal = journal_of(tmp_path / "b", directory.name, plan, lines)
        guards = {name: guard_of(shell, journal.operation) for name, shell in shells.items()}
        assert await take(journal, plan, guards, "ben@laptop:77", at.watch.clock) == ()
        journal.close()
        assert journal.operation.state is OperationState.PAUSED
        assert {
            host.files["/var/lib/k0stui/lock"].content
            for host in at.fleet.pace.fleet.hosts
            if "/var/lib/k0stui/lock" in host.files
        } == {f"2 {directory.name} ben@laptop:77\n".encode()}
        operation = await carrying.carry_on(journal.directory, at.watch, ("go on",), lambda _: None)
        assert is_done(operation), operation.reason
        former = await carrying.carry_on(directory, at.watch, (), lambda _: None)
        assert former.state is OperationState.HANDED_OVER or needs_person(former) or not is_done(former)

    on("healthy", main)


def test_closed_gives_the_lock_back(tmp_path: Path) -> None:
    """An operation that was killed before its act is ended: the lock is free on every host, its epoch stays."""

    async def main(at: Field) -> None:
        directory = await killed(at, tmp_path, lambda it: it.state is OperationState.LOCKED)
        journal = Journal.reopen(directory)
        plan = carrying.plan_in(directory)
        assert leftovers(journal.operation, plan) == ()
        assert await closed(at.watch, journal, plan, ()) == ()
        journal.close()
        assert journal.operation.state is OperationState.UNLOCKED
        locks = {file.content for host in at.fleet.pace.fleet.hosts if (file := host.files.get("/var/lib/k0stui/lock"))}
        assert locks == {b"1 - -\n"}

    on("healthy", main)


@pytest.mark.parametrize("state", [it for it in OperationState if not it.is_over])
def test_every_state_has_a_way_to_its_end(state: OperationState) -> None:
    """`close` leads from wherever it waits to an end that the transition table allows."""
    operation = replace(begin("op-1", a_plan()), state=state)
    end = fold(operation, way_to_the_end(operation, ("x is held",)))
    assert end.state.is_over


def test_words_for_each_situation() -> None:
    """Paused: go on; failed: only what a person chose; a step that has not failed cannot be done again."""
    waiting: Operation = replace(begin("op-1", a_plan()), state=OperationState.PAUSED)
    first = waiting.steps[0]
    failed = replace(waiting, steps=(replace(first, state=StepState.FAILED), *waiting.steps[1:]))
    assert words_for(waiting) == ("go on",)
    assert words_for(failed) is None
    assert words_for(failed, again=first.id) == (f"help={first.id}",)
    assert words_for(failed, roll_back=True) == ("roll back",)
    with pytest.raises(UsageError, match="has not failed"):
        words_for(waiting, again=first.id)
