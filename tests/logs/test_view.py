"""What a pane shows: the right lines, in the right order, with the right counts, in small slices."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from k0stui.logs.filter import parse
from k0stui.logs.match import Matcher
from k0stui.logs.parse import MARK
from k0stui.logs.rows import LogRow
from k0stui.logs.source_log import Fold, Gap
from k0stui.logs.store import LogStore
from k0stui.logs.view import View
from k0stui.model.log import Level
from tests.logs.lines import START, filled, klog, log_of, no_agent, own, records, unhandled

NOW = datetime.fromtimestamp(START / 1e6, UTC)

TEXTS = st.sampled_from(
    [
        no_agent(),
        no_agent(2),
        own("took 120ms", "warning", "etcd"),
        own("Starting", component="kubelet"),
        klog("x", "I"),
    ]
)
BATCH = st.tuples(st.sampled_from(["c1", "c2"]), st.integers(0, 4_000_000), st.lists(TEXTS, min_size=1, max_size=30))
FILTERS = st.sampled_from(
    [
        "",
        "level>=W",
        '-"no agent available"',
        "comp:etcd,kub*",
        "/took [0-9]+ms/",
        "host:c2",
        "level:I -/Start/",
        "Took",
    ]
)


def view_of(store: LogStore, text: str = "", *, folding: bool = True) -> View:
    """A view that has done all its work."""
    view = View(store, parse(text), NOW, folding=folding)
    view.finish()
    return view


def said(rows: tuple[LogRow, ...]) -> list[str]:
    return [row.line.message if row.line else "(gone)" for row in rows]


def slow_opinion(store: LogStore, text: str) -> list[tuple[int, int, int]]:
    """(time, source, number) of every line that passes, by reading each line completely."""
    found = []
    wanted = parse(text)
    for place, log in enumerate(store.logs):
        one = Matcher(store, wanted, NOW)
        if one.takes(log):
            found += [(log.times[number], place, number) for number in range(log.end) if one.passes(log, number)]
    return sorted(found)


@settings(deadline=None)
@given(st.lists(BATCH, max_size=8), FILTERS, st.integers(0, 8))
def test_history_and_new_lines_make_the_same_rows(
    batches: list[tuple[str, int, list[str]]], text: str, seen_at: int
) -> None:
    """Whether a line was there before the view or came while it was open, it is shown once, in the order of time."""
    store = LogStore()
    clocks = {"c1": START, "c2": START}
    view = View(store, parse(text), NOW, folding=False)
    for index, (host, pause, texts) in enumerate(batches):
        if index == seen_at:
            view = View(store, parse(text), NOW, folding=False)
        clocks[host] += pause
        store.append(log_of(store, host), records(*texts, start=clocks[host]))
        clocks[host] += len(texts) * 1_000
        view.advance()
    view.finish()

    refs = [(row.key >> 40, row.key & ((1 << 40) - 1)) for row in view.rows(0, len(view))]
    expected = slow_opinion(store, text)
    assert sorted(refs) == sorted((place, number) for _, place, number in expected)
    times = [store.logs[place].times[number] for place, number in refs]
    assert times == sorted(times)


@settings(deadline=None)
@given(st.lists(BATCH, max_size=8), FILTERS)
def test_folding_loses_no_count(batches: list[tuple[str, int, list[str]]], text: str) -> None:
    """The rows' counts add up to the lines that pass, be they folded backwards or while they come."""
    store, live = LogStore(), LogStore()
    watching = View(live, parse(text), NOW)
    clocks = {"c1": START, "c2": START}
    for host, pause, texts in batches:
        clocks[host] += pause
        for each in (store, live):
            each_log = log_of(each, host)
            each.append(each_log, records(*texts, start=clocks[host]))
        watching.finish()
        clocks[host] += len(texts) * 1_000
    expected = len(slow_opinion(store, text))

    for view in (view_of(store, text), watching):
        rows = view.rows(0, len(view))
        assert sum(row.folded.count if row.folded else 1 for row in rows) == expected
        assert view.counters.shown == expected


def test_a_flood_folds_in_place_and_others_stay_visible() -> None:
    """Two hundred refusals a second are one row, and the lines between them are rows of their own."""
    texts = [no_agent(number) for number in range(200)]
    texts[100] = own("the cause", "error", "etcd")
    view = view_of(filled(*texts, step=2_000))
    rows = view.rows(0, len(view))

    assert len(rows) == 2
    assert {row.folded.count if row.folded else 1 for row in rows} == {199, 1}
    assert "the cause" in said(rows)


def test_a_fold_of_errors_that_go_on_below_says_the_newest_of_them() -> None:
    """`err=<` alone would say nothing; lines of other components may stand between its parts."""
    texts = [line for number in range(50) for line in unhandled(number)]
    texts.insert(198, own("between"))
    _, row = view_of(filled(*texts, step=2_000)).rows(0, 9)

    assert row.folded is not None
    assert row.folded.count == 200
    assert row.line is not None
    assert dict(row.line.fields)["err"] == "Error updating v49 , Header: none"


