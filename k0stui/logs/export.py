"""Lines as a file that can be sent: JSON Lines, text or Markdown, and before them all that one must know to read them.

Each begins with filter, range, hosts, clock offsets, drops and gaps. Secrets are hidden; the times are both there,
the host's own and the corrected one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

import msgspec

from k0stui.logs.redact import redact
from k0stui.logs.rows import LogRow
from k0stui.logs.store import LogStore
from k0stui.logs.view import View
from k0stui.logs.visible import visible
from k0stui.model.log import LogLine


class Form(Enum):
    """What `x` offers."""

    JSONL = "jsonl"
    TEXT = "text"
    MARKDOWN = "md"


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands before the lines."""

    version: str
    filter: str
    start: str
    end: str
    lines: int
    hosts: tuple[str, ...]
    offsets: tuple[tuple[str, float], ...]
    """Seconds that each host's clock is ahead."""
    lost: tuple[str, ...]
    """Drops, gaps, suppressed and folded lines, as sentences."""


def heading(store: LogStore, view: View, version: str) -> Heading:
    """The heading of what a view shows now."""
    rows = view.rows(0, 1) + view.rows(len(view) - 1, len(view))
    times = [iso(row.line.corrected) for row in rows if row.line is not None]
    return Heading(
        version=version,
        filter=view.filter.text,
        start=times[0] if times else "",
        end=times[-1] if times else "",
        lines=view.counters.shown,
        hosts=tuple(sorted({str(log.source.host) for log in store.logs})),
        offsets=tuple((str(log.source), log.offset_at(log.end) / 1e6) for log in store.logs),
        lost=tuple(_losses(store)),
    )


def _losses(store: LogStore) -> Iterator[str]:
    for log in store.logs:
        counts = log.counters
        for number, what in (
            (counts.folded, "lines counted on the host and not sent"),
            (counts.suppressed, "lines dropped by journald's rate limit"),
            (counts.dropped, "lines dropped here to stay within the memory budget"),
            (counts.unparsed, "lines in no known form"),
            (counts.late, "lines that came late and were put in their place"),
        ):
            if number:
                yield f"{log.source}: {number} {what}"
        for gap in log.gaps:
            yield f"{log.source}: {gap.why} from {iso(gap.start)} to {iso(gap.end)}"


def export(rows: Iterable[LogRow], head: Heading, form: Form) -> Iterator[str]:
    """The file, line by line, each with its newline. `rows` come from a view without folding."""
    match form:
        case Form.JSONL:
            yield _json(_head_object(head))
            yield from (_json(_object(row)) for row in rows)
        case Form.TEXT:
            yield from (f"# {name}: {text}\n" for name, text in _head_pairs(head))
            yield from (_text(row) for row in rows)
        case Form.MARKDOWN:
            yield "| | |\n|---|---|\n"
            yield from (f"| {name} | {_cell(text)} |\n" for name, text in _head_pairs(head))
            yield "\n```text\n"
            yield from (_text(row).replace("```", "'''") for row in rows)
            yield "```\n"


def record(row: LogRow) -> str:
    """One row as one JSON object, without newline."""
    return msgspec.json.encode(_object(row)).decode()


def losses(store: LogStore) -> tuple[str, ...]:
    """Drops, gaps, suppressed and folded lines, as sentences."""
    return tuple(_losses(store))


def iso(time: int) -> str:
    """Microseconds since 1970 as ISO 8601, UTC."""
    return datetime.fromtimestamp(time / 1e6, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode() + "\n"


def _head_object(head: Heading) -> dict[str, object]:
    return {
        "k0stui": head.version,
        "filter": head.filter,
        "start": head.start,
        "end": head.end,
        "lines": head.lines,
        "hosts": head.hosts,
        "clock_offsets": dict(head.offsets),
        "lost": head.lost,
    }


def _head_pairs(head: Heading) -> Iterator[tuple[str, str]]:
    yield "k0stui", head.version
    yield "filter", head.filter or "(none)"
    yield "range", f"{head.start} to {head.end}, {head.lines} lines"
    yield "hosts", ", ".join(head.hosts)
    yield "clocks", ", ".join(f"{source} {offset:+.3f} s" for source, offset in head.offsets)
    yield from (("lost", text) for text in head.lost or ("nothing",))


def _object(row: LogRow) -> dict[str, object]:
    line = row.line
    if line is None:
        return {"dropped": True}
    found: dict[str, object] = {
        "time": iso(line.time),
        "corrected": iso(line.corrected),
        "host": line.host,
        "unit": line.source.unit,
        "component": line.component,
        "level": line.level.letter,
        "pid": line.pid,
        "location": line.location,
        "message": line.message,
        "fields": dict(line.fields),
        "template": redact(line.template),
        "boot": line.boot,
        "flags": sorted(line.flags),
        "raw": redact(line.raw),
    }
    return found if row.folded is None else found | {"count": row.folded.count}


def _text(row: LogRow) -> str:
    return "(dropped)\n" if row.line is None else text_of(row.line, row.folded.count if row.folded else 1) + "\n"


def text_of(line: LogLine, count: int = 1) -> str:
    """One line as text: corrected time, host, level, component, message and fields."""
    times = f" (x{count})" if count != 1 else ""
    fields = "".join(f" {name}={value}" for name, value in told(line))
    said = f"{line.message}{fields}"
    return visible(
        f"{iso(line.corrected)} {line.host} {line.level.letter} {line.component or line.source.unit}: {said}{times}"
    )


def told(line: LogLine) -> Iterator[tuple[str, str]]:
    """The fields that say more than the columns do: k0s adds component and stream to each line of a child."""
    return ((name, value) for name, value in line.fields if name not in ("component", "stream"))


def _cell(text: str) -> str:
    return visible(text).replace("|", "\\|")
