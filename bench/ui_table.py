"""Bars: CPU of one changed cell in 1,000 x 8 (<= 1/30 of DataTable), of a full refresh (<= 1/10), and the bytes of ten
changed cells (<= 1/20 of stock Textual). Each side runs in a pseudo terminal of 120x40, as fast as it shows."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path

from bench.result import report
from tests.pty.terminal import Terminal


def measured(kind: str, what: str, turns: int) -> tuple[float, float, float]:
    """CPU milliseconds and bytes of one update, and the milliseconds that making 1,000 x 8 cells takes before it."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result"
        argv = [sys.executable, "-m", "bench.ui_table_app", kind, what, str(turns), str(result)]
        with Terminal(argv, width=120, height=40) as terminal:
            terminal.wait_for("row-0010")
            while terminal.read(0.5):
                pass
            before = len(terminal.raw)
            terminal.type("*")
            terminal.wait_for(result.exists, 120)
            while terminal.read(0.5):
                pass
            times = json.loads(result.read_text())
            return times["cpu"] * 1000, (len(terminal.raw) - before) / turns, times["prepared"] * 1000


def in_turn(what: str, turns: int, runs: int) -> list[tuple[float, ...]]:
    """Both sides one after the other, some times, so that both meet the same machine; the medians of each."""
    taken = [[measured(kind, what, turns) for kind in ("ours", "stock")] for _ in range(runs)]
    return [tuple(map(statistics.median, zip(*side, strict=True))) for side in zip(*taken, strict=True)]


def main() -> None:
    for what, turns, bar, runs in (("one", 100, 30, 3), ("all", 10, 10, 1)):
        (ours, our_bytes, cells), (stock, stock_bytes, _) = in_turn(what, turns, runs)
        report(
            f"table_{what}", ours_ms=ours, datatable_ms=stock, ratio=stock / ours, bar=bar, met=stock / ours >= bar,
            ours_bytes=our_bytes, datatable_bytes=stock_bytes, making_the_cells_ms=cells,
        )  # fmt: skip
    (_, ours, _), (_, stock, _) = (measured(kind, "ten", 50) for kind in ("ours", "stock"))
    report("bytes_ten_cells", ours=ours, stock=stock, ratio=stock / ours, bar=20, met=stock / ours >= 20)


if __name__ == "__main__":
    main()
