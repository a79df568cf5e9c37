"""What was stored of real clusters, state by state: the index of a folder and the answers it names."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from k0stui.errors import ProbeFailed
from k0stui.model.host import Role
from k0stui.ports import Reply
from k0stui.probes.probe import Subject

FOLDER = Path(os.environ.get("K0STUI_RECORDINGS") or Path(__file__).parents[2] / "shared" / "recordings")

STATES = (
    "incident",
    "incident-vip",
    "transition-1",
    "transition-2-dark",
    "transition-3-w1",
    "held-after-controllers",
    "healthy-nllb",
    "one-controller-down",
    "power-loss-m2",
    "incident-leader-addr-dynamic",
    "dynamic-healthy-nllb",
    "v1.36-incident",
    "v1.36-healthy-nllb",
    "v1.36-known-count-trap",
)
"""Those with an index; the others are transcripts to read."""

CONTROLLERS = {f"k0s-master-{i}": f"10.10.10.{40 + i}" for i in (1, 2, 3)}
WORKERS = {f"k0s-worker-{i}": f"10.10.10.{50 + i}" for i in (1, 2, 3, 4)}
HOSTS = CONTROLLERS | WORKERS

LOST = {"power-loss-m2": {"k0s-master-2"}}
"""Hosts that were really away; other hosts outside a folder were not asked, which is not the same."""


def subject(host: str) -> Subject:
    role = Role.CONTROLLER if host in CONTROLLERS else Role.WORKER
    return Subject(role, controllers=tuple(CONTROLLERS.values()))


@dataclass(frozen=True, slots=True)
class Row:
    """One stored answer."""

    exit_status: int
    stdout: bytes
    stderr: bytes
    start: float
    seconds: float

    @property
    def text(self) -> str:
        return self.stdout.decode("utf-8", "replace")

    @property
    def error(self) -> str:
        return self.stderr.decode("utf-8", "replace")


class Recording:
    """One state: the stored answers by host and the recorder's name for the question."""

    def __init__(self, state: str) -> None:
        if not FOLDER.exists():
            pytest.skip(f"no recordings at {FOLDER}: they lie beside the project, or K0STUI_RECORDINGS names them")
        self.state = state
        self._folder = FOLDER / state
        lines = (self._folder / "index.jsonl").read_text().splitlines()
        index = [json.loads(line) for line in lines]
        self._index = {(row["host"], row["probe"]): row for row in index if row["start"] is not None}
        self.hosts = tuple(dict.fromkeys(row["host"] for row in index))

    def row(self, host: str, name: str) -> Row:
        """Raises ProbeFailed where nothing is stored."""
        entry = self._index.get((host, name))
        if entry is None:
            raise ProbeFailed(f"{name} was not recorded of {host}")
        read = [self._read(entry.get(stream)) for stream in ("stdout", "stderr")]
        return Row(entry["rc"], read[0], read[1], entry["start"], entry["duration_s"])

    def shared(self, host: str, name: str) -> Row:
        """A cluster-wide answer: the host's own, else that of the first that answered well (README, Layout)."""
        if (host, name) in self._index:
            return self.row(host, name)
        for (other, stored), entry in self._index.items():
            if stored == name and entry["rc"] == 0:
                return self.row(other, name)
        raise ProbeFailed(f"{name} was not recorded")

    def _read(self, path: str | None) -> bytes:
        if path is None:
            return b""
        found = self._folder / path
        return gzip.decompress(found.read_bytes()) if found.suffix == ".gz" else found.read_bytes()


@cache
def recording(state: str) -> Recording:
    return Recording(state)


class RecordedClock:
    """The time of the newest answer."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


def reply_of(row: Row) -> Reply:
    asked = datetime.fromtimestamp(row.start, UTC)
    return Reply(row.exit_status, row.stdout, row.stderr, asked, datetime.fromtimestamp(row.start + row.seconds, UTC))
