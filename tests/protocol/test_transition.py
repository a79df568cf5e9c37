"""The transition table: whatever happens, in any order, the promises of an operation hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from k0stui.errors import JournalBroken
from k0stui.model.event import Do, Effect, Event, Kind
from k0stui.model.host import HostName, Role
from k0stui.model.operation import (
    HostInPlan,
    Operation,
    OperationState,
    Plan,
    PlannedStep,
    StepState,
    begin,
    confirmation,
    decode_plan,
)
from k0stui.model.rows import VIEWER_LOST, rests
from k0stui.model.transition import TABLE, advance, fold

AT = datetime(2026, 1, 1, tzinfo=UTC)
STEPS = ("c1", "c2", "c3")


def a_plan(cluster: str = "prod", hosts: tuple[str, ...] = STEPS, role: Role = Role.CONTROLLER) -> Plan:
    return Plan(
        "restart-controllers", cluster, "uid",
        tuple(HostInPlan(HostName(host), role) for host in hosts),
        tuple(PlannedStep(host, "restart", HostName(host), f"Restart {host}", "restart") for host in hosts),
        AT, "nonce",
    )  # fmt: skip


def driven(operation: Operation, *events: Event | Kind) -> Operation:
    return fold(operation, (event if isinstance(event, Event) else Event(event) for event in events))


def running() -> Operation:
    return driven(begin("op", a_plan()), Kind.APPROVED, Event(Kind.LOCKING, epoch=1), Kind.LOCKED)


def through(step: str, *last: Kind) -> tuple[Event, ...]:
    kinds = (Kind.CHOSEN, Kind.GATED, Kind.INTENT, *last)
    return tuple(Event(kind, step) for kind in kinds)


WHOLE = (Kind.ACCEPTED, Kind.RESTARTING, Kind.READY, Kind.VERIFIED)


def test_every_kind_has_a_row() -> None:
    """No event can arrive that the table does not know."""
    assert set(TABLE) == set(Kind)


def test_usual_way_ends_unlocked() -> None:
    """Approve, lock, three steps, proof, unlock."""
    events = [event for step in STEPS for event in through(step, *WHOLE)]
    done = driven(running(), *events, Kind.NOTHING_LEFT, Kind.PROVEN, Kind.UNLOCKED)

    assert (done.state, done.reason, done.leftovers) == (OperationState.UNLOCKED, "done", ())
    left = Event(Kind.UNLOCKED, why="the lock is left on c3")
    unfreed = driven(running(), *events, Kind.NOTHING_LEFT, Kind.PROVEN, left)
    assert unfreed.leftovers == ("the lock is left on c3",)
    assert [step.attempt for step in done.steps] == [1, 1, 1]


def test_only_intent_leads_to_an_act() -> None:
    """`APPLY` follows the event INTENT and no other, so a synced intent comes before every act (I4)."""
    gated = driven(running(), Event(Kind.CHOSEN, "c1"), Event(Kind.GATED, "c1"))

    assert advance(gated, Event(Kind.INTENT, "c1"))[1] == (Effect(Do.APPLY, "c1"),)


@pytest.mark.parametrize("last", [(), WHOLE[:1], WHOLE[:2], WHOLE[:3]])
def test_nothing_begins_while_a_step_is_in_flight(last: tuple[Kind, ...]) -> None:
    """A second host cannot be chosen, gated or restarted before the first is verified (I1)."""
    flying = driven(running(), *through("c1", *last))
    for kind in (Kind.CHOSEN, Kind.GATED, Kind.INTENT):
        with pytest.raises(JournalBroken, match="cannot happen now"):
            advance(flying, Event(kind, "c2"))


def test_failed_step_stops_everything_but_help_and_rollback() -> None:
    """Past a failed controller there is no way on: neither another step nor *go on*, nor the end."""
    failed = driven(running(), *through("c1", Kind.ACCEPTED), Event(Kind.FAILED, "c1", why="180 s"))

    assert failed.state is OperationState.PAUSED
    for event in (Event(Kind.CHOSEN, "c2"), Event(Kind.GO_ON), Event(Kind.NOTHING_LEFT)):
        with pytest.raises(JournalBroken):
            advance(failed, event)
    helped, effects = advance(failed, Event(Kind.HELP, "c1"))
    assert effects == (Effect(Do.GATE, "c1"),)
    assert helped.step("c1").helping
    again = driven(helped, *through("c1", *WHOLE)[1:])
    assert (again.state, again.reason, again.step("c1").attempt) == (OperationState.PAUSED, "helped", 2)


def test_what_was_begun_is_verified_before_it_counts() -> None:
    """A failed step that is found done is not verified by that: what it waits for is asked again."""
    failed = driven(running(), *through("c1", Kind.ACCEPTED), Event(Kind.FAILED, "c1", why="180 s"))
    found, effects = advance(driven(failed, Event(Kind.HELP, "c1")), Event(Kind.NOT_NEEDED, "c1", "it is so already"))

    assert (found.step("c1").state, effects) == (StepState.READY, (Effect(Do.VERIFY, "c1"),))
    again = driven(found, Event(Kind.FAILED, "c1", why="180 s"))
    assert (again.state, again.failed) == (OperationState.PAUSED, (again.step("c1"),))
    never_begun = driven(running(), Event(Kind.CHOSEN, "c1"), Event(Kind.NOT_NEEDED, "c1"))
    assert never_begun.step("c1").state is StepState.VERIFIED


def test_refusal_by_the_guard_pauses_and_counts_the_attempt() -> None:
    """A certain *no* leaves the step to be begun, with the next number."""
    refused = driven(running(), *through("c1"), Event(Kind.REFUSED, "c1", why="no-quorum-without-us"))

    assert (refused.state, refused.reason) == (OperationState.PAUSED, "no-quorum-without-us")
    assert refused.step("c1").state is StepState.PENDING
    again = driven(refused, Kind.GO_ON, *through("c1"))
    assert again.step("c1").attempt == 2


@pytest.mark.fault("F06")
def test_unknown_outcome_only_looks() -> None:
    """After a lost connection the only effect is to look at the host; the step stays where it was (F06)."""
    flying = driven(running(), *through("c1"))
    after, effects = advance(flying, Event(Kind.UNKNOWN, "c1", why="no answer"))

    assert effects == (Effect(Do.OBSERVE, "c1"),)
    assert after.step("c1").state is StepState.INTENT


@pytest.mark.parametrize("last", [(), WHOLE[:1], WHOLE[:2], WHOLE[:3]])
def test_resume_asks_the_host_of_an_intent(last: tuple[Kind, ...]) -> None:
    """After a crash an intent without result is observed; nothing is applied and nothing else begun."""
    _, effects = advance(driven(running(), *through("c1", *last)), Event(Kind.RESUMED))

    assert effects == (Effect(Do.VERIFY if Kind.READY in last else Do.OBSERVE, "c1"),)


def test_resume_gates_anew() -> None:
    """What was gated before a crash rests on old evidence."""
    gated = driven(running(), Event(Kind.CHOSEN, "c1"), Event(Kind.GATED, "c1"))
    resumed, effects = advance(gated, Event(Kind.RESUMED))

    assert resumed.step("c1").state is StepState.PENDING
    assert effects == (Effect(Do.CHOOSE),)


def test_pause_waits_for_the_host_in_flight() -> None:
    """Nothing is left half-way: the pause begins when the host is verified."""
    asked = driven(running(), *through("c1", Kind.ACCEPTED), Event(Kind.PAUSE, why="asked"))
    assert asked.state is OperationState.RUNNING

    rested = driven(asked, Event(Kind.READY, "c1"), Event(Kind.VERIFIED, "c1"))
    assert (rested.state, rested.reason) == (OperationState.PAUSED, "asked")


def test_lost_viewer_does_not_stop_the_workers_while_exposed() -> None:
    """Exposed, it goes on until the exposure is over, and pauses then (decision 15)."""
    lost = driven(running(), Event(Kind.EXPOSED, at=AT), *through("c1"), Event(Kind.PAUSE, why=VIEWER_LOST))
    on = driven(lost, Event(Kind.READY, "c1"), Event(Kind.VERIFIED, "c1"))
    assert on.state is OperationState.RUNNING
    assert not rests(on)

    covered = driven(on, Kind.COVERED, Kind.PAUSED)
    assert (covered.state, covered.reason) == (OperationState.PAUSED, VIEWER_LOST)


@pytest.mark.parametrize("flag", [Event(Kind.HELD, facts=(("konnectivity-agent", "{}"),)), Event(Kind.EXPOSED, at=AT)])
def test_never_done_while_held_or_exposed(flag: Event) -> None:
    """DONE with a leftover cannot be written down (I7)."""
    events = [event for step in STEPS for event in through(step, *WHOLE)]
    proving = driven(running(), flag, *events, Kind.NOTHING_LEFT)

    with pytest.raises(JournalBroken):
        advance(proving, Event(Kind.PROVEN))


def test_lost_hold_is_exposure() -> None:
    """A hold that k0s took back is no longer held, and exposed rules apply."""
    held = driven(running(), Event(Kind.HELD, facts=(("konnectivity-agent", "{}"),)))
    lost = driven(held, Event(Kind.HOLD_LOST, facts=(("konnectivity-agent", ""),), at=AT))

    assert (lost.held, lost.exposed, lost.exposed_since) == ((), True, AT)


def test_what_is_in_flight_is_looked_at_whatever_stopped_it() -> None:
    """A bug, or a host that was away: a resume asks what became of the step, and waits then. Nothing is begun."""
    stopped = driven(running(), *through("c1", Kind.ACCEPTED), Event(Kind.NEEDS_HUMAN, "c1", "a bug"))
    taken, effects = advance(stopped, Event(Kind.RESUMED))
    assert (taken.state, effects) == (OperationState.PAUSED, (Effect(Do.OBSERVE, "c1"),))

    seen = driven(taken, *(Event(kind, "c1") for kind in WHOLE[1:]))
    assert (seen.state, seen.step("c1").state) == (OperationState.PAUSED, StepState.VERIFIED)
    idle = driven(running(), Event(Kind.NEEDS_HUMAN, why="a bug"))
    assert driven(idle, Kind.RESUMED).state is OperationState.NEEDS_HUMAN


def test_roll_back_takes_begun_steps_only() -> None:
    """What was never begun stays as it is; what was verified may be begun again, backwards, and only so (I15)."""
    half = driven(running(), *through("c1", *WHOLE), Event(Kind.PAUSE), *through("c2", *WHOLE))
    back = driven(half, Kind.ROLL_BACK)
    assert [step.id for step in back.open_steps] == ["c1", "c2"]
    with pytest.raises(JournalBroken):
        advance(back, Event(Kind.CHOSEN, "c3"))

    failed = driven(running(), *through("c1", Kind.ACCEPTED), Event(Kind.FAILED, "c1"), Event(Kind.ROLL_BACK))
    assert (failed.step("c1").state, failed.step("c1").helping) == (StepState.PENDING, True)

    events = [event for step in ("c2", "c1") for event in through(step, *WHOLE)]
    end = driven(back, *events, Kind.NOTHING_LEFT, Kind.UNLOCKED)
    assert (end.state, end.reason) == (OperationState.UNLOCKED, "rolled back")


def test_adoption_fences_and_waits() -> None:
    """A higher epoch takes over, asks about what is in flight, and goes on only when told; an equal one cannot."""
    flying = driven(running(), *through("c1", Kind.ACCEPTED))
    with pytest.raises(JournalBroken):
        advance(flying, Event(Kind.ADOPTED, epoch=1))
    taken, effects = advance(flying, Event(Kind.ADOPTED, epoch=2))
    assert (taken.state, taken.epoch, effects) == (OperationState.PAUSED, 2, (Effect(Do.OBSERVE, "c1"),))

    seen = driven(taken, Event(Kind.READY, "c1"), Event(Kind.VERIFIED, "c1"))
    assert seen.state is OperationState.PAUSED


def test_plan_hash_covers_every_byte() -> None:
    """An edited plan does not decode, and any change changes the hash."""
    plan = a_plan()

    assert decode_plan(plan.canonical()) == plan
    assert a_plan("other").sha256 != plan.sha256
    with pytest.raises(JournalBroken):
        decode_plan(plan.canonical().replace(b'"cluster":"prod"', b'"cluster": "prod"'))
    with pytest.raises(JournalBroken):
        decode_plan(b"{}")


def test_what_must_be_typed() -> None:
    """The cluster's name; for one single worker its host name; a shared name alone proves nothing."""
    assert confirmation(a_plan(), "c1") == "prod"
    assert confirmation(a_plan("k0s-cluster"), "c1") == "k0s-cluster/c1"
    assert confirmation(a_plan(hosts=("w1",), role=Role.WORKER), "c1") == "w1"
    assert confirmation(a_plan(hosts=("c1",)), "c1") == "prod"


