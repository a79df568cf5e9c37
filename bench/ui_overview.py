"""Bar: the overview of the incident, looked at once a second with its flood of logs, costs the terminal at most 3 kB/s
at 120x40. The real program on the simulated fleet."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench.result import report
from bench.ui_fleet import program, resident, served
from tests.pty.terminal import Terminal

SETTLED, MEASURED = 15.0, 30.0
"""Seconds: rates and the first logs come in, then it is measured."""


def bytes_within(terminal: Terminal, seconds: float) -> int:
    before, end = len(terminal.raw), time.monotonic() + seconds
    while time.monotonic() < end:
        terminal.read(0.1)
    return len(terminal.raw) - before


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with served(folder, "incident") as hosts, program(folder, hosts, pace=1) as terminal:
            terminal.wait_for("all 4 agents dial", 90)
            start_up = len(terminal.raw)
            bytes_within(terminal, SETTLED)
            rate = bytes_within(terminal, MEASURED) / MEASURED
            terminal.type("2")
            bytes_within(terminal, 3)
            quiet = bytes_within(terminal, 10) / 10
            rss = resident(terminal.process.pid)
    report(
        "bytes_overview", per_second=round(rate), controllers_per_second=round(quiet), to_the_verdict=start_up,
        rss=rss, bar=3000, met=rate <= 3000,
    )  # fmt: skip


if __name__ == "__main__":
    main()
