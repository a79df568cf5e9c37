"""HELD and EXPOSED: what shows them, since when, and that nobody's silence ends them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from k0stui.model.observed import Unknown
from k0stui.present.cells import Tone, plain
from k0stui.present.look import Look, look_of
from k0stui.present.standing import NOTHING, banner_lines, standing
from tests.looks import demo_look


def later(look: Look, seconds: float) -> Look:
    return look_of(replace(look.snapshot, taken_at=look.now + timedelta(seconds=seconds)))


def silent(look: Look) -> Look:
    """The same hosts, while no API server answers."""
    unknown = Unknown("no answer", look.now)
    apis = tuple(replace(api, daemonsets=unknown, agent_pods=unknown) for api in look.snapshot.apis)
    return look_of(replace(look.snapshot, apis=apis))


def test_nothing_stands() -> None:
    """In the incident agents are where they were told to be: neither held nor exposed."""
    look = demo_look("incident")
    assert standing(look) == NOTHING
    assert banner_lines(NOTHING, look) == ()


def test_exposed() -> None:
    """Agents without a balancer stand there in reverse video, with the nodes and a clock from the first look."""
    first = demo_look("nllb-half")
    stands = standing(first)
    second = later(first, 95)
    (line,) = banner_lines(standing(second, stands), second)
    assert plain(line).startswith(" EXPOSED 1m35s+  no balancer for the agents of k0s-worker-")
    assert line[0].tone is Tone.BANNER


def test_silence_is_not_the_end() -> None:
    """When no API server answers it stands on, and says for how long it was not seen."""
    first = demo_look("nllb-half")
    quiet = silent(later(first, 40))
    stands = standing(quiet, standing(first))
    assert "(not seen for 40s)" in plain(banner_lines(stands, quiet)[0])
    assert standing(later(demo_look("healthy"), 80), stands) == NOTHING