class AnyOrder(RuleBasedStateMachine):
    """Events in any order, legal or not: the illegal ones are refused, the promises hold after each."""

    def __init__(self) -> None:
        super().__init__()
        self.operation = begin("op", a_plan())
        self.acts: list[tuple[str, int]] = []
        self.over = False

    @rule(kind=st.sampled_from(Kind), step=st.sampled_from(STEPS), epoch=st.integers(1, 4))
    def happen(self, kind: Kind, step: str, epoch: int) -> None:
        before = self.operation
        facts = (("konnectivity-agent", "{}"),) if kind in (Kind.HELD, Kind.RELEASED, Kind.HOLD_LOST) else ()
        try:
            self.operation, effects = advance(before, Event(kind, step, "why", epoch, facts, AT))
        except JournalBroken:
            return
        for effect in effects:
            if effect.do is Do.APPLY:
                assert kind is Kind.INTENT
                self.acts.append((effect.step, self.operation.step(effect.step).attempt))
        was, now = before.step(step).state, self.operation.step(step).state
        if was is StepState.VERIFIED and now is not StepState.VERIFIED:
            assert kind is Kind.ROLL_BACK

    @precondition(lambda self: not self.operation.state.is_over)
    @rule(step=st.sampled_from(STEPS))
    def forward(self, step: str) -> None:
        """Bias towards long lives: what an executor would do next."""
        for kind in (
            Kind.APPROVED,
            Kind.LOCKING,
            Kind.LOCKED,
            Kind.GO_ON,
            Kind.CHOSEN,
            Kind.GATED,
            Kind.INTENT,
            *WHOLE,
        ):
            self.happen(kind, step, 1)

    @invariant()
    def one_in_flight(self) -> None:
        assert len(self.operation.in_flight) <= 1

    @invariant()
    def no_attempt_twice(self) -> None:
        assert len(self.acts) == len(set(self.acts))

    @invariant()
    def over_is_over(self) -> None:
        assert self.operation.state is OperationState.UNLOCKED or not self.over
        self.over = self.operation.state is OperationState.UNLOCKED

    @invariant()
    def done_is_clean(self) -> None:
        if self.operation.state is OperationState.DONE:
            assert not self.operation.held
            assert not self.operation.exposed


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)


