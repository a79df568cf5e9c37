"""What a line shares with its repeats: component, place in the program and masked error.

`fold.awk` makes the same key on the host, so that lines folded there and lines folded here give one number.
A test holds the two against each other on every recorded line: change both or none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

KEY_BYTES = 80
"""Of a message without a location. Enough to tell the recordings' shapes apart, short enough to mask fast."""

ERROR_BYTES = 60
"""Of `err=`: the class of the error stands first, addresses and ids after it."""

TEMPLATES = 16_000
"""Kept apart; what comes after shares number 0. Real journals have hundreds; only hostile ones have more, and of those
each costs half a kilobyte that no budget takes back."""

CACHED = 4_096
"""Raw slices remembered per component. A flood repeats one; text with numbers in it never repeats."""

_digits = re.compile(r"[0-9]+")


def mask(text: str) -> str:
    """`text` with each run of digits as `#`."""
    return _digits.sub("#", text)


def cut(text: str, size: int) -> str:
    """The first `size` bytes of `text`, as awk counts them."""
    return text[:size] if text.isascii() else text.encode("utf-8", "replace")[:size].decode("utf-8", "replace")


def message_key(text: str, start: int) -> str:
    """The masked beginning of a message that names no location, to the end of its quotes."""
    piece = cut(text[start : start + KEY_BYTES], KEY_BYTES)
    end = piece.find('" ')
    return mask((piece if end < 0 else piece[:end]).rstrip('\\"'))


def error_span(text: str, start: int) -> tuple[int, int]:
    """Where the value of ` err=` begins and ends; (-1, -1) where there is none."""
    found = text.find(" err=", start)
    if found < 0:
        return -1, -1
    begin = found + 5
    if text.startswith('\\"', begin):
        return begin + 2, _end(text, '\\"', begin + 2)
    if text.startswith('"', begin):
        return begin + 1, _end(text, '"', begin + 1)
    if text.startswith("<", begin):
        return begin, begin + 1  # klog's mark that the error follows on lines of its own
    return begin, _end(text, " ", begin)


def _end(text: str, mark: str, start: int) -> int:
    found = text.find(mark, start)
    return len(text) if found < 0 else found


@dataclass(frozen=True, slots=True)
class Template:
    """One shape of line."""

    component: str
    location: str
    """Empty where the component prints none."""
    key: str
    """As `fold.awk` prints it: `konnectivity server.go:528 err=No agent available`."""


class Templates:
    """All shapes seen, numbered: columns hold the number."""

    def __init__(self) -> None:
        self._all = [Template("", "", "(further shapes)")]
        self._number: dict[str, int] = {"(further shapes)": 0}
        self._cache: dict[str, dict[str, int]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __getitem__(self, number: int) -> Template:
        return self._all[number]

    def located(self, component: str, text: str, start: int, end: int) -> int:
        """The number of a line whose location is `text[start:end]`."""
        begin, stop = error_span(text, end)
        known = self._cache.setdefault(component, {})
        piece = text[start:end] if begin < 0 else text[start:stop]
        number = known.get(piece)
        if number is None:
            number = self.number(component, text[start:end], _located_key(text[start:end], text[begin:stop], begin < 0))
            _remember(known, piece, number)
        return number

    def worded(self, component: str, text: str, start: int) -> int:
        """The number of a line without location whose message begins at `start`."""
        known = self._cache.setdefault(component, {})
        piece = text[start : start + KEY_BYTES]
        number = known.get(piece)
        if number is None:
            number = self.number(component, "", message_key(text, start))
            _remember(known, piece, number)
        return number

    def number(self, component: str, location: str, rest: str) -> int:
        """The number of a shape by its parts; 0 when there are too many."""
        key = f"{component or '-'} {rest}"
        known = self._number.get(key)
        if known is None:
            if len(self._all) >= TEMPLATES:
                return 0
            known = self._number[key] = len(self._all)
            self._all.append(Template(component, location, key))
        return known

    def by_key(self, key: str) -> int:
        """The number of a key that a host printed."""
        known = self._number.get(key)
        if known is not None:
            return known
        component, _, rest = key.partition(" ")
        location = rest.partition(" err=")[0] if _looks_located(rest) else ""
        return self.number("" if component == "-" else component, location, rest)


def _located_key(location: str, error: str, plain: bool) -> str:
    return location if plain else f"{location} err={mask(cut(error, ERROR_BYTES))}"


_location = re.compile(r"\S+\.(go|cc):[0-9]+( err=.*)?$", re.DOTALL)


def _looks_located(rest: str) -> bool:
    return _location.match(rest) is not None


def _remember(known: dict[str, int], piece: str, number: int) -> None:
    if len(known) >= CACHED:
        known.clear()
    known[piece] = number
