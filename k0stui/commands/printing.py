"""Lines on stdout: what came from hosts is made harmless here, as late as can be."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable

from k0stui.present.harmless import harmless_line
from k0stui.present.report import wrapped

NARROW = 40
"""Columns under which wrapping helps nobody."""


def show_lines(lines: Iterable[str]) -> None:
    """One line each, as long as it is: tables, and what programs read."""
    for line in lines:
        sys.stdout.write(harmless_line(line) + "\n")
    sys.stdout.flush()


def show_report(lines: Iterable[str]) -> None:
    """Sentences; wrapped at the width of the terminal, and never where stdout is a pipe or a file."""
    if not sys.stdout.isatty():
        show_lines(lines)
        return
    width = max(NARROW, shutil.get_terminal_size().columns)
    show_lines(part for line in lines for part in wrapped(harmless_line(line), width))
