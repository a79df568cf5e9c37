"""Passphrases: typed once, handed to the executor through a pipe, kept nowhere."""

from __future__ import annotations

import argparse
import os
import select
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from k0stui.commands import acting_screens, asking, carrying, following
from k0stui.commands.asking import handed, keeping
from k0stui.connect import executor_process

KEY = Path("/home/ann/.ssh/id_ed25519")
SECRET = "canary-7f3a"


async def test_typed_passphrase_waits_in_memory_until_an_executor_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is on the executor's standard input and in no argument; afterwards the opener has it no more."""

    async def typed(path: Path) -> str:
        return SECRET

    started: list[tuple[list[str], bytes]] = []
    monkeypatch.setattr(asking, "ask_passphrase", typed)
    monkeypatch.setattr(executor_process, "start", lambda where, argv, given: started.append((argv, given)) or 1)
    arguments = argparse.Namespace(host=["c1"])
    assert await keeping(arguments)(KEY) == SECRET
    carrying.start(tmp_path, arguments)
    argv, given = started[0]
    assert SECRET in given.decode()
    assert SECRET not in " ".join(argv)
    assert SECRET not in repr(arguments)


async def test_handed_passphrase_is_used_once() -> None:
    """The executor opens its key with it and forgets it; a key that nobody was asked about is left out."""
    arguments = argparse.Namespace(passphrases={str(KEY): SECRET})
    ask = handed(arguments)
    assert ask is not None
    assert SECRET not in repr(arguments)
    assert [await ask(KEY), await ask(KEY), await ask(Path("/other"))] == [SECRET, None, None]
    assert handed(argparse.Namespace()) is None


def test_pipe_reaches_the_started_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is handed is the standard input of the process, and ends there."""
    monkeypatch.setattr(executor_process.sys, "executable", "/bin/sh")
    (tmp_path / "script").write_text("cat; echo; tr '\\0' ' ' </proc/$$/cmdline\n")
    monkeypatch.setattr(executor_process.os, "execv", _sh(tmp_path / "script"))
    pid = executor_process.start(tmp_path, [], SECRET.encode())
    with suppress(ProcessLookupError):
        select.select([os.pidfd_open(pid)], [], [], 30)
    lines = (tmp_path / executor_process.LOG).read_text().splitlines()
    assert lines[0] == SECRET
    assert SECRET not in "".join(lines[1:])


def _sh(script: Path) -> object:
    real = os.execv
    return lambda program, argv: real("/bin/sh", ["sh", str(script)])


async def test_each_executor_of_the_screens_is_handed_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The screens live on: what was typed at their start opens the key for every operation of the session."""
    given: list[bytes] = []

    async def none(directory: Path) -> AsyncIterator[dict[str, object]]:
        return
        yield {}

    async def not_carried(directory: Path) -> bool:
        return False

    monkeypatch.setattr(executor_process, "start", lambda where, argv, handed: given.append(handed) or 1)
    monkeypatch.setattr(executor_process, "watch", none)
    monkeypatch.setattr(following, "is_carried", not_carried)
    monkeypatch.setattr(acting_screens, "running", lambda *_, **__: None)
    acting = acting_screens.ScreenActing(argparse.Namespace(passphrases={str(KEY): SECRET}), lambda: None)
    for operation in ("op-1", "op-2"):
        await acting.carry(operation, lambda _: None)
    assert [SECRET in each.decode() for each in given] == [True, True]
