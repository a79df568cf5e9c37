"""What the operator types to see less: words, patterns and fields in one line, all of which must hold.

    word "two words" /re/i -word host:a,b comp:nllb.* level>=W unit: pid: boot: loc: tmpl: since:-20m until:03:20:33

An all-lower-case word ignores case. A line is matched as the host wrote it, without journald's prefix.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from k0stui.errors import UsageError
from k0stui.logs.terms import FIELDS, Field, Filter, Levels, Pattern, Since, Term, Until, Word, compiled
from k0stui.logs.when import read_when
from k0stui.model.log import Level

LEVELS = {level.letter: int(level) for level in Level} | {level.name: int(level) for level in Level}
LEVELS |= {"WARN": 3, "ERR": 4}

_ANY_NOW = datetime(2026, 1, 1, tzinfo=UTC)
"""To judge the form of a time; what it means is decided when the filter is put to work."""

LONGEST = 2_000
"""Characters of a filter. A pasted log line is a mistake, and a pattern of that size a hang."""


_order = re.compile(r"level:?(>=|<=|>|<|=)")
_nested = re.compile(r"[+*}]\??\)[+*{]")
"""`(a+)+`: the form that makes a backtracking engine hang on one long line."""


class FilterError(UsageError):
    """A filter that cannot be read; the one before stays in force."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column
        """From 0: where in the text the fault is."""


def parse(text: str) -> Filter:
    """Read a filter.

    Raises:
        FilterError: and nothing else, whatever the text.
    """
    if len(text) > LONGEST:
        raise FilterError(f"filter: longer than {LONGEST} characters", LONGEST)
    terms: list[Term] = []
    at = _skip(text, 0)
    while at < len(text):
        term, at = _term(text, at)
        terms.append(term)
        at = _skip(text, at)
    return Filter(tuple(terms))


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _term(text: str, start: int) -> tuple[Term, int]:
    at = start + (text[start] in "-!")
    negated = at > start
    if at == len(text) or text[at].isspace():
        raise FilterError(f"filter: nothing follows {text[start]!r}; to find it, quote it", start)
    if text[at] == "/":
        return _pattern(text, at, negated)
    if _order.match(text, at):
        return _level_order(text, at, negated)
    name = text[at:].partition(":")[0]
    if name in FIELDS and text[at + len(name) : at + len(name) + 1] == ":":
        return _field(text, at, name, negated)
    word, end = _value(text, at, "")
    return Word(word, negated), end


def _pattern(text: str, at: int, negated: bool) -> tuple[Term, int]:
    end = at + 1
    while end < len(text) and text[end] != "/":
        end += 2 if text[end] == "\\" else 1
    if end >= len(text):
        raise FilterError("filter: the pattern has no closing /", at)
    body = re.sub(r"(\\[^/])|\\/", lambda found: found[1] or "/", text[at + 1 : end], flags=re.DOTALL)
    stop = end + 1
    while stop < len(text) and not text[stop].isspace():
        stop += 1
    flags = text[end + 1 : stop]
    if flags not in ("", "i"):
        raise FilterError(f"filter: a pattern takes the flag i, not {flags!r}", end + 1)
    _check_pattern(body, at)
    return Pattern(body, flags, negated), stop


def _check_pattern(body: str, at: int) -> None:
    if not body:
        raise FilterError("filter: the pattern is empty", at)
    try:
        compiled(body)
    except re.error as error:
        column = at + 1 + min(error.pos or 0, len(body))
        raise FilterError(f"filter: {error.msg}", column) from None
    except (RecursionError, OverflowError):
        raise FilterError("filter: the pattern is too deep", at) from None

    nested = _nested.search(body)
    if nested:
        raise FilterError("filter: a repeat of a repeat can take for ever", at + 1 + nested.start())


def _level_order(text: str, at: int, negated: bool) -> tuple[Term, int]:
    found = _order.match(text, at)
    assert found is not None
    word, end = _value(text, found.end(), "")
    level = _level(word, found.end())
    sign = found[1]
    if sign == "=":
        return Levels(frozenset([level]), f"level:{_letter(level)}", negated), end
    wanted = frozenset(other for other in range(1, 6) if _ordered(other, sign, level))
    return Levels(wanted, f"level{sign}{_letter(level)}", negated), end


def _ordered(level: int, sign: str, limit: int) -> bool:
    if sign.endswith("=") and level == limit:
        return True
    return level > limit if sign[0] == ">" else level < limit


def _field(text: str, at: int, name: str, negated: bool) -> tuple[Term, int]:
    start = at + len(name) + 1
    values: list[str] = []
    end = start
    while True:
        value, end = _value(text, end, ",")
        values.append(value)
        if text[end : end + 1] != ",":
            break
        end += 1
    if name == "level":
        return _levels(values, start, negated), end
    if name in ("since", "until"):
        return _time(name, values, start, at, negated), end
    return Field(name, tuple(values), negated), end


def _levels(values: list[str], start: int, negated: bool) -> Term:
    levels = sorted({_level(value, start) for value in values})
    return Levels(frozenset(levels), f"level:{','.join(map(_letter, levels))}", negated)


def _level(word: str, column: int) -> int:
    level = LEVELS.get(word.upper())
    if level is None:
        raise FilterError(f"filter: no level {word!r}; there are D I W E F and ?", column)
    return level


def _letter(level: int) -> str:
    return Level(level).letter


def _time(name: str, values: list[str], start: int, at: int, negated: bool) -> Term:
    when = values[0]
    if negated:
        raise FilterError(f"filter: {name} cannot be negated; use {'until' if name == 'since' else 'since'}", at)
    if len(values) > 1:
        raise FilterError(f"filter: {name} takes one time", start)
    try:
        read_when(when, _ANY_NOW)
    except ValueError as error:
        raise FilterError(f"filter: {error}", start) from None
    return Since(when) if name == "since" else Until(when)


def _value(text: str, at: int, stops: str) -> tuple[str, int]:
    """One word, or what stands in quotes, from `at`; where it ends."""
    if text[at : at + 1] == '"':
        return _quote(text, at, stops)
    end = at
    while end < len(text) and not text[end].isspace() and text[end] not in stops:
        end += 1
    if end == at:
        raise FilterError("filter: a value is missing", at)
    return text[at:end], end


def _quote(text: str, at: int, stops: str) -> tuple[str, int]:
    end = at + 1
    while end < len(text) and text[end] != '"':
        end += 2 if text[end] == "\\" else 1
    if end >= len(text):
        raise FilterError("filter: the quotes are not closed", at)
    value = re.sub(r"\\(.)", r"\1", text[at + 1 : end], flags=re.DOTALL)
    if not value:
        raise FilterError("filter: the quotes are empty", at)
    after = text[end + 1 : end + 2]
    if after and not after.isspace() and after not in stops:
        raise FilterError("filter: a space is missing after the quotes", end + 1)
    return value, end + 1
