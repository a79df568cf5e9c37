"""The log pane as somebody uses it: what is followed, filtered, found, folded, and what `L` opens."""

from __future__ import annotations

from datetime import timedelta

from k0stui.logs.board import Phase, Stream
from k0stui.model.host import HostName
from k0stui.ui.prompt import PromptInput
from k0stui.ui.screens.logs import LogPane
from tests.logs.lines import START, log_of, no_agent, own, records
from tests.looks import demo_look
from tests.ui.screens.logs_app import VARIED, app_with, feed_of, opened, press, say


async def test_all_hosts_in_one_order() -> None:
    """Lines of all hosts stand in the order of time, with host, component, level and message; the newest is in full
    below."""
    async with app_with(feed_of(*VARIED)).run_test(size=(80, 24), notifications=True) as pilot:
        shown = (await opened(pilot)).splitlines()
        rows = [row for row in shown if row[:6] == "03:14:"]

        assert "5 LOGS  live  4/4 hosts  no filter" in shown[1]
        assert [row.split()[1] for row in rows[:5]] == [host for host, _ in VARIED]
        assert rows[1].startswith("03:14:04 k0s-master-2 konnectiv E Failed to get a backend")
        assert "k0s-master-3 status I" in rows[-1]


async def test_following_stops_at_a_move_upwards_and_goes_on_with_f() -> None:
    """New lines move the picture only while it follows; while it is paused they are counted."""
    feed = feed_of(*VARIED)
    async with app_with(feed).run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, ("5", "k"))
        say(feed, ("k0s-master-1", own("newer")), ("k0s-master-1", own("newest", component="x")))
        paused = await press(pilot)
        assert "PAUSED +2" in paused
        assert "k0s-master-1 status" in paused.splitlines()[-6]
        following = await press(pilot, "f")
        assert "live" in following
        assert "newest" in following


async def test_the_place_stays_while_history_grows_above() -> None:
    """The row under the cursor stays under it when older lines are put in above it."""
    feed = feed_of(*VARIED)
    app = app_with(feed)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, ("5", "k", "k"))
        before = app.pane.copied
        past = feed.store.past(log_of(feed.store, "k0s-master-2").source)
        feed.store.append(past, records(*(own(f"old {n}", component=f"c{n}") for n in range(50)), start=START - 10**9))
        await press(pilot)

        assert app.pane.copied == before
        assert "node status" in before


async def test_a_filter_counts_while_it_is_typed_and_a_fault_keeps_the_old_one() -> None:
    """The head counts what the text so far would show; a faulty text says where the fault is, and changes nothing."""
    app = app_with(feed_of(*VARIED))
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        await opened(pilot, ("5", "/"))
        app.query_one(PromptInput).value = "level>=W"
        assert "filtering" in (counting := await press(pilot))
        assert "3 lines" in counting
        shown = await press(pilot, "enter")
        assert "filter: level>=W" in shown
        assert "starting" not in shown
        await press(pilot, "/")
        app.query_one(PromptInput).value = 'level>=W "open'
        assert "the quotes are not closed (column 10)" in await press(pilot)
        assert "filter: level>=W" in await press(pilot, "enter")


async def test_values_that_were_seen_complete_a_field() -> None:
    """`c` asks for a component and lists those that were seen, with their lines; Tab takes one."""
    app = app_with(feed_of(*VARIED))
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        shown = await opened(pilot, ("5", "c"))
        assert "comp:kubelet" in shown
        assert "2 lines" in shown
        app.query_one(PromptInput).value = "comp:kub"
        await press(pilot, "tab", "enter")
        assert isinstance(app.pane, LogPane)
        assert app.pane.filter.text == "comp:kubelet"


async def test_errors_are_one_key_apart() -> None:
    """`E` goes to the error before, `w` from there to the next warning, `e` says when there is none."""
    app = app_with(feed_of(*VARIED))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, ("5", "E"))
        assert "No agent available" in app.pane.copied
        await press(pilot, "w")
        assert "node status" in app.pane.copied
        assert "no error after this row" in await press(pilot, "e")


async def test_a_flood_is_one_row_and_enter_opens_it() -> None:
    """A hundred repeats are one row with their count; d shows each; Enter on the row lists them, q comes back."""
    feed = feed_of(*(("k0s-master-2", no_agent(n)) for n in range(100)), step=10_000)
    app = app_with(feed)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        assert "x100" in await opened(pilot)
        assert "folded 100 since" in await press(pilot, "enter")
        assert "x100" in await press(pilot, "q")
        assert "100 lines, 100 rows" in await press(pilot, "d")


