"""How log lines read: rows of the log pane, its head and histogram, one line in full; and the text of verbs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from k0stui.logs.board import Phase, Stream
from k0stui.logs.export import text_of, told
from k0stui.logs.histogram import Bucket
from k0stui.logs.rows import Folded, LogRow, ViewCounters
from k0stui.logs.visible import shortened, visible
from k0stui.model.host import HostName
from k0stui.model.log import Level, LogLine
from k0stui.present.cells import Cell, Line, Tone, count, rate, shorten_middle
from k0stui.present.times import zone

LEVEL_TONES = {Level.WARNING: Tone.WARN, Level.ERROR: Tone.CRIT, Level.FATAL: Tone.CRIT, Level.DEBUG: Tone.DIM}

BARS = " .:-=+*#"
"""Of the histogram, from no line to the most in one column; ASCII in every terminal."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How rows are laid out."""

    width: int
    zone: str = "UTC"
    host: int = 12
    """Columns of the host's name; 0: all lines are of one host."""
    component: int = 9
    shift: int = 0
    """Columns that messages are scrolled to the left."""
    raw_times: bool = False
    """The host's own clock instead of the corrected one."""
    found: str = ""
    """What is searched for, to be marked."""
    marked: tuple[str, ...] = ()
    """What is marked besides (`:hl`)."""
    wrap: bool = False
    """Long rows go on below instead of to the right."""
    base: int | None = None
    """Microseconds, our clock: times are told from there, `+0.118s`; None: times of the clock."""

    @property
    def millis(self) -> bool:
        return self.width >= 100


def shape_of(width: int, hosts: Sequence[str], name: str = "UTC", shift: int = 0, found: str = "") -> Shape:
    """The layout for these hosts on a screen of this width."""
    longest = max((len(host) for host in hosts), default=0)
    room = 14 if width < 100 else 24
    return Shape(width, name, min(longest, room), 9 if width < 100 else 18, shift, found=found)


# -- rows


def row_line(row: LogRow, shape: Shape, *, dimmed: bool = False) -> Line:
    """One row: time, host, component, level, message; at the right how many lines it stands for."""
    line = row.line
    if line is None:
        return (Cell("  (dropped meanwhile to stay within the memory budget)", Tone.DIM),)
    if "mark" in line.flags:
        return (Cell(_time(line, None, shape) + " ", Tone.DIM), Cell(visible(line.message), Tone.INFO))
    head = _head(line, row.folded, shape)
    suffix = _suffix(row.folded)
    used = sum(len(cell.text) for cell in head)
    room = max(8, shape.width - used - len(suffix))
    tone = Tone.DIM if dimmed else LEVEL_TONES.get(line.level, Tone.PLAIN)
    text = said(line)
    pieces = _pieces(text, shape, room, tone if line.level > Level.INFO or dimmed else Tone.PLAIN)
    return (*head, *pieces, Cell(suffix, Tone.INFO)) if suffix else (*head, *pieces)


MOST_WRAPPED = 12
"""Lines of one wrapped row; Enter shows all of it."""


def row_lines(row: LogRow, shape: Shape) -> tuple[Line, ...]:
    """One row as it stands on the screen: one line, or as many as it takes where rows are wrapped."""
    line = row.line
    if not shape.wrap or line is None or "mark" in line.flags:
        return (row_line(row, shape),)
    head, text = _head(line, row.folded, shape), said(line) + _suffix(row.folded)
    used = sum(len(cell.text) for cell in head)
    room = max(8, shape.width - used)
    tone = LEVEL_TONES.get(line.level, Tone.PLAIN) if line.level > Level.INFO else Tone.PLAIN
    pieces = [text[at : at + room] for at in range(0, max(1, len(text)), room)]
    if len(pieces) > MOST_WRAPPED:
        pieces[MOST_WRAPPED - 1 :] = [f"{pieces[MOST_WRAPPED - 1][: room - 1]}>"]
    starts: list[Line] = [head, *([(Cell(" " * used),)] * (len(pieces) - 1))]
    return tuple((*start, *_with_marks(piece, shape, tone)) for start, piece in zip(starts, pieces, strict=True))


def _head(line: LogLine, folded: Folded | None, shape: Shape) -> Line:
    late = "^" if "late" in line.flags else " "
    host = (Cell(f"{_fit(str(line.host), shape.host)} ", Tone.DIM),) if shape.host else ()
    component = _component(line.component or line.source.unit, shape.component)
    tone = LEVEL_TONES.get(line.level, Tone.DIM)
    return (
        Cell(_time(line, folded, shape) + late, Tone.DIM),
        *host,
        Cell(component + " "),
        Cell(f"{line.level.letter} ", tone),
    )


