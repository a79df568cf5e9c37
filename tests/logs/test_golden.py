"""Real lines of recorded clusters: what is read from each, and against a second, slower opinion over all of them."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from k0stui.logs.detail import line_of
from k0stui.logs.parse import CONTINUATION, UNPARSED
from k0stui.logs.record import CriReader, Records, ShortReader, gathered
from k0stui.logs.source_log import SourceLog
from k0stui.logs.store import LogStore
from k0stui.model.host import HostName
from k0stui.model.log import Level, Source
from tests.logs.journal_json import json_record
from tests.recordings import FOLDER

GOLDEN = Path(__file__).parent / "golden"

JOURNALS = sorted(FOLDER.glob("*/*/journal-*.jsonl.gz"))

_klog = re.compile(r'msg="([IWEF])\d{4} [\d:.]+ +(\d+) ([^\]]+)\] ')


def stored(records: Records, component: str = "") -> tuple[LogStore, SourceLog]:
    """A store that holds them."""
    store = LogStore()
    log = store.log(Source(HostName("h"), component or "k0s"), component)
    store.append(log, records)
    return store, log


def told(store: LogStore, log: SourceLog) -> Iterator[str]:
    """What is read from each line, one text a line."""
    for number in range(log.first, log.end):
        line = line_of(store, log, number)
        flags = ",".join(sorted(line.flags)) or "-"
        fields = " ".join(f"{name}={value!r}" for name, value in line.fields)
        head = f"{line.time} {line.level.letter} {line.component or '-'} {line.location or '-'} {line.pid} {flags}"
        yield f"{head}\n    {line.message!r} {fields}\n    {line.template!r}\n"


def read(name: str) -> tuple[LogStore, SourceLog]:
    lines = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    reader = CriReader() if name in ("agent", "nllb") else ShortReader()
    records = reader.feed(lines)
    records.join(reader.end())
    component = {"agent": "konnectivity-agent", "nllb": "nllb"}.get(name, "")
    return stored(records, component)


@pytest.mark.parametrize("name", ["journal", "apiserver", "suppressed", "agent", "nllb"])
def test_real_lines_read_as_written_down(name: str) -> None:
    """Time, level, component, location, pid, message, fields and template of real lines are as was checked by hand."""
    found = "".join(told(*read(name)))
    expected = GOLDEN / f"{name}.expected"
    if os.environ.get("K0STUI_WRITE_GOLDEN"):
        expected.write_text(found, encoding="utf-8")

    assert found == expected.read_text(encoding="utf-8")


def test_an_error_on_several_lines_keeps_its_level() -> None:
    """The lines that follow a multi-line error of kube-apiserver are errors too, and of its template."""
    _, log = read("apiserver")
    followers = [number for number in range(log.end) if log.flags[number] & CONTINUATION]

    assert followers
    for number in followers:
        head = max(each for each in range(number) if not log.flags[each] & CONTINUATION)
        assert (log.levels[number], log.templates[number]) == (log.levels[head], log.templates[head])


recorded = pytest.mark.skipif(not JOURNALS, reason="the shared recordings are not beside the project")


@recorded
@pytest.mark.parametrize("path", JOURNALS, ids=lambda path: "/".join((*path.parts[-3:-1], path.name[8:13])))
def test_all_recorded_lines_agree_with_a_second_opinion(path: Path) -> None:
    """Level, component, location and time of every recorded line are what a slow and simple reading finds."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = file.read().splitlines()
    store, log = stored(gathered(map(json_record, lines)))

    for number, line in enumerate(lines):
        entry = json.loads(line)
        _compare(store, log, number, entry)
    nulls = sum(json.loads(line)["MESSAGE"] is None for line in lines)
    assert log.counters.unparsed == nulls == sum(bool(flags & UNPARSED) for flags in log.flags)


def _compare(store: LogStore, log: SourceLog, number: int, entry: dict[str, str | None]) -> None:
    text = entry["MESSAGE"]
    shape = store.templates[log.templates[number]]
    if text is None:
        return
    component = re.search(r'" component=(\S+)', text)
    assert shape.component == (component[1] if component else _bare_component(text, entry)), text
    level, location = _second_opinion(text)
    if level is not None:
        assert Level(log.levels[number]).letter == level, text
        assert shape.location == location, text
    assert log.times[number] + 2_000_000 > int(entry["__REALTIME_TIMESTAMP"] or 0) >= log.times[number] - 2_000_000


def _bare_component(text: str, entry: dict[str, str | None]) -> str:
    unquoted = re.search(r"msg=\w+ component=(\S+)", text)
    if unquoted:
        return unquoted[1]
    return "" if entry["SYSLOG_IDENTIFIER"] == "k0s" else entry["SYSLOG_IDENTIFIER"] or ""


def _second_opinion(text: str) -> tuple[str | None, str]:
    """Level and location by what the form's own documentation says; None: it has another form."""
    if found := _klog.search(text):
        return found[1], found[3]
    if 'msg="{' in text:
        inner = json.loads(json.loads(text[text.index('msg="') + 4 : text.index('" component=') + 1]))
        return inner["level"][0].upper(), inner.get("caller", "")
    if found := re.search(r'level=info msg="time=\\"[^"]*\\" level=(\w)', text):
        return found[1].upper(), ""
    own = re.match(r'time="[^"]*" level=(\w)', text)
    if own and "stream=" not in text:
        return own[1].upper(), ""
    return None, ""
