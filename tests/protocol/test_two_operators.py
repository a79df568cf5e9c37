"""Two operators never take quorum away, and each of the three rules is needed for that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from k0stui.model import rows, transition
from k0stui.model.event import Do, Effect, Event, Kind
from k0stui.model.operation import Operation, StepState
from k0stui.plans.gates.e05_quorum_without import VoterHealth
from tests.protocol import two_operators
from tests.protocol.two_operators import B, C, Rules, counterexample


def test_all_rules_together_keep_quorum() -> None:
    """In every interleaving of two operators on three controllers two of them stay up."""
    states, story = counterexample(3, Rules())

    assert story == ()
    assert states > 400


@pytest.mark.parametrize("rule", ["host_checks_epoch", "gate_sees_jobs", "unfenced_counts_as_down"])
def test_each_rule_is_needed(rule: str) -> None:
    """No epoch check at the host, pending jobs unseen, or an unfenced host taken for healthy: two go down."""
    _, story = counterexample(3, replace(Rules(), **{rule: False}))

    assert story, f"the checker is blind: without {rule} it found nothing"
    assert sum("stops" in word for word in story) == 2


def test_two_who_adopt_at_once_keep_quorum() -> None:
    """Each raised the hosts that the other did not, in one epoch: neither has enough to begin anything."""
    states, story = counterexample(3, Rules(), (B, C))

    assert story == ()
    assert states > 10_000


def test_the_owner_is_needed_where_two_adopt_at_once() -> None:
    """By its epoch alone each takes the other's hosts for its own, and two go down."""
    _, story = counterexample(3, Rules(gate_reads_owner=False), (B, C))

    assert sum("stops" in word for word in story) == 2


@pytest.mark.parametrize("part", ["healthy", "at_our_epoch", "no_job"])
def test_gate_part_taken_out_of_the_real_formula_is_found(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checker runs the real E-05: a part that disappears from it turns this red."""
    parts = [name for name in ("healthy", "answered", "at_our_epoch", "no_job") if name != part]
    weaker = property(lambda voter: bool(voter.name) and all(getattr(voter, name) for name in parts))
    monkeypatch.setattr(VoterHealth, "counts", weaker)

    assert counterexample(3, Rules())[1]


def test_one_at_a_time_taken_out_of_the_real_table_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checker runs the real table: without *one step at a time* a second host is begun too early."""

    def reckless(operation: Operation, event: Event) -> rows.Advance:
        state = {Kind.CHOSEN: StepState.PENDING, Kind.GATED: StepState.GATED, Kind.INTENT: StepState.INTENT}[event.kind]
        return rows.put(operation, event, state=state), (Effect(Do.APPLY, event.step),)

    for kind in (Kind.CHOSEN, Kind.GATED, Kind.INTENT):
        monkeypatch.setitem(transition.TABLE, kind, reckless)

    assert two_operators.counterexample(3, Rules())[1]
