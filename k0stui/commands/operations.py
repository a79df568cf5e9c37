"""`k0stui operations`: plans that were or are being carried out from this machine; one of them with its journal.

Where argv names a cluster its hosts are asked as well: whose lock lies there, and what they know that is not here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from k0stui.commands import carrying, following
from k0stui.commands.opening import WAYS, observing
from k0stui.commands.printing import show_lines, show_report
from k0stui.connect.left import Left, left_on_hosts
from k0stui.engine.journal import as_json, directories, find, read
from k0stui.errors import JournalBroken, UsageError
from k0stui.present.cells import plain
from k0stui.present.operation import next_words, operation_document, operation_story, summary_row
from k0stui.present.operation_report import report


def run(arguments: argparse.Namespace) -> int:
    if arguments.markdown and not arguments.operation:
        raise UsageError("--markdown is of one operation: name it.")
    if arguments.operation:
        return _show(arguments)
    return asyncio.run(_list(arguments))


def _show(arguments: argparse.Namespace) -> int:
    directory = find(carrying.home(), arguments.operation)
    plan = carrying.plan_in(directory)
    operation, records = read(directory)
    happened = [following.happened_of(record) for record in records]
    if arguments.json:
        print(json.dumps(operation_document(plan, operation, [as_json(record) for record in records])))
    elif arguments.markdown:
        texts = (carrying.text_in(directory, name) for name in (carrying.BEFORE, carrying.AFTER))
        show_lines(report(plan, operation, happened, *texts))
    else:
        show_report(map(plain, operation_story(plan, operation, happened)))
    return 0


async def _list(arguments: argparse.Namespace) -> int:
    found = [] if not _names_a_cluster(arguments) else await _left(arguments)
    if arguments.json:
        here = [_document(directory) for directory in directories(carrying.home())]
        print(json.dumps({"operations": here, "hosts": [left.document() for left in found]}))
    else:
        show_lines(_rows())
        show_lines(line for left in found for line in left.lines())
    return 0


def _names_a_cluster(arguments: argparse.Namespace) -> bool:
    return any(getattr(arguments, way, None) for way in WAYS)


async def _left(arguments: argparse.Namespace) -> Sequence[Left]:
    async with observing(arguments) as watch:
        await watch.look()
        return await left_on_hosts(watch.shells())


def _document(directory: Path) -> dict[str, object]:
    try:
        operation, _ = read(directory)
        return operation_document(carrying.plan_in(directory), operation, ())
    except JournalBroken as broken:
        return {"operation": directory.name, "broken": str(broken)}


def _rows() -> Sequence[str]:
    """One line each, newest first; what one can do about those that wait stands under them."""
    rows: list[tuple[str, ...]] = [("OPERATION", "PLAN", "BY", "TOOK", "RESULT")]
    waiting: list[str] = []
    for directory in reversed(directories(carrying.home())):
        try:
            operation, records = read(directory)
        except JournalBroken as broken:
            rows.append((directory.name, "?", "?", "-", str(broken)))
            continue
        rows.append(summary_row(carrying.plan_in(directory), operation, [following.happened_of(it) for it in records]))
        waiting += [] if operation.state.is_over else next_words(operation)
    if len(rows) == 1:
        return ["no operation was begun from this machine"]
    widths = [max(len(row[place]) for row in rows) for place in range(5)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [*lines, *(f"  {words}" for words in waiting)]
