"""From a key to the first byte that answers it, while 20,000 lines a second stream into the log pane.

Bar: p95 at most 16 ms. Measured in a pseudo terminal from outside: the key is sent between two of the pictures that
come anyway, so what follows answers it. Peers where they are installed: lnav and toolong (`tl`) on a file that grows as
fast; they get the same keys. All share this machine's cores, also with whoever makes the lines.
"""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.result import report
from tests.pty.terminal import Terminal

KEYS = 50
QUIET = 0.015
"""Seconds without output after which a picture is over."""
WAIT = 0.3
"""Seconds until a key counts as not answered; so long, too, is waited for a picture to begin and to be over."""
ASKS_PLACE, PLACE = b"\x1b[6n", "\x1b[1;1R"
"""Where the cursor is: asked behind a picture, to see that the terminal keeps up."""

_WRITER = """
import sys, time
sys.path.insert(0, sys.argv[2])
from itertools import islice
from bench.logs_corpus import lines
text, out, began, said = lines(10**9), open(sys.argv[1], "a"), time.monotonic(), 0
while True:
    out.write("".join(line + "\\n" for line in islice(text, 800))); out.flush(); said += 800
    time.sleep(max(0.0, began + said / 20_000 - time.monotonic()))
"""


def ready(terminal: Terminal, limit: float) -> bool:
    return bool(select.select([terminal.master], [], [], limit)[0])


def drain(terminal: Terminal) -> None:
    """Read until a picture is over, or until it is clear that one follows on the other."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end and ready(terminal, QUIET):
        if ASKS_PLACE in os.read(terminal.master, 65536):
            terminal.type(PLACE)


def answers(terminal: Terminal, keys: str) -> list[float]:
    """Milliseconds from each key to the first byte after it."""
    found = []
    for number in range(KEYS):
        if ready(terminal, WAIT):
            drain(terminal)
        time.sleep(0.01 + number % 7 * 0.01)
        if ready(terminal, 0):
            drain(terminal)
        sent = time.perf_counter()
        terminal.type(keys[number % len(keys)])
        found.append((time.perf_counter() - sent) * 1e3 if ready(terminal, WAIT) else WAIT * 1e3)
        drain(terminal)
    return found


def summary(found: list[float]) -> dict[str, float]:
    found = sorted(found)
    return {
        "p50_ms": round(found[len(found) // 2], 1),
        "p95_ms": round(found[int(len(found) * 0.95)], 1),
        "max_ms": round(found[-1], 1),
        "not_answered": sum(each >= WAIT * 1e3 for each in found),
    }


def ours() -> dict[str, float]:
    with Terminal([sys.executable, "-m", "bench.logs_keys_app"], width=120, height=40) as terminal:
        terminal.wait_for("k0s-prod")
        terminal.type("5")
        terminal.wait_for("5/5 hosts")
        drain(terminal)
        return summary(answers(terminal, "kkj"))


@contextmanager
def growing() -> Iterator[str]:
    """A file into which 20,000 lines a second are written."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/journal.log"
        Path(path).touch()
        writer = subprocess.Popen([sys.executable, "-c", _WRITER, path, str(Path(__file__).parents[1])])
        try:
            time.sleep(2)
            yield path
        finally:
            writer.kill()
            writer.wait()


def peer(*argv: str) -> dict[str, float] | str:
    """The same keys to another program, or why there is none."""
    program = shutil.which(argv[0], path=os.environ.get("K0STUI_BENCH_PEERS", "") + ":" + os.environ["PATH"])
    if program is None:
        return "not installed"
    with growing() as path, Terminal([program, *argv[1:], path], width=120, height=40) as terminal:
        end = time.monotonic() + 5
        while time.monotonic() < end:
            terminal.read(0.2)
        return summary(answers(terminal, "kkj"))


def main() -> None:
    found: dict[str, Any] = ours()
    report(
        "logs_keys",
        keys=KEYS,
        lines_per_second=20_000,
        **found,
        lnav=peer("lnav", "-q"),
        toolong=peer("tl"),
        bar_p95_ms=16,
        met=found["p95_ms"] <= 16 and found["not_answered"] == 0,
    )


if __name__ == "__main__":
    main()
