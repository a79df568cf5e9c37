"""How values read: a text and its tone, in few coarse words. A colour only repeats what glyph and word say.

Pure, and no terminal: themes say how a tone looks, widgets where it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Tone(Enum):
    """What a cell means; the value is the key in `themes/*.toml`."""

    PLAIN = "plain"
    OK = "ok"
    INFO = "info"
    WARN = "warn"
    CRIT = "crit"
    NEVER = "never"
    UNKNOWN = "unknown"
    STALE = "stale"
    DIFFER = "differ"
    DENIED = "denied"
    DIM = "dim"
    HEAD = "head"
    """Head rows, section names, keys."""
    SELECTED = "selected"
    BANNER = "banner"
    """RUN, EXPOSED, FROZEN: reverse video."""


@dataclass(frozen=True, slots=True)
class Sign:
    """How a tone is told without colour."""

    glyph: str
    ascii: str
    word: str


SIGNS = {
    Tone.CRIT: Sign("✖", "X", "CRIT"),
    Tone.WARN: Sign("▲", "!", "WARN"),
    Tone.OK: Sign("●", "+", "ok"),
    Tone.INFO: Sign("◆", "i", "info"),
    Tone.NEVER: Sign("·", ".", "never"),
    Tone.UNKNOWN: Sign("?", "?", "unknown"),
    Tone.STALE: Sign("◌", "~", "stale"),
    Tone.DIFFER: Sign("≠", "#", "differ"),
    Tone.DENIED: Sign("⊘", "P", "no permission"),
    Tone.SELECTED: Sign("▸", ">", ""),
}
"""screens.md section 5. Never emoji, never a glyph that needs a font of its own."""

_PLAIN_GLYPHS = str.maketrans(
    {sign.glyph: sign.ascii for sign in SIGNS.values()} | {"─": "-", "│": "|", "…": "~", "→": ">", "×": "x", "±": "~"}
)


class Cell(NamedTuple):
    """A piece of text with one meaning. A named tuple, because a thousand rows of them are compared at each look."""

    text: str
    tone: Tone = Tone.PLAIN


Line = tuple[Cell, ...]
"""A line of text in pieces."""


def sign(tone: Tone) -> str:
    """The glyph of a tone; a blank for one that has none."""
    found = SIGNS.get(tone)
    return found.glyph if found else " "


def in_ascii(text: str) -> str:
    """Our own glyphs as ASCII; what came from a host stays as it is. Never changes the width."""
    return text.translate(_PLAIN_GLYPHS)


def line(*pieces: str | Cell, tone: Tone = Tone.PLAIN) -> Line:
    """A line of cells; strings take `tone`."""
    return tuple(piece if isinstance(piece, Cell) else Cell(piece, tone) for piece in pieces)


def plain(cells: Line) -> str:
    """The text of a line, for copying and for `check`."""
    return "".join(cell.text for cell in cells)


_AGES = (1, 2, 5, 10, 30)
"""Seconds that are shown under a minute: a screen of ages then changes a few cells a second, not all of them."""


def age(seconds: float) -> str:
    """How old, in coarse steps and rounded up: "2s" is at most two seconds. From a minute on "1m", "3h", "12d"."""
    for step in _AGES:
        if seconds <= step:
            return f"{step}s"
    if seconds < 60:
        return "1m"
    return span(seconds)


def span(seconds: float) -> str:
    """How long, rounded down, in the largest unit that gives at least one: "45s", "16m", "9h", "12d"."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{max(0, int(seconds))}s"


def took(seconds: float) -> str:
    """A measured time, two units: "34s", "2m31s", "1h05m"."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02}m"


def bytes_(size: float) -> str:
    """A size in binary units, three digits at most: "812 B", "1.1 GiB", "38 MiB"."""
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(size) < 1000 or unit == "TiB":
            digits = 0 if unit == "B" or abs(size) >= 9.95 else 1
            return f"{size:.{digits}f} {unit}"
        size /= 1024
    raise AssertionError("unreachable")


def rate(per_second: float) -> str:
    """How often, in four columns at most: "0", "0.3", "17", "1.9k", "38k", "2.1M". A small rate is never shown as 0."""
    if per_second <= 0:
        return "0"
    if per_second < 0.05:
        return "<0.1"
    if per_second < 9.95:
        return f"{per_second:.1f}".removesuffix(".0")
    for unit, size in (("", 1.0), ("k", 1e3), ("M", 1e6)):
        scaled = per_second / size
        if scaled < 9.95 and unit:
            return f"{scaled:.1f}{unit}"
        if scaled < 999.5:
            return f"{scaled:.0f}{unit}"
    return f"{per_second / 1e9:.1f}G"


def count(number: int) -> str:
    """A count with thousands set apart: "2,047,140"."""
    return f"{number:,}"


def percent(share: float) -> str:
    """0..1 as "81%"; 100% only when nothing is left, 0% only when nothing is used."""
    return f"{min(99, max(1, round(share * 100))) if 0 < share < 1 else round(share * 100)}%"


def shorten_middle(text: str, width: int) -> str:
    """At most `width` characters, cut in the middle: hosts differ at their ends ("k0s-ma…ter-2")."""
    if len(text) <= width:
        return text
    if width <= 1:
        return text[:width]
    tail = width // 2
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"


def shorten_names(names: tuple[str, ...], width: int) -> tuple[str, ...]:
    """All names within `width`, still different from each other: where the middle cut makes two equal, the part that
    differs is kept instead, and at last a number."""
    short = tuple(shorten_middle(name, width) for name in names)
    if len(set(short)) == len(set(names)):
        return short
    return tuple(_numbered(name, names, width) for name in names)


def _numbered(name: str, names: tuple[str, ...], width: int) -> str:
    mark = f"…{sorted(set(names)).index(name) + 1}"
    return name if len(name) <= width - len(mark) else name[: max(0, width - len(mark))] + mark
