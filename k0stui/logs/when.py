"""Times as operators type and paste them: `02:51`, `-20m`, `yesterday 23:10`, ISO 8601, klog's `E0204 09:18:18.117`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_ago = re.compile(r"-?(\d{1,6})(s|sec|m|min|h|d)( ago)?$")
_clock = re.compile(r"((?:yesterday|today) )?(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?$")
_klog = re.compile(r"[IWEF]?(\d{2})(\d{2}) (\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?$")
_SECONDS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


def read_when(text: str, now: datetime) -> datetime:
    """The instant that `text` names, in the zone of `now` (aware).

    A clock time is the last one: `23:10` at 02:00 is yesterday's.

    Raises:
        ValueError: a sentence that says what may be typed.
    """
    text = text.strip()
    try:
        if found := _ago.match(text):
            return now - timedelta(seconds=int(found[1]) * _SECONDS[found[2]])
        if text == "now":
            return now
        if found := _clock.match(text):
            return _today(found, now)
        if found := _klog.match(text):
            return _this_year(found, now)
        return _iso(text, now)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no time; type 02:51, -20m, yesterday 23:10 or 2026-02-04T09:18:18Z") from None


def _today(found: re.Match[str], now: datetime) -> datetime:
    at = now.replace(hour=int(found[2]), minute=int(found[3]), second=int(found[4] or 0), microsecond=_micros(found[5]))
    if found[1] == "yesterday " or (found[1] is None and at > now):
        return at - timedelta(days=1)
    return at


def _this_year(found: re.Match[str], now: datetime) -> datetime:
    month, day, hour, minute, second = (int(found[group]) for group in range(1, 6))
    at = now.replace(month=month, day=day, hour=hour, minute=minute, second=second, microsecond=_micros(found[6]))
    return at if at <= now + timedelta(days=1) else at.replace(year=at.year - 1)


def _iso(text: str, now: datetime) -> datetime:
    trimmed = re.sub(r"(\.\d{6})\d+", r"\1", text)
    at = datetime.fromisoformat(trimmed)
    return at if at.tzinfo is not None else at.replace(tzinfo=now.tzinfo)


def _micros(fraction: str | None) -> int:
    return int(fraction[1:7].ljust(6, "0")) if fraction else 0
