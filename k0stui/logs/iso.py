"""ISO 8601 times to microseconds, a million a second: each whole second is read once."""

from __future__ import annotations

from datetime import UTC, datetime

LATEST = 10**10
"""Seconds, the year 2286: with a clock's offset taken off, a later one may be a time that no calendar has."""

_seconds: dict[str, int] = {}


def iso_micros(stamp: str) -> int:
    """Microseconds since 1970 of an ISO 8601 time (UTC where it has no zone, any fraction); -1 where it is none."""
    second = _seconds.get(stamp[:19])
    if second is None:
        second = _iso_second(stamp[:19])
    if second < 0:
        return -1
    fraction, zone = _fraction(stamp[19:])
    return -1 if zone is None else second * 1_000_000 + fraction - zone * 1_000_000


def _iso_second(text: str) -> int:
    if len(_seconds) > 4_096:
        _seconds.clear()
    try:
        second = int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) if len(text) == 19 else -1
    except (ValueError, OverflowError):
        second = -1
    if second >= LATEST:
        second = -1
    _seconds[text] = second
    return second


def _fraction(rest: str) -> tuple[int, int | None]:
    """Microseconds of `.284781516`, and seconds of the zone after it; None where there is something else."""
    digits = ""
    if rest[:1] in (".", ","):
        digits = rest[1:].rstrip("Z")
        for sign in "+-":
            digits = digits.partition(sign)[0]
        if not (digits.isascii() and digits.isdecimal()):
            return 0, None
        rest = rest[1 + len(digits) :]
    return int(digits[:6].ljust(6, "0")) if digits else 0, _zone(rest)


def _zone(text: str) -> int | None:
    if text in ("", "Z"):
        return 0
    hours, minutes = text[1:3], text[-2:]
    if text[:1] in ("+", "-") and len(text) in (5, 6) and (hours + minutes).isdecimal() and text.isascii():
        return (int(hours) * 3600 + int(minutes) * 60) * (1 if text[0] == "+" else -1)
    return None
