"""Which colours: a file of `themes/`, or the user's own, chosen before the first paint.

A theme gives each tone a look. It becomes a Textual theme whose variables (`$tone-crit`, `$tone-crit-style`) the style
sheet uses, so nothing in the program names a colour.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any

from textual.color import Color, ColorParseError
from textual.theme import Theme

from k0stui.errors import UsageError
from k0stui.present.cells import Tone

STYLES = frozenset({"bold", "dim", "italic", "underline", "reverse", "strike"})


@dataclass(frozen=True, slots=True)
class Look:
    """One tone: text styles, and a colour or the default one."""

    styles: tuple[str, ...] = ()
    color: str = ""


@dataclass(frozen=True, slots=True)
class Palette:
    """A theme file, read."""

    name: str
    about: str
    dark: bool
    ansi: bool
    background: str
    foreground: str
    tones: Mapping[Tone, Look]

    def textual(self) -> Theme:
        """The same as Textual wants it."""
        variables = dict(_plain_variables(self))
        for tone, look in self.tones.items():
            variables[f"tone-{tone.value}"] = look.color or self.foreground
            variables[f"tone-{tone.value}-style"] = " ".join(look.styles) or "none"
        return Theme(
            name=self.name,
            dark=self.dark,
            ansi=self.ansi,
            foreground=self.foreground,
            background=self.background,
            surface=self.background,
            panel=self.background,
            boost=self.background,
            warning=self._color(Tone.WARN),
            error=self._color(Tone.CRIT),
            success=self._color(Tone.OK),
            primary=self._color(Tone.INFO),
            secondary=self._color(Tone.INFO),
            accent=self._color(Tone.INFO),
            variables=variables,
        )

    def _color(self, tone: Tone) -> str:
        return self.tones[tone].color or self.foreground


def _plain_variables(palette: Palette) -> Mapping[str, str]:
    """What Textual would make of our colours by mixing: here nothing is mixed."""
    front, back = palette.foreground, palette.background
    same = ("border", "border-blurred", "footer-key-foreground", "footer-foreground", "footer-description-foreground")
    flat = ("footer-background", "footer-item-background", "scrollbar-background", "scrollbar-corner-color",
            "scrollbar-background-hover", "scrollbar-background-active")  # fmt: skip
    bars = ("scrollbar", "scrollbar-hover", "scrollbar-active")
    cursor = {
        "block-cursor-foreground": front, "block-cursor-background": back, "block-cursor-text-style": "reverse",
        "block-cursor-blurred-foreground": front, "block-cursor-blurred-background": back,
        "input-cursor-foreground": front, "input-cursor-background": back, "input-cursor-text-style": "reverse",
        "input-selection-foreground": back if not palette.ansi else front, "input-selection-background": front,
        "screen-selection-foreground": back if not palette.ansi else front, "screen-selection-background": front,
        "ansi-background": back, "ansi-foreground": front,
        "text-muted": front, "text-disabled": front, "foreground-muted": front,
    }  # fmt: skip
    if palette.ansi:
        cursor["input-selection-background"] = cursor["screen-selection-background"] = "ansi_bright_black"
    return {**dict.fromkeys((*same, *bars), front), **dict.fromkeys(flat, back), **cursor}


def shipped() -> Traversable:
    """Where the themes lie: in the wheel inside of the package, in a checkout beside it."""
    inside = files("k0stui") / "_themes"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "themes"


def theme_names(own: Path | None = None) -> tuple[str, ...]:
    """All themes that can be chosen, the user's own among them."""
    folders = [shipped(), *([own] if own and own.is_dir() else [])]
    return tuple(
        sorted({file.name[:-5] for folder in folders for file in folder.iterdir() if file.name.endswith(".toml")})
    )


def load(name: str, own: Path | None = None) -> Palette:
    """The theme of that name, the user's own first.

    Raises:
        UsageError: there is none, or its file is wrong; the message names file and key.
    """
    for folder in (own, shipped()):
        if folder is not None and (file := folder / f"{name}.toml").is_file():
            return read(name, file.read_text(encoding="utf-8"))
    raise UsageError(f"theme {name!r} is not there; there are {', '.join(theme_names(own))}")


