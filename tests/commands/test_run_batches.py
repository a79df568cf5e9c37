"""Workers restarted two at a time, on a simulated cluster of twenty: who is away at once, and what a failure stops."""

from __future__ import annotations

from pathlib import Path

import pytest

from k0stui.demo.build import build
from k0stui.demo.fleet import Fleet
from k0stui.demo.release import V1_32_1
from k0stui.model.operation import Operation, StepState
from k0stui.present.operation import is_done
from tests.commands.carried import carried

pytestmark = pytest.mark.timeout(600)

FIVE = tuple(f"k0s-worker-{number}" for number in range(1, 6))


def twenty() -> Fleet:
    """As many workers as a batch of two needs."""
    return build(V1_32_1, workers=20, nllb=True)


def test_two_at_a_time(tmp_path: Path) -> None:
    """The first alone, then by twos, and three are never away at once; each is restarted once, and all is proven."""
    flying: set[frozenset[str]] = set()

    def note(fleet: Fleet, operation: Operation) -> None:
        flying.add(frozenset(str(step.host) for step in operation.in_flight))

    ran = carried(twenty, tmp_path, "restart-workers", only=FIVE, batch=2, meanwhile=note)
    assert is_done(ran.operation), ran.operation.reason
    assert {names for names in flying if len(names) > 1} == {frozenset(FIVE[1:3]), frozenset(FIVE[3:])}
    assert ran.begun == list(FIVE)
    assert ran.restarted == set(FIVE)


def test_one_of_two_fails(tmp_path: Path) -> None:
    """The other one of its batch is seen through, and no further worker is begun."""

    def lame(fleet: Fleet) -> None:
        fleet.worker(FIVE[2]).comes_back = False

    ran = carried(twenty, tmp_path, "restart-workers", only=FIVE, batch=2, prepare=lame)
    assert ran.begun == list(FIVE[:3])
    assert [state for state in ran.states("restart-worker").values() if state is not StepState.PENDING] == [
        StepState.VERIFIED,
        StepState.VERIFIED,
        StepState.FAILED,
    ]
