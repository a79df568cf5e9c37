"""Bars: RSS of the program while connected to ten hosts: ten workers, so no API server is asked (<= 75 MiB), and three
controllers with seven workers (<= 105 MiB). Behind the simulated fleet's own SSH server, after half a minute."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from bench.result import report
from bench.ui_fleet import program, resident, served

AFTER = 30.0
"""Seconds: six looks, and what the logs keep of them."""


def measured(folder: Path, hosts: list[dict[str, Any]]) -> float:
    """MiB."""
    with program(folder, hosts) as terminal:
        terminal.wait_for(f"ssh {len(hosts)}/{len(hosts)}", 90)
        end = time.monotonic() + AFTER
        while time.monotonic() < end:
            terminal.read(0.1)
        return resident(terminal.process.pid) / 2**20


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with served(folder, "many") as hosts:
            workers = [host for host in hosts if host["role"] == "worker"][:10]
            controllers = [host for host in hosts if host["role"] == "controller"][:3]
            without = measured(folder, workers)
            with_api = measured(folder, [*controllers, *workers[:7]])
    report(
        "rss", without_api_mib=round(without, 1), with_api_mib=round(with_api, 1), bar_mib=(75, 105),
        met=without <= 75 and with_api <= 105,
    )  # fmt: skip


if __name__ == "__main__":
    main()
