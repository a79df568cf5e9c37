"""A journal entry as journalctl prints it: k0s' own wrapper around a child's line, and the formats that we ask for.

Source: reference/k0s.md §6.1; recordings/*/journal-2000.jsonl.
"""

from __future__ import annotations

from datetime import datetime

from k0stui.demo.journal import Entry, digits
from k0stui.demo.said import Asked

BOOT_ZERO = "4b1d7a52e95f4cf0a7d1c2b3e4f50617"
"""Sequence id of every simulated journal (`s=` of a cursor)."""


def message(entry: Entry, at: datetime) -> str:
    """MESSAGE: `time="…" level=… msg="…" component=… stream=…`."""
    if not entry.component:
        return entry.text
    text = klog(entry.text, at, entry.pid) if entry.stream else entry.text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    stream = f" stream={entry.stream}" if entry.stream else ""
    return (
        f'time="{at:%Y-%m-%d %H:%M:%S}" level={entry.level} msg="{escaped}"'
        f" component={entry.component}{stream}{entry.extra}"
    )


def klog(text: str, at: datetime, pid: int) -> str:
    """`E server.go:528] …` gets its time and thread: `E0204 09:18:18.117021  230631 server.go:528] …`."""
    if len(text) > 2 and text[0] in "IWEF" and text[1] == " ":
        return f"{text[0]}{at:%m%d %H:%M:%S.%f} {pid + 211:>7} {text[2:]}"
    if "] " in text and ".go:" in text.split("] ", 1)[0]:
        return f"I{at:%m%d %H:%M:%S.%f} {pid + 211:>7} {text}"
    return text


def short_unix(asked: Asked, entry: Entry) -> str:
    """`journalctl -o short-unix`."""
    at = asked.wall(entry.at)
    return f"{at.timestamp():.6f} {asked.host.name} k0s[{entry.pid}]: {message(entry, at)}"


def cursor(asked: Asked, entry: Entry) -> str:
    """`s=…;i=…;b=…;m=…;t=…;x=…`; `i` is journald's sequence number in hex."""
    at = int(asked.wall(entry.at).timestamp() * 1_000_000)
    boot = asked.host.boot_id.replace("-", "")
    since_boot = int((entry.at - asked.host.booted) * 1_000_000)
    check = digits(asked.host.name, entry.number, modulo=2**63)
    return f"s={BOOT_ZERO};i={entry.number:x};b={boot};m={since_boot:x};t={at:x};x={check:x}"