def _time(line: LogLine, folded: Folded | None, shape: Shape) -> str:
    """Of the line; of a fold, when the last of its lines was said, be it one that the host only counted."""
    corrected = folded.last if folded else line.corrected
    if shape.base is not None:
        apart = (corrected - shape.base) / 1e6
        return f"{apart:+.3f}s".rjust(12) if shape.millis else f"{apart:+.1f}s".rjust(8)
    at = datetime.fromtimestamp((corrected + (line.time - line.corrected if shape.raw_times else 0)) / 1e6, UTC)
    there = at.astimezone(zone(shape.zone))
    return f"{there:%H:%M:%S}.{there.microsecond // 1000:03d}" if shape.millis else f"{there:%H:%M:%S}"


def _component(name: str, width: int) -> str:
    """Components differ at their beginnings, but for Kubernetes' own."""
    name = visible(name)
    return (name if len(name) <= width else name.removeprefix("kube-"))[:width].ljust(width)


def _fit(text: str, width: int) -> str:
    return shorten_middle(visible(text), width).ljust(width)


def _pieces(text: str, shape: Shape, room: int, tone: Tone) -> Line:
    """The message, scrolled and cut to `room`, with what is searched for marked."""
    text = text[shape.shift :]
    if len(text) > room:
        text = f"{text[: room - 1]}>"
    return _with_marks(text.ljust(room), shape, tone)


def _with_marks(text: str, shape: Shape, tone: Tone) -> Line:
    """Every place of what is searched for, and of what is to be marked besides, in a tone of its own."""
    wanted = [(shape.found, Tone.SELECTED), *((words, Tone.BANNER) for words in shape.marked)]
    lowered = text.lower()
    spans = [(at, at + len(words), of) for words, of in wanted if words for at in _places(lowered, words.lower())]
    cells: list[Cell] = []
    done = 0
    for start, end, of in sorted(spans, key=lambda span: span[0]):
        if start >= done:
            cells += [Cell(text[done:start], tone), Cell(text[start:end], of)]
            done = end
    return (*cells, Cell(text[done:], tone))


def _places(text: str, words: str) -> Iterator[int]:
    at = text.find(words)
    while at >= 0:
        yield at
        at = text.find(words, at + len(words))


def said(line: LogLine) -> str:
    """Message and fields in one line, harmless."""
    fields = "".join(f" {name}={_quoted(value)}" for name, value in told(line))
    return visible(shortened(f"{line.message}{fields}")).replace("\t", " ")


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value


def _suffix(folded: Folded | None) -> str:
    """` x1,028,160 1.9k/s`: what the row stands for; the rate only while it goes on."""
    if folded is None or folded.count < 2:
        return ""
    live = f" {rate(folded.rate)}/s" if folded.live and folded.rate >= 1 else ""
    return f" x{count(folded.count)}{live}"


def fold_words(folded: Folded, shape: Shape) -> str:
    """`folded 1,028,160 since 03:05:07, 1904/s now, last 03:14:07`."""
    since, last = (_clock(time, shape.zone) for time in (folded.since, folded.last))
    pace = f"{rate(folded.rate)}/s {'now' if folded.live else 'on average'}"
    return f"folded {count(folded.count)} since {since}, {pace}, last {last}"


def _clock(time: int, name: str) -> str:
    return f"{datetime.fromtimestamp(time / 1e6, UTC).astimezone(zone(name)):%H:%M:%S}"


def row_text(row: LogRow) -> str:
    """One row as verbs print it: ISO time, host, level, component, message; a fold says what it stands for."""
    if row.line is None:
        return "(dropped)"
    if row.folded is None or row.folded.count < 2:
        return text_of(row.line)
    return f"{text_of(row.line)}  [{fold_words(row.folded, Shape(0))}]"


# -- one line in full


def detail_lines(row: LogRow | None, shape: Shape) -> tuple[Line, ...]:
    """The line under the cursor: where it comes from, then its message and its fields one by one."""
    if row is None or row.line is None:
        return ()
    line = row.line
    skew = (line.time - line.corrected) / 1000
    at = datetime.fromtimestamp(line.corrected / 1e6, UTC).astimezone(zone(shape.zone))
    where = f"{line.host} {line.component or line.source.unit} {line.level.letter} {line.location}"
    lines: list[Line] = [
        (Cell(f"{at:%H:%M:%S.%f} ", Tone.HEAD), Cell(f"{skew:+.0f}ms ", Tone.DIM), Cell(visible(where))),
        (Cell("  "), Cell(visible(shortened(line.message)).replace("\t", " "))),
    ]
    if row.folded is not None and row.folded.count > 1:
        lines.insert(1, (Cell(f"  {fold_words(row.folded, shape)}   Enter unfolds", Tone.INFO),))
    width = max((len(name) for name, _ in line.fields), default=0)
    lines += [
        (Cell(f"  {visible(name).ljust(width)}  ", Tone.DIM), Cell(visible(shortened(value))))
        for name, value in line.fields
    ]
    return tuple(lines)


