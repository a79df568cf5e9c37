"""Which lines of a piece of a log pass a filter: cheap columns first, then words, then patterns on what is left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from k0stui.logs.detail import line_of
from k0stui.logs.parse import MARK
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
        self._first = max((_micros(term.when, now) for term in wanted.of(Since) if isinstance(term, Since)), default=0)
        self._last = min(
            (_micros(term.when, now) for term in wanted.of(Until) if isinstance(term, Until)), default=EVER
        )
        self._words = [term for term in wanted.terms if isinstance(term, Word)]
        self._tests = [_pattern_test(term) for term in wanted.terms if isinstance(term, Pattern)]
        self._word_tests = [_word_test(word) for word in self._words]
        self._key, self._key_test = _key_word(self._words, self._word_tests)
        """The word that packed blocks are searched for, before any line of them is made, and its test."""
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
        if found and (self._words or self._tests):
            found = self._by_text(log, found, start, end)
        if found and self._rare:
            found = [number for number in found if self._by_rare(log, number)]
        return found

    def passes_text(self, text: str) -> bool:
        """Whether a text passes words and patterns: for lines outside of pieces."""
        return all(test(text) for test in self._all_tests())

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
        flags = log.flags[start - first : end - first]
        wrong = {shape for shape in set(shapes) if not self._shape_passes(shape)} if self._shapes else ()
        good = self._levels
        if not wrong and all(good[level] for level in set(levels)):
            return range(start, end)
        return [
            start + index
            for index, level in enumerate(levels)
            if (good[level] and shapes[index] not in wrong) or flags[index] & MARK
        ]

    def _by_text(self, log: SourceLog, found: Sequence[int], start: int, end: int) -> list[int]:
        flags, first = log.flags, log.first
        marked = any(flags[start - first : end - first].translate(_MARKED))
        marks = [number for number in found if flags[number - first] & MARK] if marked else []
        tests = self._all_tests()
        block = log.texts.block_at(start)
        if block is not None and self._key is not None:
            found = _both(found, [block.first + line for line in _lines_with(self._key, log.texts.data(block))])
            tests = [test for test in tests if test is not self._key_test]
        if found and tests:
            texts = log.texts.range(start, end)
            for test in tests:
                found = [number for number in found if test(texts[number - start])]
        return sorted({*found, *marks}) if marks else list(found)

    def _all_tests(self) -> list[Test]:
        return self._word_tests + self._tests

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
    if len(forms) == 1 and not negated:
        form = forms[0]
        if word.ignores_case:
            return lambda text: form in text.lower()
        return lambda text: form in text
    if word.ignores_case:
        return lambda text: any(form in text.lower() for form in forms) is not negated
    return lambda text: any(form in text for form in forms) is not negated


def _pattern_test(term: Pattern) -> Test:
    search, negated = term.compiled().search, term.negated
    return lambda text: (search(text) is None) is negated


def _both(found: Sequence[int], hits: list[int]) -> list[int]:
    """Numbers in both, rising."""
    if isinstance(found, range):
        return [number for number in hits if number in found]
    return sorted(set(hits).intersection(found))


def _key_word(words: list[Word], tests: list[Test]) -> tuple[Word | None, Test | None]:
    """The longest word that bytes can decide alone: wanted, plain, and of one form."""
    usable = [
        (word, test)
        for word, test in zip(words, tests, strict=True)
        if not word.negated and word.text.isascii() and len(_forms(word)) == 1
    ]
    return max(usable, key=lambda each: len(each[0].text), default=(None, None))


def _lines_with(word: Word, data: bytes) -> list[int]:
    """Which lines of a block (NUL between them) have the word: at the speed of `memmem`, not line by line."""
    wanted = word.text.encode()
    if word.ignores_case:
        data = data.lower()
    lines: list[int] = []
    line = counted = 0
    at = data.find(wanted)
    while at >= 0:
        line += data.count(b"\0", counted, at)
        lines.append(line)
        counted = data.find(b"\0", at)
        if counted < 0:
            break
        at = data.find(wanted, counted)
    return lines
