"""Batches of workers: sizes, zones, and what no cluster may lose."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from k0stui.errors import PlanRefused
from k0stui.model.observed import require
from k0stui.model.operation import Operation, StepState
from k0stui.plans import restart_workers
from k0stui.plans.batches import ZONE, batches, most, sizes
from k0stui.plans.gates.gate import Result
from k0stui.plans.gates.w02_floor import floor
from tests.builders import Cluster, a_cluster
from tests.plans.situations import asked, running, situation


@given(st.integers(1, 300), st.integers(1, 10))
def test_every_worker_comes_once_and_the_first_alone(workers: int, at_once: int) -> None:
    """Sizes begin with a canary, double at most, never pass what was asked, and sum up."""
    found = sizes(workers, at_once)
    assert found[0] == 1
    assert sum(found) == workers
    assert max(found) <= at_once
    assert all(later <= 2 * before for before, later in pairwise(found))


@given(st.integers(2, 300))
def test_largest_batch_keeps_the_floor(workers: int) -> None:
    """Whatever the cluster's size, the largest batch that is allowed leaves the floor of Ready workers."""
    assert workers - most(workers) >= floor(workers)


def test_zones_are_spread() -> None:
    """Two of one zone are in a batch only where no other worker is left."""
    zones = dict.fromkeys("abcd", "z1") | dict.fromkeys("ef", "z2")
    assert batches("abcdef", zones, 2) == (("a",), ("b", "e"), ("c", "f"), ("d",))
    assert batches("abc", dict.fromkeys("abc", "z1"), 2) == (("a",), ("b", "c"))


def twenty() -> Cluster:
    """Twenty workers in two zones."""
    cluster = a_cluster(workers=20)
    nodes = require(cluster.any_api(lambda api: api.nodes))
    told = tuple(_in_zone(node, f"z{number % 2}") for number, node in enumerate(nodes))
    return cluster.apis_with(nodes=told).steady()


def _in_zone(node: object, zone: str) -> object:
    metadata = msgspec.structs.replace(node.metadata, labels={ZONE: zone})  # type: ignore[attr-defined]
    return msgspec.structs.replace(node, metadata=metadata)  # type: ignore[type-var]


def test_plan_names_its_batches() -> None:
    """Twenty workers, two at once: the first alone, then pairs of both zones."""
    plan = restart_workers.plan(twenty(), "nonce", batch=2)
    assert [step.batch for step in plan.steps[:5]] == ["", "batch 2", "batch 2", "batch 3", "batch 3"]
    assert "W-05" in plan.steps[0].gates


def test_more_than_a_tenth_is_refused() -> None:
    """With four workers one at a time; the sentence says how many would do."""
    with pytest.raises(PlanRefused, match="2 at once: with 4 workers it may be 1"):
        restart_workers.plan(a_cluster().steady(), "nonce", batch=2)


def _with_in_flight(operation: Operation, number: int) -> Operation:
    steps = tuple(
        replace(step, state=StepState.RESTARTING) if place == number else step
        for place, step in enumerate(operation.steps)
    )
    return replace(operation, steps=steps)


def test_mates_in_flight_count_as_away() -> None:
    """W-02 counts those of the batch that are restarting now, though their nodes still read Ready; W-05 their zones."""
    cluster = twenty()
    plan = restart_workers.plan(cluster, "nonce", batch=2)
    host, calm = plan.steps[1].host, running(plan)
    alone = situation(plan, cluster, host, operation=calm)
    assert "19 of 20 nodes stay Ready" in asked("W-02", alone).evidence
    mate = situation(plan, cluster, host, operation=_with_in_flight(calm, 2))
    assert "18 of 20 nodes stay Ready" in asked("W-02", mate).evidence
    assert asked("W-05", mate).result is Result.PASS
    same_zone = situation(plan, cluster, host, operation=_with_in_flight(calm, 3))
    assert asked("W-05", same_zone).result is Result.FAIL
