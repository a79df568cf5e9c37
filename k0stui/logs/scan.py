"""Which lines of a packed block can have a word or a pattern, found over all of its bytes at once, not line by line.

With the extra `fast` hyperscan looks; without it `bytes.find` does for words, and patterns have no such way. What
hyperscan finds of a pattern are candidates: `[^x]` passes line ends there, so `re` has the last word.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from k0stui.logs.terms import Pattern, Word

Lines = list[int]
"""Of a block, counted from its first, rising."""

Scan = Callable[[bytes, "array[int]"], Lines | None]
"""Data (NUL between the lines) and where in it each line starts, to lines; None: each line must be tested itself."""

MOST = 8
"""Matches per line from which on calling us for each costs more than it saves."""


def word_scan(word: Word) -> Scan | None:
    """Exactly the lines that have the word, whether it is wanted or not; None: bytes cannot tell."""
    if not word.text.isascii() or "\0" in word.text or not word.text:
        return None
    plain = word.text.encode()
    if not word.ignores_case:
        return lambda data, starts: _found(plain, data, starts)
    quick = _hyper("".join(f"\\x{byte:02x}" for byte in plain).encode(), caseless=True)

    def scan(data: bytes, starts: array[int]) -> Lines:
        lines = quick(data, starts) if quick is not None else None
        return _found(plain, data.lower(), starts) if lines is None else lines

    return scan


def pattern_scan(pattern: Pattern) -> Scan | None:
    """No line that the pattern finds is missing, others may be there; None: there is no quick way for this one."""
    if not _simple.fullmatch(pattern.text) or not pattern.text.isascii() or pattern.compiled().search("") is not None:
        return None
    within = _dot.sub(lambda found: found[1] or r"[^\x00\n]", pattern.text)
    quick = _hyper(within.encode(), caseless=bool(pattern.flags))
    # In other text \w and the case of letters mean more to `re` than to hyperscan.
    return quick and (lambda data, starts: quick(data, starts) if data.isascii() else None)


_simple = re.compile(
    r"""(?: [^\\^$\[\](){}*+?]        # a letter, a dot, a bar
          | \\[dDwW] | \\[^A-Za-z0-9] # and nothing whose meaning differs between the two: no \s, no anchor, no flag
          | \[\^?(?:[^\\\[\]^]|\\[dw]|\\[^A-Za-z0-9])+\]
          | \((?!\?) | \(\?: | \)
          | \{[0-9]+(?:,[0-9]*)?\} | [*+?]
        )+""",
    re.VERBOSE,
)


_dot = re.compile(r"(\\.|\[(?:\\.|[^\]])*\])|\.", re.DOTALL)
"""A dot that stands for any letter; not for the end of a line, since a match that runs on costs four times as much."""


def _found(wanted: bytes, data: bytes, starts: array[int]) -> Lines:
    """At the speed of `memmem`, from each hit on with the next line."""
    lines: Lines = []
    at = data.find(wanted)
    while at >= 0:
        line = bisect_right(starts, at)
        lines.append(line - 1)
        if line == len(starts):
            break
        at = data.find(wanted, starts[line])
    return lines


@cache
def _hyper(expression: bytes, *, caseless: bool) -> Scan | None:
    """A scan that gives up where there are too many matches; None: hyperscan is not there or cannot do it."""
    hyperscan = _hyperscan()
    database = _database(hyperscan, expression, caseless=caseless) if hyperscan else None
    if database is None:
        return None

    def scan(data: bytes, starts: array[int]) -> Lines | None:
        ends: list[int] = []
        most = MOST * len(starts)

        def note(_id: int, _start: int, end: int, _flags: int, _context: object) -> bool:
            ends.append(end)
            return len(ends) > most

        try:
            database.scan(data, match_event_handler=note)
        except hyperscan.error:  # more than `most`
            return None
        return list(dict.fromkeys([bisect_right(starts, end - 1) - 1 for end in ends]))

    return scan


def _database(hyperscan: Any, expression: bytes, *, caseless: bool) -> Any:
    database = hyperscan.Database()
    try:
        database.compile(expressions=[expression], flags=[hyperscan.HS_FLAG_CASELESS if caseless else 0])
    except hyperscan.error:
        return None
    return database


def _hyperscan() -> Any:
    """The library, or None where the extra `fast` is not installed."""
    try:
        return import_module("hyperscan")
    except ImportError:
        return None
