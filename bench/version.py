"""`k0stui --version`: how long until it has answered and left; beside it a Python that does nothing.

Bars: at most 60 ms, and at most 3.5 times `python -c pass`. Both are started alike, in turns. What counts is the best
of many starts: on a machine that others use as well, the median tells of them. It is reported beside it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.result import report

TURNS = 41

OURS = [sys.executable, "-m", "k0stui", "--version"]
NOTHING = [sys.executable, "-c", "pass"]


def main() -> None:
    took: dict[str, list[float]] = {"ours": [], "nothing": []}
    for command in (OURS, NOTHING):
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)  # the first one writes .pyc files
    for _ in range(TURNS):
        took["ours"].append(seconds(OURS))
        took["nothing"].append(seconds(NOTHING))
    ours, nothing = (min(values) * 1000 for values in took.values())
    report(
        "version",
        ours_ms=round(ours, 1),
        python_ms=round(nothing, 1),
        ours_median_ms=round(statistics.median(took["ours"]) * 1000, 1),
        python_median_ms=round(statistics.median(took["nothing"]) * 1000, 1),
        ratio=round(ours / nothing, 2),
        bar_ms=60,
        bar_ratio=3.5,
        met=ours <= 60 and ours / nothing <= 3.5,
    )


def seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
