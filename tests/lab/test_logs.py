"""The journals of real hosts by cursor over real ssh: each line once, whatever happens to journal, clock or way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from k0stui.connect.clock import SystemClock
from k0stui.connect.connector import Options, SshConnector
from k0stui.connect.ssh import SshShell
from k0stui.inventory import InventoryHost, Reach
from k0stui.logs.parse import MARK
from k0stui.logs.store import LogStore
from k0stui.logs.stream import JournalStream, Moment, Span
from k0stui.model.host import HostName
from k0stui.model.log import Source
from tests.lab import access, boot, network, place
from tests.lab.faults import inflict
from tests.lab.hosts import WORKERS, LabHost

WORKER, STEPPED = WORKERS[3], WORKERS[2]
"""They write little of their own. A journal with a step of the clock in it cannot be asked by time (systemd#43805)."""


class Reading:
    """One worker's journal, pulled by hand over its log channel."""

    def __init__(self, host: LabHost, shell: SshShell, span: Span | None = None) -> None:
        self.host = host
        self.store = LogStore()
        self.stream = JournalStream(Source(HostName(host.name), "k0sworker"), self.store, span)
        self.log = self.store.logs[0]
        self._channel = shell.log_channel()
        self._clock = SystemClock()

    async def pull(self, *, lose: bool = False, gone: bool = False) -> bool:
        """One batch, or one whose answer is lost on its way."""
        now = Moment(self._clock.now(), self._clock.monotonic())
        since = now.at if gone else None
        reply = await self._channel.run(self.stream.ask(now, since, uncapped=False))
        return False if lose else self.stream.keep(reply, now, since)

    async def pull_all(self) -> None:
        boot.run(self.host, "journalctl", "--sync")
        while await self.pull() or self.stream.behind:
            pass

    @property
    def ours(self) -> list[str]:
        """Lines that the test has said."""
        texts = (self.log.text(number) for number in range(self.log.end) if not self.log.flags[number] & MARK)
        return [text for text in texts if text.startswith("lab line ")]

    @property
    def marks(self) -> list[str]:
        return [self.log.text(number) for number in range(self.log.end) if self.log.flags[number] & MARK]


def say(host: LabHost, word: str) -> str:
    """One record about the worker's unit, from root as PID 1 writes them; what it says."""
    text = f"lab line {word}"
    fields = (f"MESSAGE={text}", "SYSLOG_IDENTIFIER=k0s", "OBJECT_SYSTEMD_UNIT=k0sworker.service", "")
    boot.run(host, "logger", "--journald", stdin="\n".join(fields))
    return text


def reading(script: Callable[[Reading], Awaitable[None]], span: Span | None = None, host: LabHost = WORKER) -> Reading:
    """The journal after a script, asked from within the lab's network."""

    async def run() -> Reading:
        files = (access.KEY.parent / "config", access.KEY.parent / "known_hosts")
        async with SshConnector(Options(config_path=files[0], known_hosts=(files[1],))) as connector:
            reach = Reach(host.address, access.USER, 22, str(access.KEY))
            shell = connector.shell(InventoryHost(HostName(host.name), reach))
            assert isinstance(shell, SshShell)
            found = Reading(host, shell, span)
            await script(found)
            await shell.close()
            return found

    assert place.LAB.exists()
    with network.inside():
        return asyncio.run(run())


def word(prefix: str, number: int) -> str:
    """A word without digits, so that no two lines share a template."""
    return prefix + "".join(chr(97 + int(digit)) for digit in str(number))


def test_each_line_comes_once_over_rotation_and_lost_answers(incident: None) -> None:
    """Lost answers are asked for again from the same cursor; rotated files make no difference."""
    said: list[str] = []

    async def script(found: Reading) -> None:
        await found.pull_all()
        for number in range(24):
            said.append(say(WORKER, word("rotate ", number)))
            if number % 4 == 1:
                boot.run(WORKER, "journalctl", "--sync")
                await found.pull(lose=number % 8 == 1)
            if number in (8, 16):
                boot.run(WORKER, "journalctl", "--rotate")
        await found.pull_all()

    assert reading(script).ours == said


def test_what_was_vacuumed_meanwhile_is_told(incident: None) -> None:
    """When the entry of the cursor is gone, reading goes on at the oldest one left, and the gap is a record."""

    async def script(found: Reading) -> None:
        say(WORKER, "vacuum before")
        await found.pull_all()
        for number in range(10):
            say(WORKER, word("vacuum lost ", number))
        boot.run(WORKER, "journalctl", "--sync")
        boot.run(WORKER, "journalctl", "--rotate")
        boot.run(WORKER, "journalctl", "--vacuum-time=1us")
        say(WORKER, "vacuum after")
        boot.run(WORKER, "journalctl", "--sync")
        await found.pull(gone=True)
        await found.pull_all()

    found = reading(script)

    assert found.ours[-1] == "lab line vacuum after"
    assert [gap.why for gap in found.log.gaps] == ["vacuumed"]
    assert any("an unknown number lost" in mark for mark in found.marks)


def test_a_clock_that_is_set_loses_nothing_and_repeats_nothing(incident: None) -> None:
    """Forward by forty seconds and back, journald with it: each line once, in its own order; both steps are told."""
    said: list[str] = []

    async def phase(found: Reading, name: str) -> None:
        boot.run(STEPPED, "systemctl", "restart", "systemd-journald")
        said.extend([say(STEPPED, word(f"clock {name} ", number)) for number in range(4)])
        for _ in range(3):  # two answers in a row must show a step before it counts as one
            await found.pull_all()

    async def script(found: Reading) -> None:
        await phase(found, "true")
        with inflict("clock", "w3", "+40"):
            await phase(found, "ahead")
        await phase(found, "back")

    found = reading(script, host=STEPPED)

    assert [text for text in found.ours if "clock" in text] == said
    assert sum("its clock was set forward by 4" in mark for mark in found.marks) == 1
    assert sum("its clock was set back by" in mark for mark in found.marks) == 1


def test_a_range_of_the_past_is_what_was_said_in_it(incident: None) -> None:
    """`--until` and the first cursor of a time, on the real journalctl: no line before, none after."""
    asked: list[Span] = []

    async def before(found: Reading) -> None:
        say(WORKER, "range before")
        await asyncio.sleep(1.1)
        since = datetime.now(UTC)
        for number in range(3):
            say(WORKER, word("range within ", number))
        until = datetime.now(UTC)
        await asyncio.sleep(1.1)
        say(WORKER, "range after")
        boot.run(WORKER, "journalctl", "--sync")
        asked.append(Span(since - timedelta(seconds=0.5), until + timedelta(seconds=0.5)))

    async def pull(found: Reading) -> None:
        await found.pull_all()

    reading(before)

    assert reading(pull, asked[0]).ours == [f"lab line {word('range within ', number)}" for number in range(3)]
