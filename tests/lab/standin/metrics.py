"""Metrics in Prometheus' text form: names, labels and the order as konnectivity prints them."""

from __future__ import annotations

import os
import time
from collections import Counter

STARTED = time.time()


class Metrics:
    """Counters and gauges by series; a series is there only after its first use, as in the real ones."""

    def __init__(self, prefix: str, declared: dict[str, tuple[str, str]]) -> None:
        self.prefix, self.declared = prefix, declared
        self.values: Counter[tuple[str, str]] = Counter()

    def add(self, name: str, amount: float = 1, **labels: str) -> None:
        self.values[name, _labels(labels)] += amount  # type: ignore[assignment]

    def set(self, name: str, value: float, **labels: str) -> None:
        self.values[name, _labels(labels)] = value  # type: ignore[assignment]

    def text(self) -> str:
        lines = []
        for name, (kind, help_text) in sorted(self.declared.items()):
            series = sorted((labels, value) for (each, labels), value in self.values.items() if each == name)
            if series:
                full = f"{self.prefix}{name}"
                lines += [f"# HELP {full} {help_text}", f"# TYPE {full} {kind}"]
                lines += [
                    f"{full}{labels} {value:g}" if abs(value) < 1e6 else f"{full}{labels} {value:.0f}"
                    for labels, value in series
                ]
        return "\n".join([*_go(), *lines, *_process(), ""])


def _labels(labels: dict[str, str]) -> str:
    inner = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
    return f"{{{inner}}}" if inner else ""


def _go() -> list[str]:
    return [
        "# HELP go_goroutines Number of goroutines that currently exist.",
        "# TYPE go_goroutines gauge",
        "go_goroutines 67",
        "# HELP go_info Information about the Go environment.",
        "# TYPE go_info gauge",
        'go_info{version="go1.26.8"} 1',
    ]


def _process() -> list[str]:
    return [
        "# HELP process_open_fds Number of open file descriptors.",
        "# TYPE process_open_fds gauge",
        f"process_open_fds {len(os.listdir('/proc/self/fd'))}",
        "# HELP process_start_time_seconds Start time of the process since unix epoch in seconds.",
        "# TYPE process_start_time_seconds gauge",
        f"process_start_time_seconds {STARTED:.11e}",
    ]
