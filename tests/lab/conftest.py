"""Every test of this folder needs the lab: marked `lab`, and skipped with the reason where none can run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import lab, place, prepare
from tests.lab.fill import Knobs

INCIDENT = Knobs(flood=60)
"""A small flood: the tests share two cores with the cluster."""
WHOLE = Knobs(flood=60, nllb=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ours = [item for item in items if Path(__file__).parent in item.path.parents]
    reason = prepare.why_not() if ours else None
    for item in ours:
        item.add_marker(pytest.mark.lab)
        item.add_marker(pytest.mark.timeout(600))
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def _lab_ends() -> Iterator[None]:
    """A lab that the tests brought up goes with them; one that ran before is left running, if it still fits."""
    ran_before = place.LAB.exists()
    yield
    if not ran_before:
        lab.down()


@pytest.fixture(scope="module")
def incident(_lab_ends: None) -> None:
    """The cluster of the incident: all agents on k0s-master-1."""
    lab.up(INCIDENT)
    lab.wait_settled(INCIDENT)


@pytest.fixture(scope="module")
def whole(_lab_ends: None) -> None:
    """The cluster with node-local load balancing: every agent on every controller."""
    lab.up(WHOLE)
    lab.wait_settled(WHOLE)