# -- head and histogram


def head_line(
    counters: ViewCounters,
    filter_text: str,
    state: str,
    streams: Mapping[HostName, Stream],
    *,
    complete: bool,
) -> tuple[Line, Line]:
    """`5 LOGS live 7/7 hosts filter: …`, and at the right what is shown and folded."""
    following = sum(stream.phase is Phase.FOLLOWING for stream in streams.values())
    tone = Tone.WARN if following < len(streams) or not streams else Tone.PLAIN
    left: Line = (
        Cell("5 LOGS  ", Tone.HEAD),
        Cell(f"{state}  ", Tone.BANNER if state.startswith("PAUSED") else Tone.PLAIN),
        Cell(f"{following}/{len(streams)} hosts  ", tone),
        Cell(
            f"filter: {visible(filter_text)}" if filter_text else "no filter", Tone.PLAIN if filter_text else Tone.DIM
        ),
    )
    more = "" if complete else " so far"
    right: Line = (
        Cell(f"{count(counters.shown)} lines{more}", Tone.PLAIN),
        Cell(f", {count(counters.rows)} rows", Tone.DIM),
    )
    return left, right


def empty_lines(counters: ViewCounters, streams: Mapping[HostName, Stream], *, complete: bool) -> tuple[Line, ...]:
    """Why nothing is shown: `0 of 48,211 lines match`, and every host whose log is not read."""
    if not complete:
        return ((Cell("  searching ...", Tone.DIM),),)
    total = counters.stored + counters.folded
    lines: list[Line] = [(Cell(f"  0 of {count(total)} lines match"),)]
    return (*lines, *(_why(host, stream) for host, stream in streams.items() if stream.phase is not Phase.FOLLOWING))


def _why(host: HostName, stream: Stream) -> Line:
    words = {Phase.WAITING: "asked, no answer yet", Phase.GONE: "not reached", Phase.REFUSED: "refused"}
    return (Cell(f"  ? {host}: ", Tone.UNKNOWN), Cell(visible(stream.why or words.get(stream.phase, ""))))


def histogram_line(buckets: Sequence[Bucket], width: int, cursor: int | None = None, name: str = "UTC") -> Line:
    """One column per bucket, from its lines' share of the most; `R` where k0s was started anew, `?` where lines may be
    missing. At both ends the time, and the most lines in one column, or what is under the cursor, level by level."""
    if not buckets:
        return (Cell("no line to count yet".ljust(width), Tone.DIM),)
    left = f"{_clock(buckets[0].start, name)} "
    most = max(bucket.lines for bucket in buckets)
    shown = buckets[cursor] if cursor is not None and cursor < len(buckets) else None
    right = _bucket_words(shown, name) if shown else f" {_clock(buckets[-1].end, name)} max {count(most)}"
    cells = [Cell(left, Tone.DIM)]
    for at, bucket in enumerate(buckets):
        cells.append(_bar(bucket, most, marked=at == cursor))
    return (*cells, Cell(right, Tone.DIM if shown is None else Tone.HEAD))


HISTOGRAM_MARGIN = 9 + 27
"""Columns beside the bars: a time at the left, a time and a count, or a bucket's counts, at the right."""


def _bar(bucket: Bucket, most: int, *, marked: bool) -> Cell:
    if bucket.lines:
        text = BARS[max(1, min(7, -(-bucket.lines * 7 // max(most, 1))))]
        tone = Tone.CRIT if bucket.errors else Tone.WARN if bucket.warnings else Tone.PLAIN
    else:
        text, tone = ("?", Tone.UNKNOWN) if bucket.unknown else (" ", Tone.PLAIN)
    if bucket.restarts:
        text = "R"
    return Cell(text if text != " " or not marked else "_", Tone.SELECTED if marked else tone)


def _bucket_words(bucket: Bucket, name: str) -> str:
    restarts = f" R{_short(bucket.restarts)}" if bucket.restarts else ""
    counts = f"E{_short(bucket.errors)} W{_short(bucket.warnings)} I{_short(bucket.infos)}"
    return f" {_clock(bucket.start, name)} {counts}{restarts}"


def _short(number: int) -> str:
    return rate(float(number)) if number >= 1000 else str(number)
