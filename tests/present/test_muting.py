"""A muted finding: how it is given, what is hidden with it, and that the verdict never calls the rest healthy."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from k0stui.errors import UsageError
from k0stui.present.cells import Tone
from k0stui.present.muting import Mute, read_mute, still
from tests.looks import demo_look

NOW = datetime(2025, 2, 4, 3, 14, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "length"),
    [("2h known", timedelta(hours=2)), (" 30m  a b ", timedelta(minutes=30)), ("7d x", timedelta(7))],
)
def test_reading(text: str, length: timedelta) -> None:
    """A time and a reason."""
    mute = read_mute("disk-low", text, NOW)
    assert (mute.rule, mute.until, bool(mute.reason.strip())) == ("disk-low", NOW + length, True)


@pytest.mark.parametrize("text", ["", "2h", "known", "0h known", "8d known", "2 weeks known"])
def test_refused(text: str) -> None:
    """Without a time, an end within a week or a reason nothing is muted."""
    with pytest.raises(UsageError):
        read_mute("disk-low", text, NOW)


def test_it_ends() -> None:
    """At its end it is told again."""
    mute = Mute("disk-low", NOW, "known")
    assert still((mute,), NOW - timedelta(seconds=1)) == (mute,)
    assert still((mute,), NOW) == ()


def test_what_is_left() -> None:
    """All muted is not "0 problems"; what follows from a muted finding is hidden with it, and counted."""
    look = demo_look("incident")
    muted = replace(look, mutes=tuple(Mute(one.rule, NOW + timedelta(1), "known") for one in look.diagnosis.causes))
    told = muted.told()
    assert muted.heard.findings == ()
    assert told.tone is Tone.INFO
    assert "1 muted, 3 more follow from it" in told.sentence
    assert "agents-single-target until" in told.line("muted")


def test_only_what_is_found_is_named() -> None:
    """A mute for something that is not there changes nothing."""
    look = demo_look("incident")
    assert replace(look, mutes=(Mute("disk-low", NOW + timedelta(1), "known"),)).told() == look.told()
