"""Settings are taken one by one: what is wrong is named with its line and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k0stui.settings import Settings, folder, read

FULL = """\
theme = "cvd-dark"
pace = 2
time_zone = "Europe/Vienna"
inventory = "~/k0sctl.yaml"
ascii = true
mouse = true
low_bandwidth = false

[keys]
"screen.logs" = "5,l"
act.menu = "a"
"""


def test_everything_can_be_set() -> None:
    """A file that sets everything is taken whole, dotted key names with and without quotes."""
    got = read(FULL)
    assert got.complaints == ()
    assert dict(got.settings.keys) == {"screen.logs": "5,l", "act.menu": "a"}
    assert (got.settings.theme, got.settings.pace, got.settings.time_zone) == ("cvd-dark", 2.0, "Europe/Vienna")
    assert (got.settings.ascii, got.settings.mouse, got.settings.low_bandwidth) == (True, True, False)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("\nthem = 'x'", "c line 2: 'them' is no setting; there are ascii, inventory, keys"),
        ("pace = 5\nmouse = 'on'", "c line 2: mouse must be true or false, not 'on'"),
        ("pace = 0", "c line 1: pace must be a number of seconds from 1 to 300, not 0"),
        ("pace = true", "c line 1: pace must be a number of seconds from 1 to 300, not true"),
        ("time_zone = 'Mars/Base'", "c line 1: time_zone 'Mars/Base' is no time zone"),
        ("time_zone = '../../etc/passwd'", "c line 1: time_zone '../../etc/passwd' is no time zone"),
        ("theme = 5", "c line 1: theme must be a string, not 5"),
        ("[keys]\nx = 5", 'c line 2: keys.x must be a key, as in "f5", not 5'),
        ("keys = 5", "c line 1: keys must be a table ([keys]), not 5"),
        ("# a\n[colours]\nred = 1", "c line 2: 'colours' is no setting"),
    ],
)
def test_wrong_entries(text: str, complaint: str) -> None:
    """Each wrong entry is one sentence with its line, and the default stays."""
    got = read(text, "c")
    assert len(got.complaints) == 1
    assert got.complaints[0].startswith(complaint)
    assert (got.settings.theme, got.settings.mouse, dict(got.settings.keys)) == ("", False, {})


def test_the_rest_is_taken() -> None:
    """One wrong entry does not take the others down."""
    got = read("theme = 'mono'\nmouse = 3\npace = 9\n[keys]\na = 1\nb = 'x'")
    assert (got.settings.theme, got.settings.pace, dict(got.settings.keys)) == ("mono", 9.0, {"b": "x"})
    assert len(got.complaints) == 2


def test_no_toml() -> None:
    """A file that is no TOML changes nothing and says at which line it stops."""
    got = read("theme = 'x'\npace ==")
    assert got.settings == Settings()
    assert "line 2" in got.complaints[0]


@given(st.text())
def test_any_text(text: str) -> None:
    """Whatever the file holds, there are settings."""
    assert isinstance(read(text).settings, Settings)


def test_folder() -> None:
    """The folder follows XDG_CONFIG_HOME, else the home folder."""
    assert folder({"XDG_CONFIG_HOME": "/c", "HOME": "/h"}) == Path("/c/k0stui")
    assert folder({"HOME": "/h"}) == Path("/h/.config/k0stui")
