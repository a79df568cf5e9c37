"""Everything that one line says: made when it is drawn, opened or exported, never for a million lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from k0stui.logs.parse import CONTINUATION, FOLDED, LATE, MARK, UNPARSED
from k0stui.logs.redact import redact, redact_field
from k0stui.logs.source_log import SourceLog
from k0stui.logs.store import LogStore
from k0stui.model.log import Level, LogLine, Micros

Pairs = tuple[tuple[str, str], ...]

MOST_BEHIND = 50
"""Lines behind the first one of a record in which its others are looked for."""

_FLAGS = {CONTINUATION: "continuation", UNPARSED: "unparsed", MARK: "mark", FOLDED: "folded", LATE: "late"}

_logrus = re.compile(r'time="[^"]*" level=[a-z]+ msg=(?:"((?:[^"\\]|\\.)*)"|([^" ]*))(.*)', re.DOTALL)
_klog = re.compile(r"[IWEF][0-9]{4} [0-9:.]+ +([0-9]+) [^] ]+\] ?(.*)", re.DOTALL)
_logfmt = re.compile(r'time="[^"]*" level=[a-z]+ msg=(?:"((?:[^"\\]|\\.)*)"|([^" ]*))(.*)', re.DOTALL)
_envoy = re.compile(r"\[[0-9-]+ [0-9:.]+\]\[[0-9]+\]\[[a-z]+\]\[([^]]*)\] \[[^]]+\] *(.*)", re.DOTALL)
_pair = re.compile(r' ([A-Za-z_][\w./-]*)=("(?:[^"\\]|\\.)*"|[^" ]*)')
_quoted_start = re.compile(r'"((?:[^"\\]|\\.)*)"')
_escape = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_pid = re.compile(r"\[([0-9]{1,9})\]$")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


class Said(NamedTuple):
    """What the text of a line says, without its wrappers."""

    message: str
    fields: Pairs
    pid: int


def line_of(store: LogStore, log: SourceLog, number: int) -> LogLine:
    """One line, completely.

    Raises:
        IndexError: it was dropped.
    """
    time, level, flags, template, tag = log.row(number)
    text = log.text(number)
    said = Said(text, (), 0) if flags & MARK else hidden(read(text))
    shape = store.templates[template]
    raw_time = time + log.offset_at(number)
    return LogLine(
        source=log.source,
        time=Micros(raw_time),
        corrected=Micros(time),
        level=Level(level),
        component=shape.component,
        location=shape.location,
        pid=said.pid or tag_pid(tag),
        message=said.message,
        fields=said.fields,
        template=shape.key,
        raw=_raw(log, raw_time, tag, text, flags),
        boot=log.boot_at(number),
        flags=frozenset(name for bit, name in _FLAGS.items() if flags & bit),
    )


def with_error(store: LogStore, log: SourceLog, number: int) -> LogLine:
    """One line with the whole of its error, where that goes on in the lines behind it: klog's `err=<`, `\t…`, ` >`.

    Raises:
        IndexError: it was dropped.
    """
    line = line_of(store, log, number)
    if ("err", "<") not in line.fields or number < log.first:
        return line
    error = redact_field("err", " ".join(_error_behind(log, number))) or "<"
    return replace(line, fields=tuple((name, error if name == "err" else value) for name, value in line.fields))


def _error_behind(log: SourceLog, number: int) -> Iterator[str]:
    """The further lines of a record; those of other components may stand between them."""
    template = log.templates[number - log.first]
    for behind in range(number + 1, min(number + MOST_BEHIND, log.end)):
        at = behind - log.first
        if log.templates[at] != template:
            continue
        text = read(log.text(behind)).message
        if not log.flags[at] & CONTINUATION or text.startswith(" >"):
            return
        yield text.strip()


def hidden(said: Said) -> Said:
    """Without secrets."""
    return Said(redact(said.message), tuple((name, redact_field(name, value)) for name, value in said.fields), said.pid)


def _raw(log: SourceLog, time: int, tag: str, text: str, flags: int) -> str:
    """As the host's journalctl prints it; a file's line as it stands there."""
    if flags & MARK or not tag:
        return text
    return f"{time // 1_000_000}.{time % 1_000_000:06d} {log.source.host} {tag}: {text}"


def tag_pid(tag: str) -> int:
    found = _pid.search(tag)
    return int(found[1]) if found else 0


def read(text: str) -> Said:
    """Take one line apart. Total: what has no form is its own message."""
    found = _logrus.match(text)
    if found is None:
        return _inner(text)
    message = unescape(found[1]) if found[1] is not None else found[2] or ""
    inner = _inner(message)
    return Said(inner.message, inner.fields + pairs(found[3]), inner.pid)


def _inner(text: str) -> Said:
    if found := _klog.match(text):
        return _klog_message(found[2], int(found[1]))
    if text.startswith("{"):
        return _json_message(text)
    if found := _logfmt.match(text):
        return Said(unescape(found[1]) if found[1] is not None else found[2] or "", pairs(found[3]), 0)
    if found := _envoy.match(text):
        return Said(found[2], (("logger", found[1]),), 0)
    return Said(text, (), 0)


def _klog_message(text: str, pid: int) -> Said:
    """klog's structured form is `"message" key=value …`; its old form is words."""
    found = _quoted_start.match(text)
    if found is None:
        return Said(text, (), pid)
    return Said(unescape(found[1]), pairs(text[found.end() :]), pid)


def _json_message(text: str) -> Said:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return Said(text, (), 0)
    if not isinstance(found, dict):
        return Said(text, (), 0)
    rest = tuple(
        (str(key), _plain(value)) for key, value in found.items() if key not in ("level", "ts", "msg", "caller")
    )
    return Said(str(found.get("msg", text)), rest, 0)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def pairs(text: str) -> Pairs:
    """` key=value key="quoted value" …`, in their order."""
    return tuple((found[1], _unquoted(found[2])) for found in _pair.finditer(text))


def _unquoted(value: str) -> str:
    return unescape(value[1:-1]) if value.startswith('"') else value


def unescape(text: str) -> str:
    r"""Go's quoting undone: `\"`, `\n`, `\x41`, `A`."""
    return _escape.sub(_character, text) if "\\" in text else text


def _character(found: re.Match[str]) -> str:
    escape = found[1]
    if escape[0] in "ux" and len(escape) > 1:
        character = chr(int(escape[1:], 16))
        return "\ufffd" if "\ud800" <= character <= "\udfff" else character
    return _ESCAPES.get(escape, escape)


def clock(time: int) -> str:
    """`03:06:02` of microseconds, UTC: for marks."""
    return datetime.fromtimestamp(time / 1e6, UTC).strftime("%H:%M:%S")
