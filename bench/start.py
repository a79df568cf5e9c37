"""Cold starts: first byte, first full picture, `--version` and RSS of k0stui, against a Textual hello world.

Each runs in a pseudo terminal of its own, in turn, so that both see the same machine; medians of the runs.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.result import report
from tests.pty.terminal import Terminal

RUNS = 5

HELLO = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    def compose(self):
        yield Static("hello world")
Hello().run()
"""

INVENTORY = """apiVersion: k0sctl.k0sproject.io/v1beta1
kind: Cluster
metadata: {name: bench}
spec: {hosts: [{role: controller, hostname: nobody, ssh: {address: 127.0.0.1, port: 9}}]}
"""
"""A host that refuses: what is measured is the way to the first picture, not a cluster."""


def started(argv: list[str], seen: str) -> tuple[float, float, int]:
    """Seconds to the first byte and to the picture that shows `seen`; RSS in bytes then."""
    begin = time.perf_counter()
    with Terminal(argv, width=80, height=24) as terminal:
        while not terminal.raw:
            terminal.read(0.001)
        first = time.perf_counter() - begin
        terminal.wait_for(seen)
        painted = time.perf_counter() - begin
        rss = int(Path(f"/proc/{terminal.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return first, painted, rss


def took(argv: list[str]) -> float:
    begin = time.perf_counter()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def median(run: Callable[[], float]) -> float:
    return statistics.median(run() for _ in range(RUNS))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        inventory = Path(folder) / "k0sctl.yaml"
        inventory.write_text(INVENTORY)
        ours = [sys.executable, "-m", "k0stui", "--inventory", str(inventory)]
        hello = [sys.executable, "-c", HELLO]
        mine, theirs = [], []
        for _ in range(RUNS):
            mine.append(started(ours, "READ-ONLY"))
            theirs.append(started(hello, "hello world"))
    painted = [statistics.median(run[1] for run in runs) for runs in (mine, theirs)]
    version = median(lambda: took([sys.executable, "-m", "k0stui", "--version"]))
    bare = median(lambda: took([sys.executable, "-c", "pass"]))
    report(
        "start",
        first_byte=round(statistics.median(run[0] for run in mine), 4),
        first_picture=round(painted[0], 3),
        textual_hello_world=round(painted[1], 3),
        ratio=round(painted[0] / painted[1], 2),
        version=round(version, 4),
        version_ratio=round(version / bare, 2),
        rss=statistics.median(run[2] for run in mine),
    )


if __name__ == "__main__":
    main()
