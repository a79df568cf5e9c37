"""Cold starts: first byte, first full picture, `--version` and RSS of k0stui, against a Textual hello world.

Each runs in a pseudo terminal of its own, in turn, so that both see the same machine; medians of the runs.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.result import report
from bench.ui_fleet import ahead_of_others, resident
from tests.pty.terminal import Terminal

RUNS = 9

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


PEERS = {"tl": ("{}/log", "the first line"), "harlequin": ("", "Data Catalog")}
"""Programs on PATH to compare with, where they are: what follows the name, and what their first full picture shows."""

BYTE = "import os; os.write(1, b'x')"
"""The soonest that any Python could be there."""

FULL = "opening the cluster"
"""In the status bar, the last row of the first picture that Textual paints; the first bytes do not have it."""


def started(argv: list[str], seen: str, home: str = "/") -> tuple[float, float, int, float]:
    """Seconds to the first byte and to the picture that shows `seen`; RSS in bytes and seconds of CPU by then."""
    begin = time.perf_counter()
    environ = {"HOME": home, "XDG_CONFIG_HOME": home}
    with Terminal(argv, width=80, height=24, environ=environ) as terminal:
        while not terminal.raw:
            terminal.read(0.001)
        first = time.perf_counter() - begin
        terminal.wait_for(seen)
        painted = time.perf_counter() - begin
        rss, cpu = resident(terminal.process.pid), cpu_seconds(terminal.process.pid)
    return first, painted, rss, cpu


def cpu_seconds(pid: int) -> float:
    """That a process has had so far."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def took(argv: list[str]) -> float:
    begin = time.perf_counter()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def median(run: Callable[[], float]) -> float:
    return statistics.median(run() for _ in range(RUNS))


def main() -> None:
    alone, peers = ahead_of_others(), dict[str, float]()
    with tempfile.TemporaryDirectory() as folder:
        inventory = Path(folder) / "k0sctl.yaml"
        inventory.write_text(INVENTORY)
        ours = [sys.executable, "-m", "k0stui", "--inventory", str(inventory)]
        hello, bare_byte = [sys.executable, "-c", HELLO], [sys.executable, "-c", BYTE]
        sides: list[list[tuple[float, float, int, float]]] = [[], [], []]
        for _ in range(RUNS):
            for side, argv, seen in zip(sides, (ours, hello, bare_byte), (FULL, "hello world", "x"), strict=True):
                side.append(started(argv, seen))
        (Path(folder) / "log").write_text("the first line\n" * 100)
        for peer, (arguments, seen) in PEERS.items():
            if found := shutil.which(peer):
                argv = [found, *arguments.format(folder).split()]
                peers[peer] = statistics.median(started(argv, seen, folder)[1] for _ in range(3))
    beside: dict[str, float] = {}
    (first, painted, rss, cpu), (_, hello_painted, _, hello_cpu), (python_byte, *_) = (
        tuple(map(statistics.median, zip(*side, strict=True))) for side in sides
    )
    version = median(lambda: took([sys.executable, "-m", "k0stui", "--version"]))
    bare = median(lambda: took([sys.executable, "-c", "pass"]))
    for peer, seconds in peers.items():
        beside[f"{peer}_first_picture"] = round(seconds, 3)
        beside[f"of_{peer}"] = round(painted / seconds, 2)
    report(
        "start",
        **beside,
        first_byte=round(first, 4),
        python_first_byte=round(python_byte, 4),
        first_picture=round(painted, 3),
        textual_hello_world=round(hello_painted, 3),
        ratio=round(painted / hello_painted, 2),
        cpu=round(cpu, 3),
        cpu_ratio=round(cpu / hello_cpu, 2),
        version=round(version, 4),
        version_ratio=round(version / bare, 2),
        rss=rss,
        met=painted / hello_painted <= 1.15 and first <= 0.03,
        ahead_of_others=alone,
    )


if __name__ == "__main__":
    main()
