"""Following the logs of hosts that vanish, refuse, flood and come back: nothing twice, nothing lost in silence."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from k0stui.engine.follow import REFUSED, follow_host, follow_logs
from k0stui.engine.followed import Followed
from k0stui.engine.look_back import refill, unfold
from k0stui.errors import NotPermitted
from k0stui.logs.batch import LIMIT
from k0stui.logs.board import WATCHED, Board, Phase, Refill, Unfolding
from k0stui.logs.file_stream import FileStream
from k0stui.logs.parse import MARK
from k0stui.logs.source_log import Gap, SourceLog
from k0stui.logs.store import LogStore
from k0stui.logs.stream import Span
from k0stui.model.host import HostName
from k0stui.model.log import Source
from k0stui.ports import Command
from tests.fakes import HANGS, FakeShell, LoopClock, reply, virtually
from tests.logs.lines import klog, no_agent
from tests.logs.model import ModelJournal

Script = Callable[[ModelJournal, "Scene"], Awaitable[None]]


class Scene:
    """One host, followed in virtual time while a script plays."""

    def __init__(self) -> None:
        self.clock = LoopClock()
        self.journal = ModelJournal(self.clock)
        self.store = LogStore()
        self.board = Board()
        self.changes = 0

    @property
    def log(self) -> SourceLog:
        return self.store.logs[0]

    @property
    def texts(self) -> list[str]:
        """What came from the host."""
        return [self.log.text(n) for n in range(self.log.end) if not self.log.flags[n]]

    @property
    def marks(self) -> list[str]:
        return [self.log.text(n) for n in range(self.log.end) if self.log.flags[n] & MARK]

    def changed(self, host: HostName) -> None:
        self.changes += 1

    async def play(self, script: Script) -> None:
        """Follow until the script has ended."""
        followed = Followed(self.journal, "k0scontroller")
        task = asyncio.ensure_future(follow_host(followed, self.store, self.clock, self.board, self.changed))  # noqa: TID251
        try:
            await script(self.journal, self)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if not task.cancelled():
            task.result()


def play(script: Script) -> Scene:
    """The scene after a script."""
    scenes: list[Scene] = []

    async def run() -> None:
        scenes.append(Scene())
        await scenes[0].play(script)

    virtually(run)
    return scenes[0]


def unique(number: int) -> str:
    """A line with a template of its own: never held back."""
    return klog(f'"line" n={number}', location=f"file.go:{number}")


def test_new_lines_come_within_the_pace() -> None:
    """What a host says is in the store one pace later, once."""

    async def script(journal: ModelJournal, scene: Scene) -> None:
        for number in range(5):
            journal.say(unique(number))
            await asyncio.sleep(2 * WATCHED)

    scene = play(script)

    assert scene.texts == [unique(number) for number in range(5)]
    assert scene.marks == []
    assert scene.board.streams[HostName("c1")].phase is Phase.FOLLOWING
    assert scene.changes >= 5


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.integers(1, 40)),
        st.tuples(st.just("wait"), st.integers(1, 30)),
        st.tuples(st.just("fail"), st.lists(st.sampled_from(["before", "after", ""]), max_size=4)),
    ),
    max_size=14,
)


@settings(deadline=None, max_examples=60)
@given(EVENTS)
def test_connections_lost_at_any_moment_repeat_and_lose_nothing(events: list[tuple[str, object]]) -> None:
    """Requests that were never heard and answers that never arrived change no line: each comes exactly once."""
    said: list[str] = []

    async def script(journal: ModelJournal, scene: Scene) -> None:
        journal.say(unique(0))
        said.append(unique(0))
        await asyncio.sleep(5)
        for what, value in events:
            match what, value:
                case "say", int(count):
                    texts = [unique(len(said) + index) for index in range(count)]
                    said.extend(texts)
                    journal.say(*texts)
                case "wait", int(seconds):
                    await asyncio.sleep(seconds)
                case "fail", list(faults):
                    journal.fail.extend(faults)
        await asyncio.sleep(120)

    scene = play(script)

    assert scene.texts == said
    assert sum("lost" in mark and "back" in mark for mark in scene.marks) == sum(
        "no lines from here on" in mark for mark in scene.marks
    )
    assert all(", 0 lost" in mark for mark in scene.marks if "back" in mark)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(1, 3_000), st.sampled_from(["before", "after", ""])), min_size=1, max_size=8))
def test_a_flood_is_counted_exactly_over_lost_connections(bursts: list[tuple[int, str]]) -> None:
    """Sent and counted add up to what was said, with the connection lost in every burst."""

    async def script(journal: ModelJournal, scene: Scene) -> None:
        journal.say(no_agent(0))
        await asyncio.sleep(3)
        for count, fault in bursts:
            journal.say(*[no_agent(number) for number in range(count)])
            journal.fail.append(fault)
            await asyncio.sleep(3)
        await asyncio.sleep(60)

    scene = play(script)

    counters = scene.log.counters
    assert counters.stored + counters.folded == 1 + sum(count for count, _ in bursts)


def test_a_host_that_was_gone_says_when_and_how_much() -> None:
    """Two records in the stream: that it is silent and why, and that it is back with its lines."""

    async def script(journal: ModelJournal, scene: Scene) -> None:
        journal.say(unique(0))
        await asyncio.sleep(3)
        journal.fail = ["before"] * 4
        journal.say(*[unique(number) for number in range(1, 38)])
        await asyncio.sleep(1)
        assert scene.board.streams[journal.host].phase is Phase.GONE
        await asyncio.sleep(30)

    gone, back = play(script).marks

    assert "no lines from here on: c1: the connection was lost" in gone
    assert "37 lines recovered, 0 lost" in back


def test_what_the_journal_deleted_meanwhile_is_told() -> None:
    """When the journal does not reach back to the last line read, the stream says so and the gap has both ends."""

    async def script(journal: ModelJournal, scene: Scene) -> None:
        journal.say(unique(0))
        await asyncio.sleep(3)
        journal.fail = ["before"] * 3
        await asyncio.sleep(1)
        journal.say(*[unique(number) for number in range(1, 9)])
        journal.vacuumed = 5
        await asyncio.sleep(30)

    scene = play(script)

    assert "an unknown number lost" in scene.marks[-1]
    (gap,) = scene.log.gaps
    assert (gap.why, gap.start, gap.end) == ("vacuumed", scene.journal.entries[0][0], scene.journal.entries[5][0])
    assert scene.texts == [unique(0), *[unique(number) for number in range(5, 9)]]


def test_far_behind_it_goes_on_at_now_and_says_what_it_left_out() -> None:
    """Hours of flood are not read line by line: follow shows now, and the range between is a gap."""

    async def script(journal: ModelJournal, scene: Scene) -> None:
        journal.say(unique(0))
        await asyncio.sleep(3)
        journal.fail = ["before"] * 400
        journal.say(*[no_agent(number) for number in range(LIMIT + 5_000)])
        await asyncio.sleep(3_600)
        journal.say(unique(1))
        journal.fail.clear()
        await asyncio.sleep(30)

    scene = play(script)

    assert unique(1) in scene.texts
    assert [gap.why for gap in scene.log.gaps] == ["skipped"]
    assert any("too far behind" in mark for mark in scene.marks)


def test_a_backlog_is_read_without_pauses() -> None:
    """While a full batch says that more is waiting, the next request leaves at once."""

    async def script(journal: ModelJournal, scene: Scene) -> None:
        journal.say(unique(0))
        await asyncio.sleep(3)
        before = journal.answers
        journal.say(*[no_agent(number) for number in range(2 * LIMIT + 1)])
        await asyncio.sleep(1.5 * WATCHED)
        assert journal.answers - before >= 3

    scene = play(script)

    assert scene.log.counters.stored + scene.log.counters.folded == 2 * LIMIT + 2


def test_a_clock_that_is_off_is_corrected_and_a_step_is_told() -> None:
    """Lines of a host that is an hour ahead are at our time; when its clock is set, the stream says so."""

    async def script(journal: ModelJournal, scene: Scene) -> None:
        journal.ahead = timedelta(hours=1)
        await asyncio.sleep(5)
        journal.say(unique(0))
        said = scene.clock.now().timestamp() * 1e6
        await asyncio.sleep(5)
        assert abs(scene.log.times[0] - said) < 1_000
        journal.ahead = timedelta(hours=2)
        await asyncio.sleep(5)

    assert any("its clock was set forward by 3600.0 s" in mark for mark in play(script).marks)


def test_a_host_without_the_right_is_told_once_and_asked_again_later() -> None:
    """No journal access is a state with its reason, not a quiet stream; the others go on."""

    async def run() -> None:
        clock, store, board = LoopClock(), LogStore(), Board()
        refusing = FakeShell("c2", default=NotPermitted("c2: sudo wants a password"))
        hanging = FakeShell("c3", default=HANGS)
        journal = ModelJournal(clock)
        journal.say(unique(0))
        hosts = [Followed(shell, "k0scontroller") for shell in (refusing, hanging, journal)]
        try:
            async with asyncio.timeout(2 * REFUSED + 5):
                await follow_logs(hosts, store, clock, board, lambda host: None)
        except TimeoutError:
            pass
        assert board.streams[HostName("c2")].phase is Phase.REFUSED
        assert board.streams[HostName("c2")].why == "c2: sudo wants a password"
        assert board.streams[HostName("c3")].phase is Phase.WAITING
        assert board.streams[HostName("c1")].phase is Phase.FOLLOWING
        assert len(refusing.ran) == 3
        (log,) = (log for log in store.logs if log.source.host == "c2")
        assert [log.text(number) for number in range(log.end)] == [
            "-- c2: no lines from here on: c2: sudo wants a password --"
        ]

    virtually(run)


def test_an_unwatched_pane_costs_half() -> None:
    """Nobody looks: every two seconds are enough for rules and counters."""
    answers: list[int] = []

    async def script(journal: ModelJournal, scene: Scene) -> None:
        for watched in (True, False):
            scene.board.watched = watched
            await asyncio.sleep(5)
            before = journal.answers
            await asyncio.sleep(20)
            answers.append(journal.answers - before)

    play(script)

    assert answers[0] == 20
    assert answers[1] == 10


def test_uncapped_everything_passes() -> None:
    """For as long as the operator asked, nothing is counted instead of sent."""

    async def script(journal: ModelJournal, scene: Scene) -> None:
        journal.say(unique(0))
        await asyncio.sleep(3)
        scene.board.uncapped_until = scene.clock.monotonic() + 30
        journal.say(*[no_agent(number) for number in range(500)])
        await asyncio.sleep(10)

    scene = play(script)

    assert scene.log.counters.folded == 0
    assert scene.log.counters.stored == 501


def test_a_workers_pod_files_are_sources_of_their_own() -> None:
    """The agent's file is read beside the journal and named by its container."""
    path = "/var/log/pods/kube-system_konnectivity-agent-x_1/konnectivity-agent/0.log"
    line = '2025-02-04T09:18:00.1Z stderr F E0204 09:18:00.1 1 clientset.go:204] "cannot connect once" err="x"\n'

    async def run() -> None:
        clock, store = LoopClock(), LogStore()
        shell = FakeShell("w1", default=f"P 7 0 {len(line)} {len(line)} {path}\n{line}\nEND\n")
        followed = Followed(shell, "k0sworker", worker=True, openrc=True)
        try:
            async with asyncio.timeout(3):
                await follow_host(followed, store, clock, Board(), lambda host: None)
        except TimeoutError:
            pass
        agent = next(log for log in store.logs if log.source.unit == "konnectivity-agent")
        assert store.templates[agent.templates[0]].component == "konnectivity-agent"

    virtually(run)


