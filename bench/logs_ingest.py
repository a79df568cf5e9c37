"""Log lines from a real sshd into a filtered view, one process, one core; beside it the same from memory.

Bar: 200,000 lines a second, no slice of work longer than 8 ms (of the thread's own time). Two hosts are followed, as
k0stui follows hosts: while the answer of one is kept, that of the other is under way. They do nothing but `tail | head`
of a prepared file, so the figure is the client's. The peer is what Textual's RichLog does with a line.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from rich.console import Console
from rich.text import Text

from bench.logs_corpus import START, corpus, pieces
from bench.result import report
from k0stui.connect.connector import Options, SshConnector
from k0stui.connect.ssh import LogChannel
from k0stui.inventory import InventoryHost, Reach
from k0stui.logs.filter import parse
from k0stui.logs.record import ShortReader, decode
from k0stui.logs.store import LogStore
from k0stui.logs.view import View
from k0stui.model.host import HostName
from k0stui.model.log import Source
from k0stui.ports import Command
from tests.sshd import ME, an_sshd

LINES = 400_000
PIECE = 64 * 1024
ANSWER = 4 * 1024 * 1024
NOW = datetime.fromtimestamp(START, UTC)


class Pipeline:
    """Bytes in, a view out; remembers its longest slice."""

    def __init__(self, text: str) -> None:
        self.store = LogStore()
        self.view = View(self.store, parse(text), NOW)
        self.slices: list[float] = []

    def slice(self, work: Callable[[], object]) -> object:
        """Do one piece of work, by the clock."""
        began = time.thread_time()
        found = work()
        self.slices.append(time.thread_time() - began)
        return found


class Feed:
    """One host's bytes."""

    def __init__(self, pipeline: Pipeline, host: str) -> None:
        self._pipeline = pipeline
        self._log = pipeline.store.log(Source(HostName(host), "k0scontroller"))
        self._reader = ShortReader()

    def take(self, data: bytes) -> Iterator[None]:
        """An answer as the loop takes it: keep, then show, in slices between which keys have their turn."""
        for piece in pieces(data, PIECE):
            self._pipeline.slice(lambda piece=piece: self._keep(piece))  # type: ignore[misc]
            yield
            while self._pipeline.slice(self._pipeline.view.advance):
                yield

    def _keep(self, piece: bytes) -> None:
        self._pipeline.store.append(self._log, self._reader.feed(decode(piece).split("\n")))


def local(data: bytes, text: str) -> float:
    feed = Feed(Pipeline(text), "c1")
    began = time.perf_counter()
    for _ in feed.take(data):
        pass
    return LINES / (time.perf_counter() - began)


async def through_sshd(data: bytes, text: str) -> tuple[float, float, Pipeline]:
    """Lines per second by the clock, and per second of this process' own time."""
    pipeline = Pipeline(text)
    with tempfile.TemporaryDirectory() as name, an_sshd(Path(name)) as sshd:
        (Path(name) / "known_hosts").write_text(sshd.known_hosts())
        (Path(name) / "config").write_text("")
        half = data.index(b"\n", len(data) // 2) + 1
        options = Options(config_path=Path(name) / "config", known_hosts=(Path(name) / "known_hosts",))
        async with SshConnector(options) as connector:
            ways = []
            for host, part in (("c1", data[:half]), ("c2", data[half:])):
                (Path(name) / host).write_bytes(part)
                reach = Reach(sshd.address, ME, sshd.port, str(sshd.client_key))
                channel = connector.shell(InventoryHost(HostName(host), reach)).log_channel()
                await channel.run(Command(("true",)))
                ways.append(pull(channel, f"{name}/{host}", len(part), Feed(pipeline, host)))
            began, own = time.perf_counter(), time.process_time()
            await asyncio.gather(*ways)
            return LINES / (time.perf_counter() - began), LINES / (time.process_time() - own), pipeline


async def pull(channel: LogChannel, path: str, size: int, feed: Feed) -> None:
    at = 0
    while at < size:
        script = f"tail -c +{at + 1} {path} | head -c {ANSWER}"
        reply = await channel.run(Command(("sh", "-c", script), cap=ANSWER))
        whole = reply.stdout.rfind(b"\n") + 1
        for _ in feed.take(reply.stdout[:whole]):
            await asyncio.sleep(0)
        at += whole


def rich_log(data: bytes) -> float:
    """What RichLog does with each line: a Text, rendered to segments at the width of the pane."""
    console = Console(width=200, force_terminal=True)
    lines = data.decode().split("\n")[:4_000]
    began = time.perf_counter()
    for line in lines:
        console.render_lines(Text(line), console.options)
    return len(lines) / (time.perf_counter() - began)


def main() -> None:
    data = corpus(LINES)
    rates = {text: local(data, text) for text in ("", "level>=W", 'level>=E -"No agent available"')}
    wire, own, pipeline = asyncio.run(through_sshd(data, 'level>=E -"No agent available"'))
    peer = rich_log(data)
    assert pipeline.view.counters.stored >= LINES - 2
    longest = sorted(pipeline.slices)
    report(
        "logs_ingest",
        lines=LINES,
        sshd_lines_per_second=round(wire),
        sshd_lines_per_own_second=round(own),
        memory_lines_per_second={text or "(none)": round(rate) for text, rate in rates.items()},
        longest_slice_ms=round(longest[-1] * 1e3, 2),
        slice_p99_ms=round(longest[int(len(longest) * 0.99)] * 1e3, 2),
        rich_log_lines_per_second=round(peer),
        times_rich_log=round(wire / peer, 1),
        bar_lines_per_second=200_000,
        bar_slice_ms=8,
        met=wire >= 200_000 and longest[-1] <= 0.008,
    )


if __name__ == "__main__":
    main()