def test_a_fold_shows_a_line_that_was_sent_rather_than_one_that_stands_for_others() -> None:
    """What the host only counted has a sample's text, and no further lines."""
    store = filled(*unhandled())
    log = log_of(store)
    key = store.templates[log.templates[0]].key
    store.fold(log, key, Fold(400, START + 30_000, START + 900_000), unhandled(7)[0])
    (row,) = view_of(store).rows(0, 9)

    assert row.folded is not None
    assert row.folded.count == 404
    assert row.line is not None
    assert dict(row.line.fields)["err"] == "Error updating v1 , Header: none"


def test_slow_repeats_with_others_between_are_not_folded() -> None:
    """Outside of a flood the order of events is the information."""
    texts = [no_agent(), own("a"), no_agent(), own("b"), no_agent()]

    assert len(view_of(filled(*texts, step=100_000))) == 5


def test_neighbours_fold_and_show_the_newest() -> None:
    """Repeats without anything between are one row: the newest line, the count and both times."""
    (row,) = view_of(filled(no_agent(1), no_agent(2), no_agent(3), step=1_000_000)).rows(0, 9)

    assert row.line is not None
    assert ("dialID", "3") in row.line.fields
    assert row.folded is not None
    assert (row.folded.count, row.folded.since, row.folded.last) == (3, START, START + 2_000_000)
    assert row.folded.live


def test_lines_counted_on_the_host_and_lines_here_give_one_number() -> None:
    """A fold from the host joins the row of its template."""
    store = filled(*[no_agent(number) for number in range(30)])
    log = log_of(store)
    key = store.templates[log.templates[0]].key
    watching = View(store, parse(""), NOW)
    store.fold(log, key, Fold(1_900, START + 30_000, START + 900_000), no_agent(30))
    store.append(log, records(no_agent(31), start=START + 950_000))
    watching.finish()

    for view in (view_of(store), watching):
        (row,) = view.rows(0, 9)
        assert row.folded is not None
        assert row.folded.count == view.counters.shown == 1_931


def test_marks_pass_every_filter_and_never_fold() -> None:
    """What is missing concerns every view of its host."""
    store = filled(own("a"))
    log = log_of(store)
    for _ in range(3):
        store.mark(log, START + 1_000, "-- c1: gone --", Gap(START, START + 1_000, "lost"))
    view = view_of(store, "level>=E nothing /x/")

    assert said(view.rows(0, 9)) == ["-- c1: gone --"] * 3
    assert view.counters.shown == 0
    assert view.counters.gaps == 3
    assert all(log.flags[number] & MARK for number in range(1, 4))


def test_the_newest_screenful_comes_first() -> None:
    """Of a hundred thousand lines the last ones are there after one slice, long before the first."""
    store = filled(*[own(f"line {number}") for number in range(100_000)])
    view = View(store, parse("line"), NOW, folding=False)
    slices = 0
    while len(view) < 50:
        view.advance()
        slices += 1

    assert slices <= 2
    assert said(view.rows(len(view) - 1, len(view))) == ["line 99999"]
    assert not view.complete
    view.finish()
    assert view.complete
    assert len(view) == 100_000


def test_hosts_are_in_one_order_by_corrected_time() -> None:
    """Two hosts whose clocks differ by an hour are read side by side."""
    store = LogStore()
    ahead = log_of(store, "c2")
    ahead.set_offset(3_600_000_000)
    store.append(log_of(store), records(own("1"), own("3"), step=2_000_000))
    store.append(ahead, records(own("2"), start=START + 3_600_000_000 + 1_000_000))

    assert said(view_of(store, folding=False).rows(0, 9)) == ["1", "2", "3"]


def test_a_quoted_word_is_found_inside_of_k0s_quotes() -> None:
    """The operator types `err="No agent` as the screen shows it; the journal has it escaped."""
    store = filled(no_agent(), own("x"))

    assert len(view_of(store, '"err=\\"No agent"')) == 1
    assert len(view_of(store, '-"err=\\"No agent"')) == 1


def test_case_beyond_ascii_is_ignored_in_packed_blocks_too() -> None:
    """A block is skipped by its bytes only where bytes can tell."""
    store = LogStore(hot=1_000)
    log = log_of(store)
    store.append(log, records(own("ÉTÉ"), *[own("x" * 1_000) for _ in range(600)]))

    assert log.texts.block_at(0) is not None
    assert said(view_of(store, "été").rows(0, 9)) == ["ÉTÉ"]
    assert len(view_of(store, "winter")) == 0


def test_time_bounds_hold() -> None:
    """since and until are by corrected time, the end excluded."""
    store = filled(*[own(f"{number}") for number in range(10)], step=60_000_000)

    rows = view_of(store, "since:03:16:07 until:03:18:07").rows(0, 9)
    assert said(rows) == []
    later = View(store, parse("since:03:16:07 until:03:18:07"), datetime(2025, 2, 4, 4, tzinfo=UTC))
    later.finish()
    assert said(later.rows(0, 9)) == ["2", "3"]


