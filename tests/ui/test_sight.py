"""What is in sight follows from looks, commands and the operation: without any screen."""

from __future__ import annotations

from datetime import timedelta

from k0stui.present.cells import plain
from k0stui.present.muting import Mute
from k0stui.ui.sight import Sight
from tests.looks import demo_look
from tests.present.test_standing import later
from tests.ui.acting import a_running

INCIDENT, HEALTHY = demo_look("incident"), demo_look("healthy")


def test_a_frozen_look_stays_and_the_newest_follows_it() -> None:
    """While it is frozen looks are counted; then the newest one is shown, not those between."""
    sight = Sight()
    sight.arrive(INCIDENT)
    sight.freeze()
    for seconds in (5, 10):
        sight.arrive(later(HEALTHY, seconds))
    assert (sight.look, sight.frozen_at, sight.missed) == (INCIDENT, INCIDENT.now, 2)

    sight.freeze()
    assert sight.look is not None
    assert sight.look.now == HEALTHY.now + timedelta(seconds=10)
    assert (sight.frozen_at, sight.missed) == (None, 0)


def test_nothing_is_frozen_before_the_first_look() -> None:
    """`p` before any host has answered keeps nothing."""
    sight = Sight()
    sight.freeze()
    assert sight.frozen_at is None


def test_the_verdict_is_made_once_for_a_look() -> None:
    """Asked for with each frame, it is worked out again only for another look, finding or time zone."""
    sight = Sight()
    assert sight.told("UTC") is None
    sight.arrive(INCIDENT)
    told = sight.told("UTC")
    assert sight.told("UTC") is told
    assert sight.told("local") is not told


def test_muted_findings_are_told_again_when_their_time_is_over() -> None:
    """A mute hides its finding, from the first one on; the look after its end tells of it again."""
    sight = Sight()
    sight.arrive(INCIDENT)
    first = sight.told("UTC")
    assert first is not None
    sight.mute(Mute(first.rule, INCIDENT.now + timedelta(minutes=1), "known"))
    muted = sight.told("UTC")
    assert muted is not None
    assert muted.rule != first.rule
    sight.arrive(later(INCIDENT, 120))
    assert sight.mutes == ()


def test_exposed_stands_as_soon_as_its_operation_is_followed() -> None:
    """Not from the next look on: the mode says EXPOSED at once."""
    sight = Sight()
    sight.arrive(INCIDENT)
    sight.follow(a_running(exposed=True, exposed_since=INCIDENT.now))
    assert sight.stands is not None
    assert sight.stands.exposed is not None
    assert "EXPOSED" in plain((sight.mode,))


def test_while_an_operation_runs_the_verdict_names_it() -> None:
    """What is to be done is being done: the plan's words, or a remedy by hand, would be a second hand in it."""
    sight = Sight()
    sight.arrive(demo_look("incident"))
    alone = sight.told("UTC")
    sight.follow(a_running())
    during = sight.told("UTC")

    assert alone is not None
    assert during is not None
    assert "is under way" in during.line("next")
    assert (alone.plan, during.plan, during.sentence) == ("nllb", None, alone.sentence)
