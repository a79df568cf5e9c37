"""`journalctl -o json`, as the recordings have it: read as if it had been asked for in the short form."""

from __future__ import annotations

from typing import Any

import msgspec

from k0stui.logs.record import Record, decode


class _Entry(msgspec.Struct):
    """The fields that we read: string, null, bytes as numbers, or a list of those."""

    time: str = msgspec.field(default="", name="__REALTIME_TIMESTAMP")
    message: Any = msgspec.field(default=None, name="MESSAGE")
    identifier: Any = msgspec.field(default=None, name="SYSLOG_IDENTIFIER")
    pid: Any = msgspec.field(default=None, name="_PID")


_entry = msgspec.json.Decoder(_Entry)


def json_record(line: str | bytes) -> Record:
    """One line of `-o json`, as `-o short-unix` has it; unparsed where it is none, or its message was left out."""
    try:
        found = _entry.decode(line)
        time = int(found.time)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Record(-1, "", line if isinstance(line, str) else decode(line), parsed=False)
    tag = _text(found.identifier)
    if pid := _text(found.pid):
        tag = f"{tag}[{pid}]"
    if found.message is None:
        return Record(time, tag, "(message over 4 KiB, not sent)", parsed=False)
    return Record(time, tag, _text(found.message))


def _text(value: object) -> str:
    """journald's values: a string; bytes as numbers where it is no text; a list of either where a field came twice."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if not isinstance(value, list):
        return ""
    if value and all(isinstance(item, int) and 0 <= item < 256 for item in value):
        return decode(bytes(value))
    return " ".join(_text(item) for item in value)