async def test_search_hides_nothing() -> None:
    """`:find` goes to a row with the words, which are marked; all others stay."""
    app = app_with(feed_of(*VARIED))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, ("5", ":"))
        app.query_one(PromptInput).value = "find took"
        shown = await press(pilot, "enter")
        assert "apply request" in app.pane.copied
        assert "reconciled" in shown


async def test_time_and_histogram() -> None:
    """`T` goes to the first line of a time; `i` puts a cursor on the histogram that tells its column's counts."""
    app = app_with(feed_of(*VARIED))
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        await opened(pilot, ("5", "T"))
        app.query_one(PromptInput).value = "03:14:05"
        await press(pilot, "enter")
        assert "node status" in app.pane.copied
        shown = await press(pilot, "i")
        assert " E1 W2 I2" in shown.splitlines()[2]
        assert app.outside.logs is not None
        wanted = app.outside.logs.board.wanted
        assert wanted[0].since == demo_look("incident").now.replace(second=5, microsecond=0)


async def test_a_longer_window_is_fetched() -> None:
    """`>` asks the hosts for what lies before our first line."""
    feed = feed_of(*VARIED)
    async with app_with(feed).run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, ("5", ">"))

        assert feed.board.wanted[0].since == demo_look("incident").now - timedelta(hours=6)


async def test_nothing_passes_says_why() -> None:
    """An empty pane tells of how many lines none passes, and which hosts' logs are not read."""
    feed = feed_of(*VARIED)
    feed.board.streams[HostName("k0s-worker-9")] = Stream(Phase.REFUSED, "no permission")
    app = app_with(feed)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot)
        assert isinstance(app.pane, LogPane)
        app.pane.set_filter("no-such-word")
        shown = await press(pilot)
        assert "0 of 5 lines match" in shown
        assert "? k0s-worker-9: no permission" in shown
        assert "4/5 hosts" in shown


async def test_logs_of_a_cell_a_host_and_a_finding() -> None:
    """`L` filters by what is under the cursor: both ends of a cell, one host, the evidence of the finding."""
    app = app_with(feed_of(*VARIED))
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        found = []
        for pane in ("4", "2", "1"):
            await opened(pilot, (pane, "L"))
            assert isinstance(app.pane, LogPane)
            found.append(app.pane.filter.text)
            await press(pilot, "q")

    assert found[0].startswith("host:k0s-worker-1,k0s-master-")
    assert "comp:konnectivity,konnectivity-agent" in found[0]
    assert found[1] == "host:k0s-master-2"
    assert found[2].startswith("comp:konnectivity,konnectivity-agent")


async def test_enter_on_a_hit_shows_all_lines_of_that_time() -> None:
    """Behind a filtered row stands the unfiltered log at its time; q comes back to the filter."""
    app = app_with(feed_of(*VARIED))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot)
        assert isinstance(app.pane, LogPane)
        app.pane.set_filter("comp:etcd")
        shown = await press(pilot, "enter")
        assert "no filter" in shown
        assert "apply request" in app.pane.copied
        assert "filter: comp:etcd" in await press(pilot, "q")


async def test_escape_sequences_of_a_host_stay_text() -> None:
    """What would move the cursor or set a title is shown as a picture of itself, in rows and in full."""
    feed = feed_of(("c1", own("evil \x1b]0;owned\x07 \u202eabc [bold]markup[/]")))
    async with app_with(feed).run_test(size=(80, 24), notifications=True) as pilot:
        shown = await opened(pilot)

        assert "\x1b" not in shown
        assert "␛]0;owned" in shown
        assert "[bold]markup[/]" in shown


async def test_a_recording_has_no_logs() -> None:
    """Without a feed the pane says so."""
    async with app_with(None).run_test(size=(80, 24), notifications=True) as pilot:
        assert "no logs are followed here" in await opened(pilot)


async def test_the_newest_warnings_at_the_foot_of_the_overview() -> None:
    """The overview ends with the newest warnings and errors, without a key."""
    async with app_with(feed_of(*VARIED)).run_test(size=(120, 40), notifications=True) as pilot:
        shown = await opened(pilot, ())

        assert "5 LOGS" in shown
        assert "Failed to update node status" in shown
        assert "reconciled" not in shown
