"""How rules name hosts, numbers and times in their sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

SHOWN = 6
"""Names in one sentence; the finding's subjects have all of them."""

RUN = 3
"""Names in a row from which on they are written as one: `k0s-worker-1..4`."""


def names(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`, `node-1..4`; from the eighth on the rest is counted."""
    listed = _runs(dict.fromkeys(words))
    if len(listed) > SHOWN + 1:
        listed = [*listed[:SHOWN], f"{len(listed) - SHOWN} others"]
    if len(listed) < 2:
        return "".join(listed)
    return f"{', '.join(listed[:-1])} and {listed[-1]}"


def _runs(words: Iterable[str]) -> list[str]:
    runs: list[list[str]] = []
    for word in words:
        if runs and _follows(runs[-1][-1], word):
            runs[-1].append(word)
        else:
            runs.append([word])
    return [entry for run in runs for entry in (run if len(run) < RUN else [f"{run[0]}..{_number(run[-1])[1]}"])]


def _follows(before: str, after: str) -> bool:
    (prefix, number), (other, following) = _number(before), _number(after)
    return bool(number and following) and prefix == other and int(following) == int(number) + 1


def _number(word: str) -> tuple[str, str]:
    """`node-12` as `node-` and `12`."""
    digits = word[len(word.rstrip("0123456789")) :]
    return (word.removesuffix(digits), digits) if digits and digits.isascii() else (word, "")


def counted(number: int, noun: str) -> str:
    """`1 worker`, `4 workers`, `no workers`."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def verb(subjects: Sequence[object], singular: str, plural: str) -> str:
    return singular if len(subjects) == 1 else plural


def span(seconds: float) -> str:
    """`40 s`, `12 min`, `9 h`, `12 d`: rounded down, one unit."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def size(number: float) -> str:
    """`812 MiB`, `1.1 GiB`."""
    for unit in ("B", "KiB", "MiB"):
        if number < 1000:
            return f"{number:.0f} {unit}"
        number /= 1024
    return f"{number:.1f} GiB"
