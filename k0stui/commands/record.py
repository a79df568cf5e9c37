"""`k0stui record DIR`: keep every answer of two looks in a folder that `--replay DIR` plays back anywhere."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from pathlib import Path

from k0stui.commands.opening import opened
from k0stui.commands.printing import show_lines
from k0stui.engine.observe import APART, Connector, Watch
from k0stui.engine.recording import Recorder, RecordingApi, RecordingShell
from k0stui.errors import UsageError
from k0stui.inventory import InventoryHost
from k0stui.logs.redact import redact, redact_tree
from k0stui.ports import Clock, KubeApi, Shell


def run(arguments: argparse.Namespace) -> int:
    return asyncio.run(_record(arguments))


async def _record(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.folder)
    if (folder / "answers.jsonl").exists():
        raise UsageError(f"{folder} holds a recording already; name another folder.")
    async with opened(arguments) as cluster:
        recorder = Recorder(folder, cluster.inventory, masked)
        try:
            connector = RecordingConnector(cluster.connector, recorder, cluster.clock)
            async with Watch(cluster.inventory, connector, cluster.clock) as watch:
                await watch.look()
                await cluster.clock.sleep(APART.total_seconds())
                snapshot = await watch.look()
        finally:
            recorder.close()
    reached = sum(host.is_reachable for host in snapshot.hosts)
    show_lines([f"recorded {reached} of {len(snapshot.hosts)} hosts in {folder}; see it with: k0stui replay {folder}"])
    return 0 if reached else 2


def masked(text: str) -> str:
    """The text without secrets. JSON in it stays JSON: it is what probes read again when the recording is played."""
    parts: list[str] = []
    kept = 0
    for start in (found.start() for found in JSON_BEGINS.finditer(text)):
        if start < kept:
            continue
        try:
            document, end = DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        parts += [redact(text[kept:start]), json.dumps(redact_tree(document), ensure_ascii=False)]
        kept = end
    return "".join([*parts, redact(text[kept:])])


JSON_BEGINS = re.compile(r"^[\[{]", re.MULTILINE)
DECODER = json.JSONDecoder()


class RecordingConnector:
    """A connector whose shells and API servers keep what they were answered."""

    def __init__(self, connector: Connector, recorder: Recorder, clock: Clock) -> None:
        self._connector = connector
        self._recorder = recorder
        self._clock = clock

    def shell(self, host: InventoryHost) -> Shell:
        return RecordingShell(self._connector.shell(host), self._recorder)

    def api(self, host: InventoryHost, shell: Shell) -> KubeApi:
        way_in = shell.recorded if isinstance(shell, RecordingShell) else shell
        return RecordingApi(self._connector.api(host, way_in), self._recorder, self._clock)
