"""Times of the clock as screens write them: in UTC, or in the zone that the engineer set, and always with the zone."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo


def zone(name: str) -> tzinfo | None:
    """The zone of a setting; None for `local`, which Python takes for this machine's."""
    if name == "UTC":
        return UTC
    if name == "local":
        return None
    from zoneinfo import ZoneInfo  # slow to load, and most stay with UTC

    return ZoneInfo(name)


def clock(at: datetime, name: str = "UTC") -> str:
    """`03:14:07Z`, or `04:14:07 CET`."""
    there = at.astimezone(zone(name))
    return f"{there:%H:%M:%S}Z" if name == "UTC" else f"{there:%H:%M:%S %Z}"