def test_a_file_that_waits_is_asked_again_at_once() -> None:
    """Ten pieces of a file come within one pace, and no more are asked for than there are."""
    text = "x" * 99 + "\n"

    def piece(command: Command) -> str:
        offset = 100 * (len(shell.ran) - 1)
        return f"P 7 {offset} 100 {max(1000, offset + 100)} /var/log/k0s.log\n{text}\nEND\n"

    shell = FakeShell("w1", default=piece)

    async def run() -> None:
        clock, store = LoopClock(), LogStore()
        follower = follow_host(Followed(shell, "k0sworker", openrc=True), store, clock, Board(), lambda host: None)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.99 * WATCHED):
                await follower

    virtually(run)
    assert len(shell.ran) == 10


def test_a_fold_that_is_opened_is_fetched() -> None:
    """Lines that the host only counted come into a store of their own; none is counted twice."""

    async def script(journal: ModelJournal, scene: Scene) -> None:
        journal.say(unique(0))
        await asyncio.sleep(3)
        journal.say(*[no_agent(number) for number in range(300)])
        await asyncio.sleep(5)
        counted = scene.log.counters.stored + scene.log.counters.folded
        since = scene.clock.now() - timedelta(minutes=1)
        wanted = Unfolding(scene.log.source, Span(since, scene.clock.now()))
        await unfold(Followed(journal, "k0scontroller"), wanted, scene.clock, scene.board)
        fetched = wanted.store.logs[0]
        assert (wanted.done, wanted.why) == (True, "")
        assert sum("No agent" in fetched.text(number) for number in range(fetched.end)) == 300
        assert scene.log.counters.stored + scene.log.counters.folded == counted == 301

    play(script)


