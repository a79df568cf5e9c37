"""`k0stui pause`: the word reaches the executor of the operation, and nobody else."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

import pytest

from k0stui.commands import pause
from k0stui.connect.executor_process import Desk
from k0stui.engine.journal import Journal
from k0stui.errors import UsageError
from tests.engine.simulated import plan_of


class Ear:
    """What an executor was told."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.heard = asyncio.Event()

    def tell(self, word: str, step: str = "", why: str = "") -> None:
        self.words.append(word)
        self.heard.set()

    def viewer_lost(self) -> None: ...


@pytest.fixture
def operation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of an operation that was begun on this machine."""
    monkeypatch.setattr("k0stui.commands.carrying.home", lambda: tmp_path)
    journal = Journal.create(tmp_path, "op-1", plan_of())
    journal.close()
    return journal.directory


@pytest.mark.parametrize(("end", "word"), [(False, "pause"), (True, "stop after this host")])
async def test_word_is_said(operation: Path, end: bool, word: str) -> None:
    """To the executor that answers on the operation's socket; without a name to the only unfinished one."""
    desk, ear = Desk(), Ear()
    desk.attach(ear)
    async with desk.open(operation):
        assert await pause._pause(argparse.Namespace(operation=None, end=end)) == 0
        await asyncio.wait_for(ear.heard.wait(), 5)
    assert ear.words == [word]


async def test_nobody_to_tell_is_said(operation: Path) -> None:
    """No executor: a sentence with where to look, and no waiting for one."""
    with pytest.raises(UsageError, match="nobody carries it out"):
        await pause._pause(argparse.Namespace(operation="op-1", end=False))
