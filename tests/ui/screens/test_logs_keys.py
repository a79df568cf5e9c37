"""The keys of the log pane, one by one, as somebody presses them."""

from __future__ import annotations

import time
from datetime import timedelta

from k0stui.logs.marks import skipped
from k0stui.logs.source_log import Fold, Gap
from k0stui.logs.stream import Span
from k0stui.present.cells import plain
from k0stui.ui.app import K0stuiApp
from k0stui.ui.prompt import PromptInput
from k0stui.ui.screens.log_lines import FoldPane
from k0stui.ui.screens.logs import LogPane
from k0stui.ui.widgets.log_view import LogView
from tests.logs.lines import START, log_of, no_agent, own, records
from tests.looks import demo_look
from tests.ui.outside import FakeOutside
from tests.ui.screens.logs_app import SECOND, VARIED, app_with, feed_of, opened, press

LONG = own("a very long message that goes on and on " * 6 + "to its end")


def rows(app: K0stuiApp) -> str:
    """The rows of the pane, without what stands above and below them."""
    assert isinstance(app.pane, LogPane)
    return "\n".join(plain(line) for line in app.pane._rows._shown)


async def test_bookmarks_are_gone_to_in_turn() -> None:
    """`m` marks the row under the cursor with a star, `'` goes round all that are marked."""
    app = app_with(feed_of(*VARIED))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, ("5", "'"))
        assert "no bookmark is set" in await press(pilot, "'")
        await press(pilot, "k", "k", "m", "g")
        assert "*" in await press(pilot, "m", "G")
        places = []
        for _ in range(3):
            await press(pilot, "'")
            places.append(app.pane.copied)
        assert places[0] == places[2] != places[1]


async def test_a_range_is_copied_as_it_came() -> None:
    """`v` begins a range, moving ends it anywhere, `y` has its rows in the order of time; `v` again: one row."""
    app = app_with(feed_of(*VARIED))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, ("5", "k"))
        assert "a range begins here" in await press(pilot, "v")
        await press(pilot, "k", "k")
        said = app.pane.copied.splitlines()
        assert len(said) == 3
        assert "No agent available" in said[0]
        assert "starting" in said[2]
        assert app.query_one(LogView)._marked_lines == range(1, 4)
        await press(pilot, "v")
        assert "No agent available" in app.pane.copied
        assert len(app.pane.copied.splitlines()) == 1


async def test_context_grows_to_a_log_of_its_own() -> None:
    """`C` shows lines of the same host below, then more, then all of them as a log at that time."""
    app = app_with(feed_of(*VARIED))
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await opened(pilot)
        assert isinstance(app.pane, LogPane)
        app.pane.set_filter("took")
        assert "starting" not in await press(pilot)
        assert "starting" in await press(pilot, "C")
        assert "starting" in await press(pilot, "C")
        await press(pilot, "C")
        assert app.pane.filter.text == "host:k0s-master-1"
        assert "took" in app.pane.copied


async def test_a_minute_back_and_forth() -> None:
    """`[` goes to the row a minute before, `]` to the one a minute after."""
    app = app_with(
        feed_of(*((f"k0s-master-{n % 2}", own(f"line {n}", component=f"c{n}")) for n in range(5)), step=60 * SECOND)
    )
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, ("5", "["))
        assert "line 3" in app.pane.copied
        await press(pilot, "[")
        assert "line 2" in app.pane.copied
        await press(pilot, "]")
        assert "line 3" in app.pane.copied


async def test_only_like_this_and_none_like_this() -> None:
    """`+` keeps the rows of this template, `-` hides them."""
    app = app_with(feed_of(*VARIED))
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        await opened(pilot, ("5", "E"))
        await press(pilot, "+")
        assert "No agent available" in rows(app)
        assert "reconciled" not in rows(app)
        assert isinstance(app.pane, LogPane)
        app.pane.set_filter("")
        await press(pilot, "E", "-")
        assert "No agent available" not in rows(app)
        assert "reconciled" in rows(app)
        assert app.pane.filter.text.startswith("-tmpl:")


async def test_the_histogram_is_zoomed_in_and_out() -> None:
    """Enter on a column shows a tenth of the range around it, `-` all of it again."""
    app = app_with(feed_of(*VARIED))
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        await opened(pilot, ("5", "i"))
        assert isinstance(app.pane, LogPane)
        whole = app.pane._times
        await press(pilot, "h", "enter")
        near = app.pane._times
        assert near[1] - near[0] == (whole[1] - whole[0]) // 20 * 2
        await press(pilot, "-")
        assert app.pane._times == whole


async def test_times_in_four_ways() -> None:
    """`t` goes from the zone that is set to this machine's, to seconds from this row, to each host's own clock."""
    feed = feed_of(*VARIED)
    log_of(feed.store, "k0s-master-1").set_offset(90 * SECOND)
    feed.store.append(log_of(feed.store, "k0s-master-1"), records(own("ahead"), start=START + 91 * SECOND))
    app = app_with(feed)
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        assert "03:14:08.000 k0s-master-1" in await opened(pilot)
        await press(pilot, "t")
        assert "+0.000s k0s-master-1" in await press(pilot, "t")
        assert "-1.000s k0s-master-" in await press(pilot)
        assert "03:15:38.000 k0s-master-1" in await press(pilot, "t")
        assert "03:14:08.000 k0s-master-1" in await press(pilot, "t")


