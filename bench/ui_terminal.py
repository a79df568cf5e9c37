"""Bars: bytes of an idle screen (<= 20 B/s), and the longest stall of the event loop at ten pictures a second on a
terminal that takes 16 kB/s (<= 100 ms), against Textual's own driver under the same app."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

from bench.result import report
from tests.pty.terminal import Terminal, demo

IDLE = 10.0


def idle() -> float:
    """Bytes per second of a screen on which nothing happens."""
    with Terminal(demo(), width=120, height=40) as terminal:
        terminal.wait_for("row-0010")
        while terminal.read(1):
            pass
        before, end = len(terminal.raw), time.monotonic() + IDLE
        while time.monotonic() < end:
            terminal.read(0.1)
        return (len(terminal.raw) - before) / IDLE


def stall(*arguments: str) -> tuple[float, int]:
    """Milliseconds that the loop was late at most, and bytes taken, in ten seconds."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result"
        argv = demo("--hz", "10", "--changing", "30", "--result", str(result), *arguments)
        with Terminal(argv, width=120, height=40) as terminal:
            end = time.monotonic() + IDLE
            terminal.read_slowly(16_000, lambda: time.monotonic() > end, 30)
            terminal.type("q")
            terminal.ended()
            return json.loads(result.read_text())["late"] * 1000, len(terminal.raw)


def main() -> None:
    report("bytes_idle", per_second=(rate := idle()), bar=20, met=rate <= 20)
    (ours, our_bytes), (stock, stock_bytes) = stall(), stall("--stock")
    took = {"ours_bytes": our_bytes, "stock_bytes": stock_bytes}
    report("stall_16kBps", ours_ms=ours, stock_ms=stock, bar_ms=100, met=ours <= 100, **took)


if __name__ == "__main__":
    main()
