"""Telling lines counted on the host itself, so that a flood costs no bytes.

The host runs one awk over a bounded piece of log and prints `lines=`, `since=` and one count per sign.
"""

from __future__ import annotations

from datetime import UTC, datetime

from k0stui.model.cluster import LogSigns
from k0stui.probes.answer import fields

Signs = tuple[tuple[str, str], ...]
"""(name, text that the line must hold); plain text, no pattern. Never match file:line, it differs by version."""

COUNT = """
awk -v signs="$1" '
BEGIN { n = split(signs, part, "|"); for (i = 1; i <= n; i += 2) { name[i] = part[i]; text[i] = part[i + 1] } }
NR == 1 { since = $1 }
{ for (i = 1; i <= n; i += 2) if (index($0, text[i])) count[i]++ }
END { print "lines=" NR; print "since=" since; for (i = 1; i <= n; i += 2) print name[i] "=" count[i] + 0 }
'
"""
"""Reads stdin; `$1` is `argument(signs)`. The first word of a line is its time: RFC 3339 or seconds since 1970."""


def argument(signs: Signs) -> str:
    return "|".join(word for sign in signs for word in sign)


def read_signs(text: str, signs: Signs) -> LogSigns:
    """Raises ValueError where `lines=` is missing."""
    found = fields(text)
    return LogSigns(int(found["lines"]), instant(found.get("since", "")), tuple((s, int(found[s])) for s, _ in signs))


def instant(stamp: str) -> datetime | None:
    """RFC 3339 (nanoseconds are cut) or seconds since 1970; None for anything else."""
    try:
        if "T" in stamp:
            return datetime.fromisoformat(_microseconds(stamp)).astimezone(UTC)
        return datetime.fromtimestamp(float(stamp), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _microseconds(stamp: str) -> str:
    head, dot, rest = stamp.partition(".")
    digits = "".join(char for char in rest if char.isdigit())[:6] if dot else ""
    zone = next((rest[i:] for i, char in enumerate(rest) if not char.isdigit()), "Z") if dot else ""
    return f"{head}.{digits}{zone}" if dot else head