def a_batch() -> Operation:
    """Three workers of one batch, running."""
    plan = a_plan(role=Role.WORKER)
    plan = replace(plan, steps=tuple(replace(step, batch="batch 2") for step in plan.steps))
    return driven(begin("op", plan), Kind.APPROVED, Event(Kind.LOCKING, epoch=1), Kind.LOCKED)


def test_batch_is_begun_together() -> None:
    """The next of a batch is gated when the one before was accepted; blocked there, the others are still finished."""
    first, effects = advance(driven(a_batch(), *through("c1")), Event(Kind.ACCEPTED, "c1"))
    assert effects == (Effect(Do.GATE, "c2"), Effect(Do.OBSERVE, "c1"))
    begun = driven(first, Event(Kind.GATED, "c2"), Event(Kind.INTENT, "c2"))
    second, effects = advance(begun, Event(Kind.ACCEPTED, "c2"))
    assert effects == (Effect(Do.GATE, "c3"), Effect(Do.OBSERVE, "c2"))
    both = driven(second, Event(Kind.BLOCKED, "c3", "W-02"))
    assert (both.state, both.reason) == (OperationState.PAUSED, "W-02")
    one = driven(both, Event(Kind.READY, "c1"), Event(Kind.VERIFIED, "c1"))
    assert [step.id for step in one.in_flight] == ["c2"]
    assert advance(driven(one, Event(Kind.READY, "c2")), Event(Kind.VERIFIED, "c2"))[1] == (Effect(Do.WAIT),)


def test_batch_goes_on_when_its_last_is_verified() -> None:
    """Verified with another in flight: nothing follows; the last one: choose."""
    whole = driven(a_batch(), Event(Kind.CHOSEN, "c1"))
    for step in STEPS:
        whole = driven(whole, Event(Kind.GATED, step), Event(Kind.INTENT, step), Event(Kind.ACCEPTED, step))
    for step in STEPS[:2]:
        whole, effects = advance(driven(whole, Event(Kind.READY, step)), Event(Kind.VERIFIED, step))
        assert effects == ()
    assert advance(driven(whole, Event(Kind.READY, "c3")), Event(Kind.VERIFIED, "c3"))[1] == (Effect(Do.CHOOSE),)


def test_only_mates_may_be_in_flight_together() -> None:
    """Another batch, or a step without one, waits until nothing is in flight."""
    flying = driven(a_batch(), *through("c1", Kind.ACCEPTED))
    for other in ("batch 3", ""):
        steps = tuple(replace(step, batch=other) if step.id == "c2" else step for step in flying.steps)
        with pytest.raises(JournalBroken):
            driven(replace(flying, steps=steps), Event(Kind.GATED, "c2"))
