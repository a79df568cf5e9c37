"""Every test of this folder needs the lab: marked `lab`, and skipped with the reason where none can run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import lab, place, prepare, repair_hosts
from tests.lab.fill import Knobs

INCIDENT = Knobs(flood=60)
"""A small flood: the tests share two cores with the cluster."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ours = [item for item in items if Path(__file__).parent in item.path.parents]
    reason = prepare.why_not() if ours else None
    places = [place for place, item in enumerate(items) if item in ours]
    for at, item in zip(places, sorted(ours, key=_turn), strict=True):
        items[at] = item
    for item in ours:
        item.add_marker(pytest.mark.lab)
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(600))
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))


def _turn(item: pytest.Item) -> int:
    """Tests of one cluster follow each other, since making it takes half a minute; repairs that change it come last."""
    fixtures = getattr(item, "fixturenames", ())
    if item.path.stem.startswith("test_repair") and "whole" not in fixtures:
        return 3
    return next((turn for turn, name in enumerate(("incident", "whole")) if name in fixtures), 2)


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
    lab.settle(INCIDENT)


@pytest.fixture(scope="module")
def whole(_lab_ends: None) -> None:
    """The cluster with node-local load balancing: every agent on every controller."""
    lab.settle(repair_hosts.WHOLE)


@pytest.fixture(scope="module")
def mesh(_lab_ends: None) -> None:
    """The same as a repair finds or leaves it: no lock, no record of an operation."""
    repair_hosts.bring_whole()
    repair_hosts.clear()
