"""All bars, one script after the other: `python -m bench` measures all but the soak of half an hour, `python -m bench
version pods` those that are named, `python -m bench --table` nothing: it only writes the table.

Each script is a process of its own with a limit, and leaves its figures in results.json; all together end within ten
minutes. Figures of shared machines swing: read ratios, not times, and `load` in results.json beside them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).with_name("results.json")
README = ROOT / "README.md"
MARK = "<!-- bench -->"

ALL = 600.0
"""Seconds for everything."""

ONE = 150.0
"""Seconds for one script."""

HOUR = 3600.0

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the table; texts are formatted with the figures of `result`."""

    script: str
    result: str
    what: str
    limit: str
    ours: str
    peer: str
    ratio: Callable[[Figures], float] | None = None
    """Peer over ours (bigger is better)."""
    met: Callable[[Figures], bool] = lambda found: bool(found["met"])
    named: Callable[[Figures], Figures] = lambda found: found
    """The figures by names that a format can say."""
    why: str = ""
    """Why it is not met, where it is not."""


def searched(found: Figures) -> Figures:
    filters = found["filters"]
    return {**found, "word": filters['"took too long"'], "pattern": filters["/took.*[0-9]{4}ms/"]}


def timed(found: Figures) -> Figures:
    names = {
        "first_byte": "first_byte_ms",
        "first_picture": "first_picture_ms",
        "textual_hello_world": "hello_world_ms",
    }
    return found | {name: found[seconds] * 1000 for seconds, name in names.items()}


APART = {"soak"}
"""Only measured when named: half an hour."""

BARS = (
    Bar(
        "version", "version", "`k0stui --version`", "≤ 60 ms, ≤ 3.5× `python -c pass`",
        "{ours_ms} ms", "python -c pass: {python_ms} ms", lambda it: it["python_ms"] / it["ours_ms"],
    ),
    Bar(
        "start", "start", "first byte on the screen", "≤ 30 ms",
        "{first_byte_ms:.0f} ms", "", None, lambda it: it["first_byte"] <= 0.03, timed,
    ),
    Bar(
        "start", "start", "first full picture", "≤ 1.15× a Textual hello world",
        "{first_picture_ms:.0f} ms", "hello world: {hello_world_ms:.0f} ms", lambda it: 1 / it["ratio"],
        lambda it: it["ratio"] <= 1.15, timed,
        why="1.14 to 1.24 from run to run; our own modules and two questions to the terminal",
    ),
    Bar(
        "pods", "pods", "500 pods, list to rows", "≤ 1/30 of the typed client",
        "{ours_ms} ms", "typed client: {typed_ms} ms", lambda it: it["ratio"],
    ),
    Bar(
        "connect_look", "connect_look", "a full look at one host", "≤ 1/5 of one `ssh -S` command per question",
        "{seconds:.3f} s", "ssh -S: {control_master_seconds:.2f} s", lambda it: 1 / it["share"],
    ),
    Bar(
        "connect_bastion", "connect_bastion", "100 hosts through one jump host, sshd's defaults", "100 of 100, ≤ 2.5 s",
        "{reached} of {hosts}, {seconds_median} s", "asyncssh ProxyJump: {stock_reached} of {hosts}, {stock_seconds} s",
        lambda it: it["stock_seconds"] / it["seconds_median"],
        lambda it: it["reached"] == it["hosts"] and it["seconds_median"] <= it["bar_seconds"],
    ),
    Bar(
        "connect_poll", "connect_poll", "100 hosts polled once a second", "≤ 10 % of one core",
        "{share_of_core:.1%}, {answered} of {expected}", "",
        why="7 to 12 % from run to run: asyncssh's work for each answer",
    ),
    Bar(
        "ui_table", "table_one", "one changed cell in 1,000 × 8, CPU", "≤ 1/30 of DataTable",
        "{ours_ms:.2f} ms", "DataTable: {datatable_ms:.0f} ms", lambda it: it["ratio"],
        why="20 to 33 from run to run; what is left is Textual's compositor",
    ),
    Bar(
        "ui_table", "table_all", "full refresh of 1,000 × 8, CPU", "≤ 1/10 of DataTable",
        "{ours_ms:.0f} ms", "DataTable: {datatable_ms:.0f} ms", lambda it: it["ratio"],
    ),
    Bar(
        "ui_table", "bytes_ten_cells", "bytes for ten changed cells", "≤ 1/20 of stock Textual",
        "{ours:.0f} B", "stock: {stock:.0f} B", lambda it: it["ratio"],
    ),
    Bar(
        "ui_overview", "bytes_overview", "bytes of the incident's overview, a look each second", "≤ 3 kB/s",
        "{per_second} B/s", "",
    ),
    Bar("ui_terminal", "bytes_idle", "bytes of an idle screen", "≤ 20 B/s", "{per_second:.0f} B/s", ""),
    Bar(
        "ui_terminal", "stall_16kBps", "event-loop stall, terminal at 16 kB/s", "≤ 100 ms",
        "{ours_ms:.0f} ms", "Textual's driver: {stock_ms:.0f} ms", lambda it: it["stock_ms"] / it["ours_ms"],
    ),
    Bar(
        "ui_latency", "ui_latency", "a key, beside a host that hangs, one cut off, one without sudo", "p99 ≤ 100 ms",
        "{p99_ms} ms", "",
    ),
    Bar(
        "ui_memory", "rss", "memory with 10 hosts, without and with their APIs", "≤ 75, ≤ 105 MiB",
        "{without_api_mib}, {with_api_mib} MiB", "",
        why="`kubernetes.aio` with aiohttp is 36 MiB of it",
    ),
    Bar(
        "logs_ingest", "logs_ingest", "log ingest, sshd to filtered view", "≥ 200,000 lines/s, slice ≤ 8 ms",
        "{sshd_lines_per_second:,} lines/s, {longest_slice_ms} ms", "RichLog: {rich_log_lines_per_second:,} lines/s",
        lambda it: it["times_rich_log"],
    ),
    Bar(
        "logs_flood", "logs_flood", "floods of 1,900 lines/s on two controllers", "≤ 5 kB/s, ≤ 3 % of a core, exact",
        "{both_controllers_bytes_per_second:,} B/s, {core_percent} %", "",
        why="gawk; mawk 2.7 %, busybox 3.9 %; most of it is journalctl starting",
    ),
    Bar(
        "logs_keys", "logs_keys", "a key while 20,000 lines/s stream in", "p95 ≤ 16 ms",
        "{p95_ms} ms", "",
    ),
    Bar(
        "soak", "soak", "half an hour of two floods, cut every minute", "memory flat, counts exact",
        "{counted:,} of {said:,} lines, +{grown_mb:.1f} MB", "",
        named=lambda it: {**it, "grown_mb": it["grown_bytes"] / 1e6},
    ),
    Bar(
        "logs_memory", "logs_memory", "memory of 1M stored lines", "≤ 80 MB",
        "{megabytes} MB", "list: {list_megabytes} MB", lambda it: it["list_megabytes"] / it["megabytes"],
    ),
    Bar(
        "logs_search", "logs_search", "a word in 1M stored lines, all of them", "≤ 2× `grep -iF`",
        "{word[all_ms]} ms", "grep -iF: {grep_iF_ms} ms", lambda it: it["grep_iF_ms"] / it["word"]["all_ms"],
        lambda it: it["word"]["all_ms"] <= 2 * it["grep_iF_ms"], searched,
        why="172 to 280 ms from run to run; each hit is handed to us alone",
    ),
    Bar(
        "logs_search", "logs_search", "its first screenful", "≤ 20 ms",
        "{word[first_ms]} ms", "", None, lambda it: it["word"]["first_ms"] <= 20, searched,
    ),
    Bar(
        "logs_search", "logs_search", "a regular expression over 1M lines", "≤ 2.5 s",
        "{pattern[all_ms]} ms", "grep -E: {grep_E_ms} ms", lambda it: it["grep_E_ms"] / it["pattern"]["all_ms"],
        lambda it: it["pattern"]["all_ms"] <= 2_500, searched,
    ),
    Bar(
        "logs_search", "logs_search", "its first screenful", "≤ 30 ms",
        "{pattern[first_ms]} ms", "", None, lambda it: it["pattern"]["first_ms"] <= 30, searched,
    ),
)  # fmt: skip


