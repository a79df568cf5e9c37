"""What a filter is made of; each term writes itself as it can be typed."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from fnmatch import fnmatchcase

FIELDS = ("host", "unit", "comp", "level", "pid", "boot", "loc", "tmpl", "since", "until")
"""All that may stand before a colon; another word with a colon is a plain word (`10.0.0.1:8132`)."""


@dataclass(frozen=True, slots=True)
class Word:
    """Lines that have this text anywhere."""

    text: str
    negated: bool = False

    @property
    def ignores_case(self) -> bool:
        return self.text == self.text.lower()

    def __str__(self) -> str:
        return f"{'-' * self.negated}{_quoted(self.text)}"


@dataclass(frozen=True, slots=True)
class Pattern:
    """Lines in which this regular expression is found."""

    text: str
    flags: str = ""
    negated: bool = False

    def compiled(self) -> re.Pattern[str]:
        return compiled(self.text, re.IGNORECASE if self.flags else 0)

    def __str__(self) -> str:
        text = re.sub(r"(\\.)|/", lambda found: found[1] or r"\/", self.text, flags=re.DOTALL)
        return f"{'-' * self.negated}/{text}/{self.flags}"


@dataclass(frozen=True, slots=True)
class Field:
    """Lines whose field is one of these; `*` stands for any text."""

    name: str
    values: tuple[str, ...]
    negated: bool = False

    def holds(self, value: str) -> bool:
        """Whether one value fits; case counts for none of the fields."""
        lowered = value.lower()
        fits = any(fnmatchcase(lowered, _glob(wanted)) for wanted in self.values)
        return fits is not self.negated

    def __str__(self) -> str:
        return f"{'-' * self.negated}{self.name}:{','.join(_quoted(value) for value in self.values)}"


@dataclass(frozen=True, slots=True)
class Levels:
    """Lines of these levels."""

    levels: frozenset[int]
    text: str
    """As typed, in capitals: `level>=W`."""
    negated: bool = False

    def __str__(self) -> str:
        return f"{'-' * self.negated}{self.text}"


@dataclass(frozen=True, slots=True)
class Since:
    """Lines of this time or later; as typed, since `-20m` moves on with the clock."""

    when: str

    def __str__(self) -> str:
        return f"since:{_quoted(self.when)}"


@dataclass(frozen=True, slots=True)
class Until:
    """Lines before this time."""

    when: str

    def __str__(self) -> str:
        return f"until:{_quoted(self.when)}"


Term = Word | Pattern | Field | Levels | Since | Until


@dataclass(frozen=True, slots=True)
class Filter:
    """Terms that must all hold; none: everything."""

    terms: tuple[Term, ...] = ()

    @property
    def text(self) -> str:
        """As it can be typed: `parse(f.text) == f`."""
        return " ".join(str(term) for term in self.terms)

    def __str__(self) -> str:
        return self.text

    def both(self, other: Filter) -> Filter:
        """What passes both."""
        return Filter(self.terms + tuple(term for term in other.terms if term not in self.terms))

    def of(self, *kinds: type) -> tuple[Term, ...]:
        """The terms of some kinds."""
        return tuple(term for term in self.terms if isinstance(term, kinds))


def compiled(body: str, flags: int = 0) -> re.Pattern[str]:
    """As `re.compile`, without its warnings on forms that may change their meaning one day."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return re.compile(body, flags)


def _quoted(value: str) -> str:
    """`value` as it must be typed."""
    bare = value and not re.search(r'[\s",\\]', value) and value[0] not in '-!/"' and not _fieldlike(value)
    return value if bare else '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'


def _fieldlike(value: str) -> bool:
    return value.partition(":")[0] in FIELDS or value.startswith(("level>", "level<", "level="))


def _glob(wanted: str) -> str:
    """`*` is the only wildcard: `[` and `?` are themselves."""
    return re.sub(r"([\[?])", r"[\1]", wanted.lower())
