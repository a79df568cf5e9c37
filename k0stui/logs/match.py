"""Which lines of a piece of a log pass a filter: cheap columns first, then words, then patterns on what is left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import compress
from typing import NamedTuple

from k0stui.logs.blocks import Block
from k0stui.logs.detail import line_of
from k0stui.logs.parse import MARK
from k0stui.logs.scan import Scan, pattern_scan, word_scan
from k0stui.logs.source_log import SourceLog
from k0stui.logs.store import LogStore
from k0stui.logs.terms import Field, Filter, Levels, Pattern, Since, Until, Word
from k0stui.logs.when import read_when

Test = Callable[[str], bool]
"""Whether a line's text passes one term."""

EVER = 1 << 62
"""Microseconds: later than any line."""


_MARKED = bytes(flag & MARK for flag in range(256))


class Matcher:
    """A filter put to work on a store, at one moment (`since:-20m` counts from `now`)."""

    def __init__(self, store: LogStore, wanted: Filter, now: datetime) -> None:
        self._store = store
        self._sources = _fields(wanted, "host", "unit")
        self._shapes = _fields(wanted, "comp", "loc", "tmpl")
        self._rare = _fields(wanted, "pid", "boot")
        self._levels = _levels(wanted)
        self._good = bytes(self._levels).ljust(256, b"\0")
        """The same as a table for `bytes.translate`."""
        self._first = max((_micros(term.when, now) for term in wanted.of(Since) if isinstance(term, Since)), default=0)
        self._last = min(
            (_micros(term.when, now) for term in wanted.of(Until) if isinstance(term, Until)), default=EVER
        )
        self._words = [term for term in wanted.terms if isinstance(term, Word)]
        self._patterns = [term for term in wanted.terms if isinstance(term, Pattern)]
        self._tests = [_word_test(word) for word in self._words] + [_pattern_test(each) for each in self._patterns]
        self._scans = _scans(self._words, self._patterns, self._tests)
        self._shape_verdicts: dict[int, bool] = {}
        self._everything = not wanted.of(Field, Levels, Word, Pattern)

    def takes(self, log: SourceLog) -> bool:
        """Whether lines of this source can pass at all."""
        values = {"host": str(log.source.host), "unit": log.source.unit}
        return all(field.holds(values[field.name]) for field in self._sources)

    @property
    def bounds(self) -> tuple[int, int]:
        """From when (microseconds, our clock) to before when lines pass."""
        return self._first, self._last

    def passing(self, log: SourceLog, start: int, end: int) -> Sequence[int]:
        """The numbers from `start` to `end` (within one piece) that pass, rising; their time is the caller's to judge.

        Marks always do.
        """
        if self._everything:
            return range(start, end)
        found = self._by_columns(log, start, end)
        if found and self._tests:
            found = self._by_text(log, found, start, end)
        if found and self._rare:
            found = [number for number in found if self._by_rare(log, number)]
        return found

    def passes_text(self, text: str) -> bool:
        """Whether a text passes words and patterns: for lines outside of pieces."""
        return all(test(text) for test in self._tests)

    def passes(self, log: SourceLog, number: int) -> bool:
        """Whether one line passes, wherever it is kept."""
        time, level, flags, template, _ = log.row(number)
        if not self._first <= time < self._last:
            return False
        if flags & MARK:
            return True
        if not self._levels[level] or not self._shape_passes(template):
            return False
        return self.passes_text(log.text(number)) and (not self._rare or self._by_rare(log, number))

    def _by_columns(self, log: SourceLog, start: int, end: int) -> Sequence[int]:
        first = log.first
        levels = log.levels[start - first : end - first]
        shapes = log.templates[start - first : end - first]
        wrong = {shape for shape in set(shapes) if not self._shape_passes(shape)} if self._shapes else set[int]()
        good = levels.translate(self._good)
        if not wrong and 0 not in good:
            return range(start, end)
        numbers = range(start, end)
        marks = log.flags[start - first : end - first].translate(_MARKED)
        if any(marks):
            return [
                number
                for number, fits, shape, mark in zip(numbers, good, shapes, marks, strict=True)
                if (fits and shape not in wrong) or mark
            ]
        if not wrong:
            return list(compress(numbers, good))
        return [number for number in compress(numbers, good) if shapes[number - start] not in wrong]

    def _by_text(self, log: SourceLog, found: Sequence[int], start: int, end: int) -> list[int]:
        flags, first = log.flags, log.first
        marked = any(flags[start - first : end - first].translate(_MARKED))
        marks = [number for number in found if flags[number - first] & MARK] if marked else []
        tests = list(self._tests)
        block = log.texts.block_at(start)
        if block is not None and len(found) * 4 > end - start:
            found = self._by_bytes(log.texts.data(block), block, found, tests)
        texts = log.texts.some(found) if found and tests else []
        for test in tests:
            passing = list(map(test, texts))
            found, texts = list(compress(found, passing)), list(compress(texts, passing))
        return sorted({*found, *marks}) if marks else list(found)

    def _by_bytes(self, data: bytes, block: Block, found: Sequence[int], tests: list[Test]) -> Sequence[int]:
        """Those that are left when the block was searched as a whole; takes the tests away that this has settled."""
        for scan in self._scans:
            lines = scan.lines(data, block.starts) if found else None
            if lines is None:
                continue
            hits = [block.first + line for line in lines]
            found = _without(found, hits) if scan.negated else _both(found, hits)
            if scan.exact:
                tests.remove(scan.test)
        return found

    def _shape_passes(self, number: int) -> bool:
        verdict = self._shape_verdicts.get(number)
        if verdict is None:
            shape = self._store.templates[number]
            values = {"comp": shape.component, "loc": shape.location, "tmpl": shape.key}
            verdict = self._shape_verdicts[number] = all(field.holds(values[field.name]) for field in self._shapes)
        return verdict

    def _by_rare(self, log: SourceLog, number: int) -> bool:
        line = line_of(self._store, log, number)
        values = {"pid": str(line.pid), "boot": line.boot}
        return "mark" in line.flags or all(field.holds(values[field.name]) for field in self._rare)


