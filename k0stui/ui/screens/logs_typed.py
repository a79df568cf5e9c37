"""What is typed for the log pane: completion of filters, durations, words to be marked."""

from __future__ import annotations

import re

from k0stui.logs.filter import parse
from k0stui.logs.presets import PRESETS
from k0stui.logs.store import LogStore
from k0stui.logs.terms import FIELDS, Filter
from k0stui.present.cells import count
from k0stui.ui.prompt import Choice

MOST_MARKED = 4
"""Words that are marked at once."""

UNCAPPED = 30
"""Seconds, where none are typed."""

LONGEST_UNCAPPED = 300
"""Seconds. Each of them may bring megabytes from every host."""


def wanted_filter(text: str) -> Filter:
    """A filter, or the preset of that name.

    Raises:
        FilterError: with the column of the fault.
    """
    return parse(PRESETS.get(text.strip(), text))


def complete(store: LogStore, text: str) -> list[Choice]:
    """Fields, and values that were seen, for the last word typed; the preset of that name."""
    before, _, word = text.rpartition(" ")
    before = f"{before} " if before else ""
    name, colon, value = word.lstrip("-!").partition(":")
    if colon and name in FIELDS:
        begun, _, last = value.rpartition(",")
        head = f"{before}{word[: len(word) - len(value)]}{begun}{',' if begun else ''}"
        seen = store.observed(name).items()
        return [Choice(head + _shown(one), f"{count(n)} lines") for one, n in seen if last.lower() in one.lower()]
    if not word:
        return []
    fields = [Choice(f"{before}{one}:", "a field") for one in FIELDS if one.startswith(word)]
    presets = [Choice(one, about) for one, about in PRESETS.items() if one.startswith(word) and not before]
    return [*fields, *presets]


def marked(before: tuple[str, ...], text: str) -> tuple[str, ...]:
    """The words to be marked after `:hl text`: typed again they are not any more, and nothing typed clears all."""
    words = text.strip()
    if not words:
        return ()
    if words in before:
        return tuple(each for each in before if each != words)
    return (*before, words)[-MOST_MARKED:]


def duration(text: str) -> int:
    """Seconds of `30s`, `2m` or `45`, within what `:uncap` allows.

    Raises:
        ValueError: a sentence.
    """
    found = re.fullmatch(r"([0-9]{1,5})\s*([sm]?)", text.strip()) if text.strip() else None
    if found is None:
        if not text.strip():
            return UNCAPPED
        raise ValueError(f"{text!r} is no duration; type 30s or 2m")
    return min(int(found[1]) * (60 if found[2] == "m" else 1), LONGEST_UNCAPPED)


def _shown(value: str) -> str:
    return f'"{value}"' if any(mark in value for mark in ' ",') else value