def test_rare_fields_are_found() -> None:
    """pid is the child's own where it says so; boot comes with the cursor."""
    store = LogStore()
    log = log_of(store)
    log.set_boot("b00t")
    store.append(log, records(no_agent(), own("x")))

    assert len(view_of(store, "pid:230631")) == 1
    assert len(view_of(store, "pid:812")) == 1
    assert len(view_of(store, "boot:b00*")) == 2
    assert len(view_of(store, "boot:other")) == 0


def test_dropped_lines_leave_the_view_and_kept_ones_stay() -> None:
    """When the budget pushes lines out, their rows go; a warning among them stays a row."""
    store = LogStore(budget=1_200_000, hot=200_000)
    log = log_of(store)
    store.append(log, records(own("first"), klog("cause", "W", location="a.go:1")))
    view = view_of(store, folding=False)
    for batch in range(40):
        texts = [own(f"noise {batch} {number}" * 20) for number in range(1_000)]
        store.append(log, records(*texts, start=START + 1_000_000 + batch * 1_000_000))
        view.finish()
    rows = view.rows(0, len(view))

    assert said(rows[:1]) == ["cause"]
    assert all(row.line is not None for row in rows)
    assert len(rows) == log.end - log.first + len(log.kept.texts)
    assert said(view_of(store, "level:W").rows(0, 9)) == ["cause"]


def test_rows_that_are_gone_are_forgotten() -> None:
    """What is known of a fold goes with its last line: a flood of half an hour costs no more than one of a minute."""
    store = LogStore(budget=300_000, hot=100_000)
    log = log_of(store)
    view = view_of(store)
    for batch in range(60):
        texts = [
            own(f"{'abcdefghij'[number % 10] * 300} {batch}") for number in sorted(range(200), key=lambda n: n % 10)
        ]
        store.append(log, records(*texts, start=START + batch * 60_000_000))
        view.finish()
    folds = [reading.folder.groups for reading in view._sift.readings]

    assert log.first > 0
    assert sum(map(len, folds)) == sum(row.folded is not None for row in view.rows(0, len(view)))


def test_a_fold_opens_into_its_lines() -> None:
    """The members of a row, in their order, and nothing else."""
    texts = [no_agent(number) for number in range(60)]
    texts[30] = own("other")
    view = view_of(filled(*texts))
    fold = next(row for row in view.rows(0, 9) if row.folded)
    members = view.members(fold.key)

    assert [dict(row.line.fields)["dialID"] for row in members if row.line] == [str(n) for n in range(60) if n != 30]


def test_context_is_the_same_hosts_lines_filter_or_not() -> None:
    """Lines around a hit, as they were written."""
    store = filled(*[own(f"{number}") for number in range(9)])
    view = view_of(store, "/^.*msg=.4/")
    (hit,) = view.rows(0, 9)

    assert said(view.around(hit.key, 2, 1)) == ["2", "3", "4", "5"]


def test_jumps_by_level_and_time() -> None:
    """`e` and `E` go to errors; a time goes to its first row; a key is found again."""
    texts = [own("a"), klog("b", "E", location="b.go:1"), own("c"), klog("d", "W", location="d.go:1"), own("e")]
    view = view_of(filled(*texts, step=1_000_000))

    assert view.next_index(-1, Level.ERROR, 1) == 1
    assert view.next_index(1, Level.WARNING, 1) == 3
    assert view.next_index(4, Level.ERROR, -1) == 1
    assert view.next_index(1, Level.ERROR, 1) is None
    assert view.index_at(START + 2_000_000) == 2
    assert view.index_of(view.rows(3, 4)[0].key) == 3


def test_the_histogram_adds_up_and_says_what_it_does_not_know() -> None:
    """Every line shown is in one bucket by its level; a bucket before the first line or over a gap is unknown."""
    texts = [own("a"), klog("b", "E", location="b.go:1"), own("c"), klog("d", "W", location="d.go:1")]
    store = filled(*texts, step=10_000_000)
    store.mark(log_of(store), START + 31_000_000, "-- gap --", Gap(START + 22_000_000, START + 24_000_000, "lost"))
    buckets = view_of(store).histogram(4, START - 10_000_000, START + 30_000_000)

    assert [bucket.lines for bucket in buckets] == [0, 1, 1, 1]
    assert [bucket.errors for bucket in buckets] == [0, 0, 1, 0]
    assert [bucket.unknown for bucket in buckets] == [True, False, False, True]
    assert sum(bucket.lines for bucket in view_of(store).histogram(7)) == 4


def test_the_histogram_knows_when_k0s_was_started_anew() -> None:
    """Once for each start within the range, of the sources in view."""
    store = filled(own("a"), own("b"), step=10_000_000)
    log_of(store).restarts += [START - 1, START + 10_000_000, START + 12_000_000]
    log_of(store, "c2").restarts.append(START + 3_000_000)

    assert [it.restarts for it in view_of(store).histogram(2, START, START + 20_000_000)] == [1, 2]
    assert [it.restarts for it in view_of(store, "host:c2").histogram(2, START, START + 20_000_000)] == [1, 0]