def main() -> None:
    scripts = dict.fromkeys(bar.script for bar in BARS)
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the bars; write the README's table.")
    parser.add_argument("script", nargs="*", help=f"some of {', '.join(scripts)}; all where none is named")
    parser.add_argument("--table", action="store_true", help="measure nothing: the table of what was measured last")
    asked = parser.parse_args()
    if unknown := set(asked.script) - set(scripts):
        parser.error(f"there is no {' and no '.join(sorted(unknown))}")
    if not asked.table:
        measure(dict.fromkeys(asked.script) or {script: None for script in scripts if script not in APART})
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    lines = list(table(found))
    print("\n".join(lines))
    write(lines)


def measure(scripts: dict[str, None]) -> None:
    """Run all; one that fails or takes too long is said, and its old figures are dropped."""
    end = time.monotonic() + ALL
    for script in scripts:
        limit = HOUR if script in APART else min(ONE, end - time.monotonic())
        started = time.monotonic()
        try:
            if limit <= 0:
                raise TimeoutError("no time left")
            subprocess.run([sys.executable, "-m", f"bench.{script}"], cwd=ROOT, check=True, timeout=limit)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"bench.{script} gave no figures: {error}", file=sys.stderr)
            forget({bar.result for bar in BARS if bar.script == script})
        print(f"bench.{script} took {time.monotonic() - started:.0f} s", file=sys.stderr)


def forget(results: set[str]) -> None:
    """No figure of an earlier run may stand for one that this run could not measure."""
    if RESULTS.exists():
        kept = {name: found for name, found in json.loads(RESULTS.read_text()).items() if name not in results}
        RESULTS.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")


def table(found: dict[str, Figures]) -> Iterator[str]:
    """GitHub's markdown."""
    yield "| what | bar | ours | peer | peer ÷ ours | met |"
    yield "|---|---|---|---|---|---|"
    for bar in BARS:
        figures = found.get(bar.result)
        yield f"| {bar.what} | {bar.limit} | {' | '.join(cells(bar, figures) if figures else NOT_MEASURED)} |"


NOT_MEASURED = ("not measured", "", "", "")


def cells(bar: Bar, figures: Figures) -> tuple[str, str, str, str]:
    figures = bar.named(figures)
    ratio = bar.ratio(figures) if bar.ratio else 0.0
    shown = "" if bar.ratio is None else f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}"
    met = "yes" if bar.met(figures) else ": ".join(part for part in ("**no**", bar.why) if part)
    return bar.ours.format(**figures), bar.peer.format(**figures), shown, met


def write(lines: list[str]) -> None:
    """Between the two marks of the README's section on performance."""
    before, mark, rest = README.read_text().partition(MARK)
    if mark:
        _, _, after = rest.partition(MARK)
        README.write_text(f"{before}{MARK}\n{chr(10).join(lines)}\n{MARK}{after}")


if __name__ == "__main__":
    main()
