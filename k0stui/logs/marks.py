"""What our own records in the stream say: what is missing, since when, and why. A dead stream never looks quiet."""

from __future__ import annotations

from k0stui.logs.detail import clock


def back(name: str, gone: int, returned: int, recovered: int, lost: str) -> str:
    """A connection was lost and is there again; times in microseconds."""
    return f"-- {name}: gone {clock(gone)}, back {clock(returned)}; {recovered} lines recovered, {lost} lost --"


def gone(name: str, why: str) -> str:
    return f"-- {name}: no lines from here on: {why} --"


def skipped(name: str, start: int, end: int) -> str:
    """Too much was waiting: reading went on at its end."""
    return f"-- {name}: too far behind, {clock(start)} to {clock(end)} left out; Enter fetches it --"


def suppressed(name: str, lines: int) -> str:
    return f"-- {name}: journald itself dropped {lines} lines here (its rate limit) --"


def stepped(name: str, by: int) -> str:
    return f"-- {name}: its clock was set {'forward' if by > 0 else 'back'} by {abs(by) / 1e6:.1f} s --"


def restarted(name: str, tag: str, *, booted: bool) -> str:
    """k0s has another process from here on; `tag` is as `k0s[812]`."""
    return f"-- {name}: {'booted, and ' if booted else ''}k0s started anew here, now {tag} --"


def noted(name: str, what: str) -> str:
    return f"-- {name}: {what} --"


def behind(name: str, container: str, size: int) -> str:
    return f"-- {name} {container}: {size // 1024} KiB left out, it writes faster than is read --"
