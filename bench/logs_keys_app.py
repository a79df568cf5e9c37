"""The log pane with 20,000 lines a second coming in, from five hosts in turn, in a terminal. See logs_keys.py."""

from __future__ import annotations

import asyncio
import sys
import time
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.logs_corpus import lines
from k0stui.logs.board import Board, Feed, Phase, Stream
from k0stui.logs.record import Records, ShortReader
from k0stui.logs.store import LogStore
from k0stui.model.host import HostName
from k0stui.model.log import Source
from k0stui.ui.app import K0stuiApp
from k0stui.ui.theme import load
from tests.looks import demo_look
from tests.ui.outside import FakeOutside

RATE = 20_000
HOSTS = 5
BATCH = 800
"""Lines that are kept in one go: a host's batch comes in pieces of at most 1,500."""


def corpus() -> list[Records]:
    """Batches that are said again and again, with new times."""
    reader, text = ShortReader(), lines(60_000)
    return [reader.feed(list(islice(text, BATCH))) for _ in range(60_000 // BATCH)]


async def pour(feed: Feed) -> None:
    """Keep to the rate by the clock, whatever the pane takes."""
    batches, said, began = corpus(), 0, time.monotonic()
    while True:
        batch = batches[said // BATCH % len(batches)]
        now = int(time.time() * 1e6)
        batch.times[:] = range(now, now + len(batch))
        log = feed.store.log(Source(HostName(f"c{said // BATCH % HOSTS}"), "k0scontroller"))
        feed.store.append(log, batch)
        said += BATCH
        # What a busy machine has missed comes at most twice as fast: the stream alone must not fill the loop.
        await asyncio.sleep(max(BATCH / RATE / 2, began + said / RATE - time.monotonic()))


class Bench(K0stuiApp):
    """The program, and the stream into it."""

    def on_ready(self) -> None:
        feed = self.outside.logs
        assert feed is not None
        self.run_worker(pour(feed))


def main() -> None:
    feed = Feed(LogStore(), Board())
    for number in range(HOSTS):
        feed.board.streams[HostName(f"c{number}")] = Stream(Phase.FOLLOWING)
    outside = FakeOutside(demo_look("incident"))
    outside.logs = feed
    Bench(load("ansi-dark"), outside).run()


if __name__ == "__main__":
    main()
