"""The executor's process: its own session, its socket, its ears."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import select
import signal
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from k0stui.connect import executor_process
from k0stui.connect.executor_process import Desk, own_process, owner, say, watch
from k0stui.engine.course import Progress
from k0stui.errors import UsageError
from k0stui.model.operation import begin
from tests.protocol.test_transition import a_plan


class Ear:
    """What an executor was told."""

    def __init__(self) -> None:
        self.words: list[tuple[str, str]] = []
        self.heard = asyncio.Event()
        self.lost = asyncio.Event()

    def tell(self, word: str, step: str = "", why: str = "") -> None:
        self.words.append((word, step))
        self.heard.set()

    def viewer_lost(self) -> None:
        self.lost.set()


async def test_viewer_reads_progress_and_is_heard(tmp_path: Path) -> None:
    """A viewer gets the present state at once and each change; its words arrive, unknown ones do not."""
    desk, ear = Desk(), Ear()
    desk.attach(ear)
    async with desk.open(tmp_path):
        desk.publish(Progress(begin("op-1", a_plan()), "the lock"))
        seen = watch(tmp_path)
        first = await anext(seen)
        assert (first["operation"], first["state"], first["awaits"]) == ("op-1", "planned", "the lock")
        desk.publish(Progress(begin("op-1", a_plan()), "gates"))
        assert (await anext(seen))["awaits"] == "gates"
        await say(tmp_path, "help", "c1")
        await asyncio.wait_for(ear.heard.wait(), 5)
        assert ear.words == [("help", "c1")]
        await seen.aclose()
    with pytest.raises(UsageError, match="not one of"):
        await say(tmp_path, "rm -rf")


async def test_a_viewer_that_never_came_counts_as_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever started it may have been gone before it was there to be watched: nothing goes on unattended."""
    monkeypatch.setattr(executor_process, "APPEARS", 0.01)
    desk, ear = Desk(), Ear()
    desk.attach(ear)
    async with desk.open(tmp_path):
        await asyncio.wait_for(ear.lost.wait(), 5)


@pytest.mark.fault("F76")
async def test_a_viewer_that_does_not_read_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it does not take is kept up to a limit, then it is hung up on, and counts as one that left; the executor is
    told that nobody watches, and others see the newest."""
    monkeypatch.setattr(executor_process, "GONE", 0.01)
    desk, ear = Desk(), Ear()
    desk.attach(ear)
    async with desk.open(tmp_path):
        slow_reader, slow = await asyncio.open_unix_connection(str(tmp_path / executor_process.SOCKET))
        slow.write(json.dumps({"word": executor_process.WATCH}).encode() + b"\n")
        await slow_reader.readline()
        slow_reader._transport.pause_reading()  # type: ignore[attr-defined]
        told = 0
        while desk._viewers:
            told += 1
            desk.publish(Progress(begin("op-1", a_plan()), f"gates {told} {'x' * 2000}"))
            await asyncio.sleep(0)
            assert told < 10_000
        await asyncio.wait_for(ear.lost.wait(), 5)
        desk.publish(Progress(begin("op-1", a_plan()), "the newest"))
        other = watch(tmp_path)
        assert (await anext(other))["awaits"] == "the newest"
        await other.aclose()
        slow.close()


async def test_socket_is_ours_alone(tmp_path: Path) -> None:
    """0600, gone afterwards; a second executor of the same operation is refused; a dead one's socket is taken."""
    desk = Desk()
    async with desk.open(tmp_path):
        assert (tmp_path / "executor.sock").stat().st_mode & 0o777 == 0o600
        with pytest.raises(UsageError, match="another process"):
            async with Desk().open(tmp_path):
                pass
    assert not (tmp_path / "executor.sock").exists()

    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(tmp_path / "executor.sock"))
    dead.close()
    async with Desk().open(tmp_path):
        pass


async def test_another_user_is_not_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the kernel's word on who connects (SEC-17)."""
    desk, ear = Desk(), Ear()
    desk.attach(ear)
    monkeypatch.setattr(executor_process.os, "geteuid", lambda: os.getuid() + 1)
    async with desk.open(tmp_path):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "executor.sock"))
        assert await reader.read() == b""
        writer.close()
    assert ear.words == []


async def test_last_viewer_leaving_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The executor hears that nobody watches any more; noise on the socket harms nobody."""
    monkeypatch.setattr(executor_process, "GONE", 0.01)
    desk, ear = Desk(), Ear()
    desk.attach(ear)
    async with desk.open(tmp_path):
        _, writer = await asyncio.open_unix_connection(str(tmp_path / "executor.sock"))
        writer.write(
            b'{"word": "watch"}\nnoise\n[]\n{"word": 7}\n\xff\n' + json.dumps({"word": "pause"}).encode() + b"\n"
        )
        await writer.drain()
        await asyncio.wait_for(ear.heard.wait(), 5)
        writer.close()
        await asyncio.wait_for(ear.lost.wait(), 5)
    assert ear.words == [("pause", "")]


async def test_nobody_answers_is_said_with_the_way_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No executor: the message names its log and `resume`."""
    monkeypatch.setattr(executor_process, "APPEARS", 0.2)
    with pytest.raises(UsageError, match="resume"):
        await say(tmp_path, "pause")


def test_started_process_is_nobody_s_child(tmp_path: Path) -> None:
    """Its own session, no terminal, output in the log: `k0stui --version` stands for it."""
    pid = executor_process.start(tmp_path, ["--version"])
    assert pid > 0
    log = tmp_path / "executor.log"
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    with suppress(ProcessLookupError):
        select.select([os.pidfd_open(pid)], [], [], 60)
    assert "k0stui" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_hardened_process_ignores_hangup_and_dumps_no_core() -> None:
    """SIGHUP ignored, RLIMIT_CORE 0 (SEC-32): in a child, so that the test's own process stays as it is."""
    child = os.fork()
    if child == 0:
        executor_process.harden()
        os.kill(os.getpid(), signal.SIGHUP)
        os._exit(0 if resource.getrlimit(resource.RLIMIT_CORE) == (0, 0) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize(
    ("text", "linger", "problem"),
    [
        ("", False, False),
        ("KillUserProcesses=yes\n", False, True),
        ("KillUserProcesses=yes\n", True, False),
        ("#KillUserProcesses=yes\n", False, False),
        ("KillUserProcesses=yes\nKillUserProcesses=no\n", False, False),
    ],
)
def test_logout_that_kills_is_found(tmp_path: Path, text: str, linger: bool, problem: bool) -> None:
    """logind's KillUserProcesses without linger would end the executor with its terminal (C-09)."""
    (tmp_path / "logind.conf").write_text(text)
    name = owner().partition("@")[0]
    if linger:
        (tmp_path / name).touch()
    assert bool(own_process([tmp_path / "logind.conf", tmp_path / "absent"], tmp_path)) is problem


def test_owner_fits_the_lock_line() -> None:
    """Only characters that the guard takes."""
    assert set(owner()) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@-")
