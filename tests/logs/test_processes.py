"""Another process of k0s in a journal is told once, where it begins."""

from __future__ import annotations

from k0stui.logs.processes import Processes
from k0stui.logs.record import Records
from k0stui.logs.store import LogStore
from k0stui.logs.stream import JournalStream, Moment
from tests.fakes import START, reply
from tests.logs.lines import log_of, own


def test_the_first_process_is_none_that_began() -> None:
    """Whoever looks at a journal first has seen no restart; other programs' lines are no k0s."""
    processes = Processes()

    assert list(processes.begun(["k0s[812]", "systemd[1]", "k0s[812]"], "a")) == []


def test_a_new_process_begins_where_its_first_line_stands() -> None:
    """Also when lines of the old one still come behind it; and with another boot that is said."""
    processes = Processes()
    list(processes.begun(["k0s[812]"], "a"))

    assert list(processes.begun(["k0s[812]", "k0s[4711]", "k0s[812]"], "a")) == [(1, "k0s[4711]")]
    assert not processes.booted
    assert list(processes.begun(["k0s[812]", "k0s[4711]"], "a")) == []
    assert list(processes.begun(["k0s[300]"], "b")) == [(0, "k0s[300]")]
    assert processes.booted


def test_the_stream_has_a_mark_between_the_two() -> None:
    """Before the first line of the new process, at its time."""
    store = LogStore()
    source = log_of(store).source
    stream = JournalStream(source, store)
    lines = [f"1738638847.00000{n} c1 k0s[{pid}]: {own(f'line {n}')}" for n, pid in enumerate((812, 812, 4711, 4711))]
    stream.keep(reply("\n".join([*lines, "E 4 0 s=1;i=4;b=x;t=1", ""])), Moment(START, 0.0), None)
    log = store.logs[0]

    assert [log.text(n)[:40] for n in range(log.end)][2] == "-- c1: k0s started anew here, now k0s[47"
    assert log.end == 5
    assert log.times[2] == log.times[3]
    assert log.restarts == [log.times[3]]


def test_a_part_of_records_keeps_what_was_unparsed() -> None:
    """Indexes of unparsed ones move with the part."""
    records = Records([1, 2, 3], ["a", "b", "c"], ["x", "y", "z"], {2})

    assert records.part(1, 3) == Records([2, 3], ["b", "c"], ["y", "z"], {1})
