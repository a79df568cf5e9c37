"""`k0stui matrix`: which agent is connected to which controller, as text or JSON."""

from __future__ import annotations

import argparse
import asyncio
import json

from k0stui.commands.check import COULD_NOT_LOOK, FINDINGS, NOTHING_FOUND
from k0stui.commands.opening import observing
from k0stui.commands.printing import show_lines
from k0stui.matrix import matrix
from k0stui.model.konnectivity import Matrix
from k0stui.present.check_json import matrix_document
from k0stui.present.matrix import matrix_lines


def run(arguments: argparse.Namespace) -> int:
    return asyncio.run(_show(arguments))


async def _show(arguments: argparse.Namespace) -> int:
    """Exit 0: every link is up; 1: some are not; 2: no server could be asked."""
    async with observing(arguments) as watch:
        snapshot = await watch.look()
    seen = matrix(snapshot)
    if arguments.json:
        print(json.dumps(matrix_document(seen, snapshot.taken_at)))
    else:
        show_lines(matrix_lines(seen, snapshot.taken_at))
    return _exit_status(seen)


def _exit_status(seen: Matrix) -> int:
    if not seen.links or all(column.agents is None for column in seen.columns):
        return COULD_NOT_LOOK
    return NOTHING_FOUND if seen.up == seen.expected else FINDINGS
