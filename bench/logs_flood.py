"""A flood of 1,900 lines a second, folded on the host: bytes on the wire, the host's processor, and no lost count.

Bars: both controllers together at most 5 kB/s, at most 3 % of a core on a host, counts exact. A real journald and
journalctl where they can run here (root), with each awk that is installed; beside it the same lines as `-o json`.
"""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import sys
import tempfile
import time
import zlib
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.logs_corpus import lines
from bench.result import report
from k0stui.logs.store import LogStore
from k0stui.logs.stream import JournalStream, Moment
from k0stui.model.log import Source
from tests.logs.journald import Journald, journald, missing

RATE = 1_900
SECONDS = 12
AWKS = {"mawk": "mawk", "gawk": "gawk", "busybox": "busybox"}


def flood(daemon: Journald, texts: list[str]) -> float:
    """Say a second's worth within less than one; how long it took."""
    began = time.perf_counter()
    for text in texts:
        daemon.say(text)
    daemon.settle()
    return time.perf_counter() - began


def follow(daemon: Journald) -> dict[str, Any]:
    """One batch per second of flood; the batches' own cost, without that of making the flood."""
    store = LogStore()
    stream = JournalStream(Source(daemon.host, "k0scontroller"), store)
    messages = (line.partition(": ")[2] for line in lines(RATE * (SECONDS + 3)))
    wire = sent = again = packed = 0
    said = 1
    daemon.say("the first line")
    daemon.settle()
    now = Moment(datetime.now(UTC), time.monotonic())
    stream.keep(asyncio.run(daemon.run(stream.ask(now, None, uncapped=False))), now, None)
    cost: list[float] = []
    for second in range(SECONDS + 3):
        said += len(texts := list(islice(messages, RATE)))
        pause = 1 - flood(daemon, texts)
        time.sleep(max(0.0, pause))
        now = Moment(datetime.now(UTC), time.monotonic())
        command = stream.ask(now, None, uncapped=False)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        reply = asyncio.run(daemon.run(command))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        stream.keep(reply, now, None)
        if second >= 3:  # the first batches teach what is hot
            request = "\0".join(command.argv).encode()
            wire += len(reply.stdout)
            sent += len(request)
            again += sum(len(word) for word in command.argv if len(word) < 500)
            packed += len(zlib.compress(reply.stdout, 6))
            cost.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    while stream.keep(asyncio.run(daemon.run(stream.ask(now, None, uncapped=False))), now, None):
        pass
    counters = store.logs[0].counters
    return {
        "answer_bytes_per_second": round(wire / SECONDS),
        "request_bytes_per_second": round(sent / SECONDS),
        "request_without_constant_words": round(again / SECONDS),
        "answer_packed_bytes_per_second": round(packed / SECONDS),
        "core_percent": round(sorted(cost)[len(cost) // 2] * 100, 1),
        "said": said,
        "counted": counters.stored + counters.folded,
    }


def as_json(daemon: Journald) -> int:
    """Bytes of a second of the same flood as JSON, all fields."""
    return len(daemon.control("-q", "--no-pager", "-o", "json", "-u", "k0scontroller", "-n", str(RATE)))


def with_awk(name: str) -> dict[str, Any]:
    """The run with one awk first in the path."""
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(str(shutil.which(AWKS[name])), f"{folder}/awk")
        os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"
        try:
            with journald() as daemon:
                return follow(daemon) | {"json_bytes_per_second": as_json(daemon)}
        finally:
            os.environ["PATH"] = os.environ["PATH"].partition(":")[2]


def main() -> None:
    if missing():
        print(f"logs_flood: {missing()}")
        return
    found = {name: with_awk(name) for name in AWKS if shutil.which(AWKS[name])}
    worst = max(found.values(), key=lambda each: each["answer_bytes_per_second"])
    both = 2 * (worst["answer_bytes_per_second"] + worst["request_bytes_per_second"])
    remembered = 2 * (worst["answer_bytes_per_second"] + worst["request_without_constant_words"])
    report(
        "logs_flood",
        both_controllers_where_the_channel_remembers_words=remembered,
        rate=RATE,
        awks=found,
        both_controllers_bytes_per_second=both,
        both_controllers_answers_only=2 * worst["answer_bytes_per_second"],
        bar_bytes_per_second=5_000,
        bar_core_percent=3,
        exact=all(each["said"] == each["counted"] for each in found.values()),
        met=both <= 5_000
        and all(each["core_percent"] <= 3 and each["said"] == each["counted"] for each in found.values()),
    )


if __name__ == "__main__":
    main()