def test_a_fold_of_a_host_without_journal_says_why_it_stays_shut() -> None:
    """Under OpenRC nothing can be asked again by time; a host that is not followed neither."""

    async def run() -> None:
        clock = LoopClock()
        wanted = Unfolding(Source(HostName("c1"), "k0scontroller"), Span(clock.now()))
        await unfold(None, wanted, clock, Board())
        assert wanted.done
        assert "OpenRC" in wanted.why

    virtually(run)


def test_a_gap_is_filled_and_then_it_is_none() -> None:
    """What was left out because too much was waiting comes by its range, and the histogram knows it."""

    async def script(journal: ModelJournal, scene: Scene) -> None:
        journal.say(*[unique(number) for number in range(5)])
        await asyncio.sleep(3)
        log = scene.log
        gap = Gap(log.times[0], log.times[0] + 60_000_000, "skipped")
        scene.store.mark(log, gap.end, "-- left out --", gap)
        await refill(Followed(journal, "k0scontroller"), Refill(log.source, gap), scene.store, scene.clock, scene.board)
        assert log.gaps == []
        assert scene.store.logs[1].counters.stored == 5

    play(script)


def test_files_that_cannot_be_read_are_a_record() -> None:
    """An answer without an end is told once in the stream, and once more when the reason is another."""

    store = LogStore()
    stream = FileStream(Source(HostName("w1"), "k0sworker"), store, ("/var/log/pods/x",), pods=True)
    refused = reply(b"", b"tail: cannot open", 1)
    assert [stream.keep(refused), stream.keep(refused), stream.keep(reply(b"END\n"))] == [True, False, True]
    log = store.logs[0]
    assert [log.text(number) for number in range(log.end)] == [
        "-- w1: /var/log/pods/x: not read, exit status 1 tail: cannot open --"
    ]


