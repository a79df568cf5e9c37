"""A flood of 1,900 lines a second on each of two controllers, followed as the screens follow it: what it costs.

Bars: at most 5 kB/s on the wire for both together (all of SSH, counted by a relay in between), at most 3 % of a core on
each host, no count lost. Real journald, journalctl and sshd; with each awk that is installed. Hosts that have journald
have mawk or gawk; busybox is measured too and decides nothing. Beside it the same lines as `journalctl -o json`.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.logs_corpus import lines
from bench.logs_host import LogHost, Reached, log_hosts, reached
from bench.result import report
from k0stui.connect.clock import SystemClock
from k0stui.engine.follow import follow_logs
from k0stui.engine.followed import Followed
from k0stui.logs.board import Board
from k0stui.logs.store import LogStore
from k0stui.model.host import HostName
from tests.logs.journald import missing

RATE = 1_900
WARM = 6
"""Seconds: the first batches teach what is hot."""
SECONDS = 16
AWKS = ("mawk", "gawk", "busybox")


def messages() -> Iterator[str]:
    return (line.partition(": ")[2] for line in lines(10**9))


async def flood(host: LogHost, said: dict[HostName, int], rate: int = RATE) -> None:
    """A tenth of a second's lines ten times a second, until cancelled."""
    texts, due = messages(), time.monotonic()
    while True:
        for text in islice(texts, rate // 10):
            host.daemon.say(text)
            said[host.name] += 1
        due += 0.1
        await asyncio.sleep(max(0.0, due - time.monotonic()))


async def follow(folder: Path, hosts: list[LogHost]) -> dict[str, Any]:
    store = LogStore()
    async with reached(folder, hosts) as ways, asyncio.TaskGroup() as group:
        following = await followed(ways, store, group)
        said = {way.host.name: 1 for way in ways}
        floods = [group.create_task(flood(host, said)) for host in hosts]
        await asyncio.sleep(WARM)
        before = [cost(way) for way in ways]
        await asyncio.sleep(SECONDS)
        spent = [cost(way) for way in ways]
        for each in floods:
            each.cancel()
        counted = await settled(store, said)
        following.cancel()
    return {
        "both_bytes_per_second": round(sum(b[0] - a[0] for a, b in zip(before, spent, strict=True)) / SECONDS),
        "core_percent": round(max(b[1] - a[1] for a, b in zip(before, spent, strict=True)) / SECONDS * 100, 1),
        "said": sum(said.values()),
        "counted": counted,
    }


async def followed(ways: list[Reached], store: LogStore, group: asyncio.TaskGroup) -> asyncio.Task[None]:
    """Follow as the screens do, from a first line on that each host has said: what was before it is none of ours."""
    begun = asyncio.Event()

    def changed(_: HostName) -> None:
        if sum(log.counters.stored for log in store.logs) == len(ways):
            begun.set()

    for way in ways:
        way.host.daemon.say("the first line")
        way.host.daemon.settle()
    hosts = [Followed(way.channel, "k0scontroller") for way in ways]
    task = group.create_task(follow_logs(hosts, store, SystemClock(), Board(), changed))
    await begun.wait()
    return task


def cost(way: Reached) -> tuple[int, float]:
    """Bytes and seconds of the host's processor so far."""
    return way.relay.bytes, way.host.processor_seconds(way.shell)


async def settled(store: LogStore, said: dict[HostName, int]) -> int:
    """What was counted when all that was said has come, or nothing more does for five seconds."""
    end, last = time.monotonic() + 5, -1
    while time.monotonic() < end and last < sum(said.values()):
        counters = [log.counters for log in store.logs]
        counted = sum(each.stored + each.folded + each.suppressed for each in counters)
        if counted != last:
            end, last = time.monotonic() + 5, counted
        await asyncio.sleep(0.2)
    return last


def as_json(host: LogHost) -> int:
    """Bytes of a second of the same flood as JSON, all fields."""
    return len(host.daemon.control("-q", "--no-pager", "-o", "json", "-u", "k0scontroller", "-n", str(RATE)))


def with_awk(awk: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name, log_hosts(Path(name), ("c1", "c2"), awk) as hosts:
        return asyncio.run(follow(Path(name), hosts)) | {"json_bytes_per_second": 2 * as_json(hosts[0])}


def main() -> None:
    if missing():
        print(f"logs_flood: {missing()}")
        return
    found = {awk: with_awk(awk) for awk in AWKS if shutil.which(awk)}
    usual = [figures for awk, figures in found.items() if awk != "busybox"] or list(found.values())
    worst = max(figures["both_bytes_per_second"] for figures in found.values())
    share = max(figures["core_percent"] for figures in usual)
    exact = all(figures["said"] == figures["counted"] for figures in found.values())
    report(
        "logs_flood",
        rate=RATE,
        awks=found,
        both_controllers_bytes_per_second=worst,
        core_percent=share,
        bar_bytes_per_second=5_000,
        bar_core_percent=3,
        exact=exact,
        met=worst <= 5_000 and share <= 3 and exact,
    )


if __name__ == "__main__":
    main()