def read(name: str, text: str) -> Palette:
    """Read a theme file; see themes/README.md for its keys.

    Raises:
        UsageError: what is wrong, with the key.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"theme {name}: {error}") from error
    _refuse_unknown(name, data, {"about", "dark", "ansi", "background", "foreground", "tones"})
    tones = _of_type(name, data, "tones", dict, {})
    _refuse_unknown(name, tones, {tone.value for tone in Tone})
    looks = {tone: _look(name, tone.value, tones.get(tone.value, MONO[tone])) for tone in Tone}
    ansi = _of_type(name, data, "ansi", bool, False)
    return Palette(
        name=name,
        about=_of_type(name, data, "about", str, ""),
        dark=_of_type(name, data, "dark", bool, True),
        ansi=ansi,
        background=_color(name, "background", _of_type(name, data, "background", str, "ansi_default")),
        foreground=_color(name, "foreground", _of_type(name, data, "foreground", str, "ansi_default")),
        tones=MappingProxyType(looks),
    )


MONO: Mapping[Tone, str] = MappingProxyType(
    dict.fromkeys(Tone, "")
    | dict.fromkeys((Tone.OK, Tone.NEVER, Tone.DIM), "dim")
    | dict.fromkeys((Tone.INFO, Tone.UNKNOWN, Tone.DENIED), "underline")
    | dict.fromkeys((Tone.WARN, Tone.HEAD), "bold")
    | dict.fromkeys((Tone.CRIT, Tone.BANNER), "bold reverse")
    | dict.fromkeys((Tone.DIFFER, Tone.SELECTED), "reverse")
    | {Tone.STALE: "dim underline"}
)
"""What a tone looks like that a file leaves out."""


def _look(name: str, key: str, value: object) -> Look:
    if not isinstance(value, str):
        raise UsageError(f'theme {name}: tones.{key} must be a string, as in "bold ansi_red"')
    words = value.split()
    colors = [word for word in words if word not in STYLES]
    if len(colors) > 1:
        raise UsageError(f"theme {name}: tones.{key} has {' and '.join(colors)}; one colour at most")
    return Look(
        tuple(word for word in words if word in STYLES), _color(name, f"tones.{key}", *colors) if colors else ""
    )


def _color(name: str, key: str, value: str) -> str:
    try:
        Color.parse(value)
    except ColorParseError as error:
        raise UsageError(f"theme {name}: {key} = {value!r} is no colour") from error
    return value


def _of_type(name: str, data: Mapping[str, Any], key: str, kind: type[Any], default: Any) -> Any:
    value = data.get(key, default)
    if not isinstance(value, kind):
        raise UsageError(f"theme {name}: {key} must be a {kind.__name__}")
    return value


def _refuse_unknown(name: str, data: Mapping[str, Any], known: set[str]) -> None:
    if unknown := sorted(set(data) - known):
        raise UsageError(f"theme {name}: {unknown[0]!r} is no key; there are {', '.join(sorted(known))}")


def choose(wanted: str, environ: Mapping[str, str], *, no_color: bool = False, dark: bool | None = None) -> str:
    """The name of the theme to load: no colour wins, then what was asked for, then the terminal's background.

    `dark` is what the terminal said (`ui/background.py`), None if it said nothing: then COLORFGBG, then dark.
    """
    if no_color or "NO_COLOR" in environ or environ.get("TERM") == "dumb":
        return "mono"
    if wanted:
        return wanted
    if dark is None:
        dark = dark_by_environment(environ)
    return "ansi-light" if dark is False else "ansi-dark"


def dark_by_environment(environ: Mapping[str, str]) -> bool | None:
    """COLORFGBG as rxvt, Konsole and iTerm2 set it: "15;0" is white on black; its last number is the background."""
    background = environ.get("COLORFGBG", "").rpartition(";")[2]
    if not background.isdigit():
        return None
    return int(background) in {0, 1, 2, 3, 4, 5, 6, 8}


def wants_ascii(environ: Mapping[str, str]) -> bool:
    """The locale is not UTF-8, or the terminal is a dumb one. An empty locale is C."""
    locale = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or "C"
    return environ.get("TERM") == "dumb" or not locale.lower().replace("-", "").endswith("utf8")