async def test_long_rows_wrap() -> None:
    """With `\\` the end of a long message stands below its beginning, and the cursor stays in sight."""
    feed = feed_of(*(("k0s-master-1", own(f"{n} short", component=f"c{n}")) for n in range(40)), ("k0s-master-1", LONG))
    app = app_with(feed)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot)
        assert "to its end" not in rows(app)
        await press(pilot, "backslash")
        assert "to its end" in rows(app)
        assert "39 short" in rows(app)
        await press(pilot, "backslash")
        assert "to its end" not in rows(app)


async def test_words_are_marked_and_nothing_is_hidden() -> None:
    """`:hl` marks up to four words, apart from filter and search; the same words again end it."""
    app = app_with(feed_of(*VARIED))
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        await opened(pilot, ("5", ":"))
        app.query_one(PromptInput).value = "hl agent"
        shown = await press(pilot, "enter")
        assert "marked: agent" in shown
        assert "reconciled" in shown
        assert isinstance(app.pane, LogPane)
        assert app.pane._rows.shape.marked == ("agent",)
        await press(pilot, ":")
        app.query_one(PromptInput).value = "hl agent"
        assert "nothing is marked" in await press(pilot, "enter")


async def test_caps_are_lifted_for_a_while() -> None:
    """`:uncap 20s` has the hosts send every line for twenty seconds; what is no duration changes nothing."""
    feed = feed_of(*VARIED)
    app = app_with(feed)
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        await opened(pilot, ("5", ":"))
        app.query_one(PromptInput).value = "uncap soon"
        assert "no duration" in await press(pilot, "enter")
        assert feed.board.uncapped_until == 0
        await press(pilot, ":")
        app.query_one(PromptInput).value = "uncap 20s"
        assert "uncapped for" in await press(pilot, "enter")
        assert 0 < feed.board.uncapped_until - time.monotonic() <= 20


async def test_lines_that_were_only_counted_are_fetched() -> None:
    """Enter on a fold asks its host for the newest of them, and shows those when they have come."""
    feed = feed_of(*VARIED)
    log = log_of(feed.store, "k0s-master-2")
    key = feed.store.templates[log.templates[0]].key
    fold = Fold(50_000, START, START + 25 * SECOND)
    feed.store.fold(log, key, fold, no_agent(7))
    app = app_with(feed)
    async with app.run_test(size=(140, 24), notifications=True) as pilot:
        shown = await opened(pilot, ("5", "enter"))
        assert isinstance(app.pane, FoldPane)
        assert "asking it for the newest 1,000" in shown
        (wanted,) = feed.board.unfold
        assert wanted.span.until is not None
        assert timedelta(seconds=1) < wanted.span.until - wanted.span.since < timedelta(seconds=2)
        fetched = wanted.store.log(wanted.source)
        wanted.store.append(fetched, records(*(no_agent(n) for n in range(900, 903))))
        wanted.done = True
        app.pane.show(demo_look("incident"))
        shown = await press(pilot)
        assert "the newest 3, fetched" in shown
        assert "dialID=902" in shown


async def test_enter_on_a_gap_fills_it() -> None:
    """The mark of what was left out, when it is opened, has it fetched."""
    feed = feed_of(*VARIED)
    log = log_of(feed.store, "k0s-master-1")
    gap = Gap(START - 3600 * SECOND, START + SECOND, "skipped")
    feed.store.mark(log, gap.end, skipped("k0s-master-1", gap.start, gap.end), gap)
    app = app_with(feed)
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        assert "left out; Enter fetches it" in await opened(pilot)
        assert "asking the host" in await press(pilot, "enter")

    assert [(each.source.host, each.gap) for each in feed.board.refill] == [("k0s-master-1", gap)]


async def test_the_window_since_the_boot() -> None:
    """The longest window goes back to the last boot of the host under the cursor."""
    feed = feed_of(*VARIED)
    app = app_with(feed)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        assert "since the last boot" in await opened(pilot, ("5", ">", ">", ">"))
        assert isinstance(app.pane, LogPane)
        booted = app.pane._booted
        assert booted is not None
        start, end = app.pane._times
        assert abs(start - booted) < 2 * SECOND or end - start == 60 * SECOND
        assert isinstance(feed.board.wanted[-1], Span)


async def test_markdown_of_the_lines() -> None:
    """`X` writes each line for itself as Markdown with what one must know to read it; `:write jsonl` as JSON Lines."""
    feed = feed_of(*(("k0s-master-2", no_agent(n)) for n in range(30)), step=10_000)
    app = app_with(feed)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        assert "written: " in await opened(pilot, ("5", "X"))
        await press(pilot, ":")
        app.query_one(PromptInput).value = "write jsonl"
        await press(pilot, "enter")
        assert isinstance(app.outside, FakeOutside)
        written = {name: text for what, name, text in app.outside.asked if what == "export"}

    assert written["logs-md"].count("No agent available") == 30
    assert "| filter | (none) |" in written["logs-md"]
    assert written["logs-jsonl"].count("\n") == 31