def test_a_bug_that_a_line_brings_out_is_a_refused_stream() -> None:
    """It says so, quotes nothing, and is asked again; no other host's logs end with it."""

    async def run() -> None:
        clock, store, board = LoopClock(), LogStore(), Board()
        followed = Followed(FakeShell("c1", default=AssertionError("hunter2")), "k0scontroller")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                await follow_host(followed, store, clock, board, lambda host: None)
        stream = board.streams[HostName("c1")]
        assert stream.phase is Phase.REFUSED
        assert "AssertionError" in stream.why
        assert "hunter2" not in stream.why

    virtually(run)


def test_openrc_lines_are_in_the_hosts_zone() -> None:
    """k0s' own files tell local time; the host says with each answer how far east it is."""
    line = 'time="2025-02-04 11:18:00" level=info msg="starting"\n'
    store = LogStore()
    stream = FileStream(Source(HostName("a1"), "k0scontroller"), store, ("/var/log/k0s.log",), pods=False)
    stream.keep(reply(f"Z +0200\nP 7 0 {len(line)} {len(line)} /var/log/k0s.log\n{line}\nEND\n"))

    assert datetime.fromtimestamp(store.logs[0].times[0] / 1e6, UTC) == datetime(2025, 2, 4, 9, 18, tzinfo=UTC)


def test_a_host_that_floods_is_asked_less_often() -> None:
    """To begin a batch costs a host as much as a thousand lines: while only numbers are sent, every two seconds do."""
    answers: list[int] = []

    async def script(journal: ModelJournal, scene: Scene) -> None:
        for flooding in (False, True):
            await asyncio.sleep(6)
            before = journal.answers
            for number in range(20):
                journal.say(*([no_agent(number)] * 100 if flooding else [unique(number)]))
                await asyncio.sleep(1)
            answers.append(journal.answers - before)

    play(script)

    assert answers[0] >= 19
    assert 9 <= answers[1] <= 13
