"""Half an hour of flood on two hosts whose connections are cut every minute: memory stays flat, and no count is wrong.

`python -m bench.soak [minutes]`. Real journald and sshd. What each source said must be what was kept, counted on the
host, or told as suppressed by journald; a gap would be declared in lines or not at all. The lines' rate is low, so that
it can run beside other work; the budget is small, so that dropping for its sake is part of the run.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.logs_flood import flood, followed, settled
from bench.logs_host import LogHost, Reached, log_hosts, reached
from bench.logs_memory import resident
from bench.result import report
from k0stui.connect.clock import SystemClock
from k0stui.logs.filter import parse
from k0stui.logs.store import LogStore
from k0stui.logs.view import View
from tests.logs.journald import missing

MINUTES = 30
CUT_EVERY = 60.0
"""Seconds."""
RATE = 300
"""Lines a second on each host; all seven shapes of the corpus are floods at this rate."""
BUDGET = 8 * 1024 * 1024
"""Bytes of the store: small enough to be full in a quarter of the run."""
NOISE = 40
"""Lines a second on each host that no fold holds back, so that lines are stored and dropped all the time."""
WORDS = 2_000
"""Of which so many differ from each other."""
FLAT = 8 * 1024 * 1024
"""Bytes by which memory may grow in the second half: in the first one the store fills, lines first, then those that are
kept longest, which take more than their share of the budget says."""


async def noise(host: LogHost, said: dict[Any, int]) -> None:
    """Lines that no fold can hold back."""
    number = 0
    while True:
        for _ in range(NOISE // 4):
            number += 1
            letters = "".join(chr(97 + int(digit)) for digit in str(number % WORDS))
            host.daemon.say(f'time="2026-11-22 10:00:00" level=warning msg="{letters} is new" component={host.name}')
            said[host.name] += 1
        await asyncio.sleep(0.25)


async def cut(ways: list[Reached], cuts: list[float]) -> None:
    """Both connections, in the middle of whatever they carry."""
    while True:
        await asyncio.sleep(CUT_EVERY)
        for way in ways:
            way.relay.cut()
        cuts.append(time.monotonic())


async def look(store: LogStore, sizes: list[tuple[float, int, int]]) -> None:
    """A filtered view that is kept up to date, and the process' memory twice a minute."""
    view = View(store, parse("level>=W"), SystemClock().now())
    due = 0.0
    while True:
        more = view.advance()
        if time.monotonic() >= due:
            due = time.monotonic() + 30
            sizes.append((time.monotonic(), resident(), store.size))
        await asyncio.sleep(0 if more else 0.5)


async def soak(folder: Path, hosts: list[LogHost], minutes: float) -> dict[str, Any]:
    store, cuts, sizes = LogStore(BUDGET), list[float](), list[tuple[float, int, int]]()
    async with reached(folder, hosts) as ways, asyncio.TaskGroup() as group:
        following = await followed(ways, store, group)
        said = {way.host.name: 1 for way in ways}
        sources = [group.create_task(flood(host, said, RATE)) for host in hosts]
        sources += [group.create_task(noise(host, said)) for host in hosts]
        others = [group.create_task(cut(ways, cuts)), group.create_task(look(store, sizes))]
        await asyncio.sleep(minutes * 60)
        for task in (*sources, others[0]):
            task.cancel()
        counted = await settled(store, said)
        for task in (following, *others):
            task.cancel()
    return figures(store, sum(said.values()), counted, len(cuts), sizes)


def figures(store: LogStore, said: int, counted: int, cuts: int, sizes: list[tuple[float, int, int]]) -> dict[str, Any]:
    gc.collect()
    counters = [log.counters for log in store.logs]
    settled_at = max(1, len(sizes) // 2)
    early = max(size for _, size, _ in sizes[:settled_at])
    late = max(size for _, size, _ in sizes[settled_at:] or sizes)
    return {
        "said": said,
        "counted": counted,
        "stored": sum(each.stored for each in counters),
        "folded_on_the_hosts": sum(each.folded for each in counters),
        "suppressed": sum(each.suppressed for each in counters),
        "dropped_for_the_budget": sum(each.dropped for each in counters),
        "gaps": sum(each.gaps for each in counters),
        "cuts": cuts,
        "told_returns": sum(text.count("; ") for text in returns(store)),
        "store_bytes_most": max(size for _, _, size in sizes),
        "resident_mb_first_half": round(early / 1e6, 1),
        "resident_mb_second_half": round(late / 1e6, 1),
        "grown_bytes": late - early,
    }


def returns(store: LogStore) -> list[str]:
    """What the stream still has of `gone …, back …`: marks are kept longest."""
    texts = (log.text(number) for log in store.logs for number in (*log.kept.numbers, *range(log.first, log.end)))
    return [text for text in texts if text.startswith("-- ") and ", back " in text]


def main() -> None:
    if missing():
        print(f"soak: {missing()}")
        return
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES
    with tempfile.TemporaryDirectory() as name, log_hosts(Path(name), ("c1", "c2")) as hosts:
        found = asyncio.run(soak(Path(name), hosts, minutes))
    exact = found["said"] == found["counted"]
    flat = found["grown_bytes"] <= FLAT and found["store_bytes_most"] <= BUDGET
    report(
        "soak",
        minutes=minutes,
        lines_per_second=2 * (RATE + NOISE),
        budget_bytes=BUDGET,
        **found,
        exact=exact,
        flat=flat,
        met=exact and flat and found["gaps"] == 0 and found["cuts"] >= minutes - 1,
    )


if __name__ == "__main__":
    main()
