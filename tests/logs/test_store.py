"""What is kept of what came, and what goes first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from k0stui.logs.blocks import BLOCK, Texts
from k0stui.logs.parse import FOLDED, LATE
from k0stui.logs.source_log import Fold
from k0stui.logs.store import LogStore
from tests.logs.lines import START, filled, klog, log_of, no_agent, own, records

LONG = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=40).map(lambda t: t * 2_000)


@given(st.lists(st.lists(LONG, max_size=8), max_size=8))
def test_texts_come_back_as_they_went_in(batches: list[list[str]]) -> None:
    """Hot or packed, one by one or by the piece: the text under a number never changes."""
    texts = Texts(hot=1_000)
    flat: list[str] = []
    for batch in batches:
        texts.extend(batch)
        flat += batch

    assert [texts[number] for number in range(len(flat))] == flat
    found: list[str] = []
    at = 0
    while at < texts.end:
        end = texts.piece_end(at)
        assert texts.piece_start(end) <= at
        found += texts.some(range(at, end))
        at = end
    assert found == flat


def test_old_texts_are_packed() -> None:
    """Ten megabytes of a flood take a tenth of it."""
    texts = Texts(hot=BLOCK)
    texts.extend([no_agent(number) for number in range(50_000)])

    assert texts.size < 2_000_000
    assert texts[0] == no_agent(0)


def test_the_budget_holds_and_warnings_go_last() -> None:
    """A flood of ordinary lines pushes out ordinary lines; the one error before it stays readable under its number."""
    store = LogStore(budget=1_200_000, hot=200_000)
    log = log_of(store)
    store.append(log, records(own("ordinary"), klog("the cause", location="etcd.go:1"), own("ordinary")))
    for batch in range(40):
        texts = [own(f"noise {batch} {number}" * 20) for number in range(1_000)]
        store.append(log, records(*texts, start=START + batch * 1_000_000))

    assert store.size < 1_300_000
    assert log.first > 1_000
    assert log.alive(1)
    assert "the cause" in log.text(1)
    assert not log.alive(0)
    assert log.counters.dropped + (log.end - log.first) + len(log.kept.texts) == log.counters.stored


def test_a_flood_of_errors_does_not_push_out_the_cause_either() -> None:
    """Of one template few lines of a dropped block are kept, so the rare one survives a million of the other."""
    store = LogStore(budget=1_200_000, hot=200_000)
    log = log_of(store)
    store.append(log, records(klog("the cause", location="etcd.go:1")))
    for batch in range(150):
        texts = [no_agent(batch * 1_000 + number) for number in range(1_000)]
        store.append(log, records(*texts, start=START + batch * 1_000_000))

    assert log.first > 10_000
    assert "the cause" in log.text(0)


def test_what_was_dropped_is_one_growing_gap() -> None:
    """The range of time that is gone is told, with its lines."""
    store = LogStore(budget=1_000_000, hot=200_000)
    log = log_of(store)
    for batch in range(40):
        texts = [own(f"noise {batch} {number}" * 20) for number in range(1_000)]
        store.append(log, records(*texts, start=START + batch * 1_000_000))

    (gap,) = log.gaps
    assert (gap.why, gap.start, gap.lines) == ("dropped", START, log.counters.dropped)
    assert gap.end < log.times[0]


def test_times_are_corrected_by_the_offset_of_their_time() -> None:
    """A host that is two seconds ahead is put two seconds back; what came before the offset was known stays."""
    store = filled(own("a"))
    log = log_of(store)
    log.set_offset(2_000_000)
    store.append(log, records(own("b"), start=START + 10_000_000))

    assert list(log.times) == [START, START + 8_000_000]
    assert [log.offset_at(0), log.offset_at(1)] == [0, 2_000_000]


def test_one_hosts_own_order_never_changes() -> None:
    """When the estimate of the offset moves by a millisecond, later lines do not jump before earlier ones."""
    store = filled(own("a"))
    log = log_of(store)
    log.set_offset(1_000)
    store.append(log, records(own("b"), start=START))

    assert log.times[1] >= log.times[0]


def test_a_line_behind_the_window_is_marked_late() -> None:
    """Later than 1.5 s behind the newest line of all hosts: put in its place all the same, and marked and counted."""
    store = filled(own("a"), start=START)
    store.append(log_of(store, "c2"), records(own("b"), start=START + 10_000_000))
    log = log_of(store)
    store.append(log, records(own("late"), own("in time"), start=START + 5_000_000, step=4_000_000))

    assert [bool(flags & LATE) for flags in log.flags] == [False, True, False]
    assert log.counters.late == 1


def test_lines_counted_on_the_host_are_one_row_with_their_sample() -> None:
    """A fold has the text, level and template of a line that was sent, so every filter finds it like one."""
    store = filled(no_agent())
    log = log_of(store)
    key = store.templates[log.templates[0]].key
    number = store.fold(log, key, Fold(1_900, START, START + 999_999), no_agent())

    assert log.flags[number] & FOLDED
    assert (log.levels[number], log.templates[number]) == (log.levels[0], log.templates[0])
    assert store.observed("level") == {"E": 1_901}
    assert store.observed("comp") == {"konnectivity": 1_901}


def test_observed_values_have_their_counts() -> None:
    """The menus list what was really seen."""
    store = filled(no_agent(), own("x"), own("y"))

    assert store.observed("comp") == {"status": 2, "konnectivity": 1}
    assert store.observed("host") == {"c1": 3}
    assert store.observed("loc") == {"server.go:528": 1}
