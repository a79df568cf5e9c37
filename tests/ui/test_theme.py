"""Every theme can be read, on its own background, without seeing its colours."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from textual.color import Color

from k0stui.errors import UsageError
from k0stui.present.cells import SIGNS, Tone
from k0stui.ui.theme import MONO, Look, Palette, choose, dark_by_environment, load, read, theme_names, wants_ascii

XTERM = dict(
    zip(
        ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"),
        ("#000000", "#cd0000", "#00cd00", "#cdcd00", "#0000ee", "#cd00cd", "#00cdcd", "#e5e5e5"),
        strict=True,
    )
) | dict(
    zip(
        (
            "bright_black",
            "bright_red",
            "bright_green",
            "bright_yellow",
            "bright_blue",
            "bright_magenta",
            "bright_cyan",
            "bright_white",
        ),
        ("#7f7f7f", "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff"),
        strict=True,
    )
)
"""xterm's default 16 colours (XTerm-col.ad)."""

DIM = 2 / 3
"""What `dim` leaves of a colour in VTE and xterm."""

SHIPPED = ("ansi-dark", "ansi-light", "cvd-dark", "cvd-light", "high-contrast", "mono")


def rgb(palette: Palette, color: str, *, front: bool) -> tuple[float, float, float]:
    if color == "ansi_default":
        color = ("#e5e5e5" if front else "#000000") if palette.dark else ("#000000" if front else "#ffffff")
    elif color.startswith("ansi_"):
        color = XTERM[color.removeprefix("ansi_")]
    return tuple(part / 255 for part in Color.parse(color).rgb)  # type: ignore[return-value]


def luminance(color: tuple[float, float, float]) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(palette: Palette, look: Look) -> float:
    """WCAG 2.1's ratio of the tone to the background; reverse video exchanges them and changes nothing."""
    front = rgb(palette, look.color or palette.foreground, front=True)
    back = rgb(palette, palette.background, front=False)
    if "dim" in look.styles:
        front = tuple(b + (f - b) * DIM for f, b in zip(front, back, strict=True))  # type: ignore[assignment]
    light, dark = sorted((luminance(front), luminance(back)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_all_are_there() -> None:
    """The themes of the list are shipped, and no file is left out of the tests."""
    assert theme_names() == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("tone", list(Tone))
def test_contrast(name: str, tone: Tone) -> None:
    """Each tone stands out from its background by 4.5:1, in high-contrast by 7:1."""
    palette = load(name)
    assert contrast(palette, palette.tones[tone]) >= (7 if name == "high-contrast" else 4.5)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_way_to_textual(name: str) -> None:
    """Each becomes a Textual theme with a variable for every tone and its style."""
    variables = load(name).textual().variables
    assert {f"tone-{tone.value}" for tone in Tone} <= set(variables)
    assert {f"tone-{tone.value}-style" for tone in Tone} <= set(variables)


def test_mono_has_no_colour() -> None:
    """The theme for NO_COLOR names no colour at all."""
    assert not [look for look in load("mono").tones.values() if look.color]


def test_no_state_by_colour_alone() -> None:
    """Any two states differ in sign and in word, so that the mono theme tells them apart."""
    for one, other in combinations(SIGNS.values(), 2):
        assert one.glyph != other.glyph
        assert one.ascii != other.ascii
        assert one.word != other.word


def test_missing_tones_look_as_in_mono() -> None:
    """A file that names no tones still has a look for each."""
    palette = read("x", "")
    assert {tone: " ".join(look.styles) for tone, look in palette.tones.items()} == dict(MONO)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("colour = 1", "'colour' is no key"),
        ("[tones]\ncrti = 'red'", "'crti' is no key"),
        ("[tones]\ncrit = 'red blue'", "tones.crit has red and blue"),
        ("[tones]\ncrit = 'bold redd'", "tones.crit = 'redd' is no colour"),
        ("[tones]\ncrit = 5", "tones.crit must be a string"),
        ("dark = 'yes'", "dark must be a bool"),
        ("dark = = 1", "line 1"),
    ],
)
def test_wrong_files(text: str, complaint: str) -> None:
    """A wrong file is refused with its key."""
    with pytest.raises(UsageError) as caught:
        read("mine", text)
    assert complaint in str(caught.value)


def test_own_theme(tmp_path: Path) -> None:
    """The user's own file wins over one of the same name, and is listed."""
    (tmp_path / "mono.toml").write_text('about = "mine"')
    (tmp_path / "neon.toml").write_text('[tones]\ncrit = "bold #ff00ff"')
    assert load("mono", tmp_path).about == "mine"
    assert "neon" in theme_names(tmp_path)
    with pytest.raises(UsageError, match="neno"):
        load("neno", tmp_path)


@pytest.mark.parametrize(
    ("wanted", "environ", "no_color", "dark", "name"),
    [
        ("", {}, False, None, "ansi-dark"),
        ("", {}, False, False, "ansi-light"),
        ("", {"COLORFGBG": "0;15"}, False, None, "ansi-light"),
        ("", {"COLORFGBG": "0;15"}, False, True, "ansi-dark"),
        ("cvd-light", {}, False, True, "cvd-light"),
        ("cvd-light", {"NO_COLOR": ""}, False, None, "mono"),
        ("cvd-light", {"TERM": "dumb"}, False, None, "mono"),
        ("cvd-light", {}, True, None, "mono"),
    ],
)
def test_choice(wanted: str, environ: dict[str, str], no_color: bool, dark: bool | None, name: str) -> None:
    """No colour wins over the wish, the wish over the background, the terminal's word over the environment's."""
    assert choose(wanted, environ, no_color=no_color, dark=dark) == name


def test_colorfgbg() -> None:
    """COLORFGBG's last number is the background; without a number nothing is known."""
    assert [dark_by_environment({"COLORFGBG": v}) for v in ("15;0", "0;default;15", "0;7", "12;8", "", "x")] == [
        True, False, False, True, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("environ", "ascii_only"),
    [({"LANG": "C.UTF-8"}, False), ({"LANG": "de_AT.utf8"}, False), ({"LANG": "C"}, True), ({}, True),
     ({"LANG": "C.UTF-8", "LC_ALL": "POSIX"}, True), ({"LANG": "C.UTF-8", "TERM": "dumb"}, True)],
)  # fmt: skip
def test_ascii(environ: dict[str, str], ascii_only: bool) -> None:
    """Without a UTF-8 locale, and on a dumb terminal, only ASCII is drawn."""
    assert wants_ascii(environ) is ascii_only
