"""`k0stui replay DIR`: look at a recording; the screens, or without a terminal its diagnosis."""

from __future__ import annotations

import argparse
from importlib import import_module

from k0stui.commands.opening import is_terminal


def run(arguments: argparse.Namespace) -> int:
    arguments.replay = arguments.folder
    if is_terminal():
        return int(import_module("k0stui.commands.tui").run(arguments))
    arguments.json = arguments.schema = arguments.watch = arguments.once = False
    return int(import_module("k0stui.commands.check").run(arguments))
