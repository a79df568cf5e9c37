"""All lines that came, within a budget of bytes.

A line's address is its source's place in the store and its number there; numbers are never used again.
"""

from __future__ import annotations

from collections import Counter

from k0stui.logs.parse import FOLDED, MARK
from k0stui.logs.record import Records
from k0stui.logs.source_log import HOT, Fold, Gap, SourceLog
from k0stui.logs.template import Template, Templates
from k0stui.model.log import Level, Source

BUDGET = 256 * 1024 * 1024
"""Bytes for all sources; `lowmem` gives 64 MiB."""

KEPT_SHARE = 4
"""A quarter of the budget is for warnings and errors whose blocks were dropped."""

REORDER = 1_500_000
"""Microseconds. A line that comes later than this behind the newest one shown is put in its place and marked late."""


class LogStore:
    """The lines of all sources."""

    def __init__(self, budget: int = BUDGET, hot: int = HOT) -> None:
        self.logs: list[SourceLog] = []
        self.templates = Templates()
        self.newest = 0
        """Corrected time of the newest line of all."""
        self._budget = budget
        self._hot = min(hot, budget // 4)
        self._by_source: dict[Source, SourceLog] = {}

    @property
    def size(self) -> int:
        """Bytes that all lines take, near enough."""
        return sum(log.size for log in self.logs)

    def log(self, source: Source, component: str = "") -> SourceLog:
        """The lines of a source, empty at first. `component` names its lines where they do not themselves."""
        found = self._by_source.get(source)
        if found is None:
            found = self._by_source[source] = SourceLog(source, self.templates, self._hot, component)
            self.logs.append(found)
        return found

    def past(self, source: Source) -> SourceLog:
        """A further log of a source, for a range of the past: what one log holds is in the host's own order."""
        log = SourceLog(source, self.templates, self._hot)
        self.logs.append(log)
        return log

    def append(self, log: SourceLog, records: Records, window: int = REORDER) -> None:
        """Keep what one source said; drops the oldest of the largest where the budget is over."""
        late = self.newest - window if log.times and self.newest else -1
        log.extend(records, late)
        if log.times:
            self.newest = max(self.newest, log.times[-1])
        self.keep_budget()

    def fold(self, log: SourceLog, key: str, fold: Fold, sample: str) -> int:
        """Keep the count of lines that the host did not send, with a line that stands for them; its number."""
        template = self.templates.by_key(key)
        level = log._heads.head("", sample)[0] if sample else Level.UNKNOWN
        number = log.add(sample or key, fold.last - log.offset_at(log.end), level, FOLDED, template)
        log.folds[number] = fold
        log.counters.folded += fold.count
        log.by_template[template] += fold.count
        log.by_level[level] += fold.count
        log.hot.weigh(template, fold.first, fold.last, fold.count)
        self.keep_budget()
        return number

    def mark(self, log: SourceLog, time: int, text: str, gap: Gap | None = None) -> int:
        """Put a record of our own into the stream: what is missing, and why; its number."""
        if gap is not None:
            log.gaps.append(gap)
            log.counters.gaps += 1
        number = log.add(text, time, Level.UNKNOWN, MARK)
        self.keep_budget()
        return number

    def observed(self, name: str) -> dict[str, int]:
        """The values that the field `name` of the filter grammar has had, with their lines, most first."""
        found: Counter[str] = Counter()
        for log in self.logs:
            if name in ("host", "unit"):
                found[log.source.host if name == "host" else log.source.unit] += sum(log.by_level.values())
            elif name == "level":
                found.update({Level(level).letter: lines for level, lines in log.by_level.items()})
            else:
                for number, lines in log.by_template.items():
                    found[_part(self.templates[number], name)] += lines
        return {value: lines for value, lines in found.most_common() if value}

    def keep_budget(self) -> None:
        """Drop oldest blocks, of the source that takes most, until all fits."""
        while self.size > self._budget:
            largest = max(self.logs, key=_size)
            if largest.kept.size * KEPT_SHARE > self._budget or not largest.times:
                largest.drop_kept()
            else:
                largest.drop_oldest()


def _part(template: Template, name: str) -> str:
    match name:
        case "comp":
            return template.component
        case "loc":
            return template.location
        case "tmpl":
            return template.key
        case _:
            return ""


def _size(log: SourceLog) -> int:
    return log.size