def _fields(wanted: Filter, *names: str) -> list[Field]:
    return [term for term in wanted.terms if isinstance(term, Field) and term.name in names]


def _levels(wanted: Filter) -> list[bool]:
    terms = [term for term in wanted.terms if isinstance(term, Levels)]
    return [all((level in term.levels) is not term.negated for term in terms) for level in range(6)]


def _micros(when: str, now: datetime) -> int:
    return int(read_when(when, now).timestamp() * 1e6)


def _forms(word: Word) -> tuple[str, ...]:
    """The word, and as it stands inside k0s' quotes."""
    escaped = word.text.replace("\\", "\\\\").replace('"', '\\"')
    return (word.text,) if escaped == word.text else (word.text, escaped)


def _word_test(word: Word) -> Test:
    forms, negated = _forms(word), word.negated
    if len(forms) > 1:
        if word.ignores_case:
            return lambda text: any(form in text.lower() for form in forms) is not negated
        return lambda text: any(form in text for form in forms) is not negated
    form = forms[0]
    if word.ignores_case:
        return lambda text: (form in text.lower()) is not negated
    return lambda text: (form in text) is not negated


def _pattern_test(term: Pattern) -> Test:
    search, negated = term.compiled().search, term.negated
    return lambda text: (search(text) is None) is negated


def _both(found: Sequence[int], hits: list[int]) -> list[int]:
    """Numbers in both, rising."""
    if isinstance(found, range):
        return [number for number in hits if number in found]
    return sorted(set(hits).intersection(found))


def _without(found: Sequence[int], hits: list[int]) -> Sequence[int]:
    gone = set(hits)
    return [number for number in found if number not in gone] if gone else found


class _Scan(NamedTuple):
    """A term that whole blocks can be searched for, before any line of them is made."""

    lines: Scan
    negated: bool
    exact: bool
    """Its test need not be made any more."""
    test: Test


def _scans(words: list[Word], patterns: list[Pattern], tests: list[Test]) -> list[_Scan]:
    of_words = [
        _Scan(scan, word.negated, True, test)
        for word, test in zip(words, tests, strict=False)
        if len(_forms(word)) == 1 and (scan := word_scan(word)) is not None
    ]
    of_patterns = [
        _Scan(scan, False, False, test)
        for pattern, test in zip(patterns, tests[len(words) :], strict=True)
        if not pattern.negated and (scan := pattern_scan(pattern)) is not None
    ]
    return of_words + of_patterns
