"""Repairs as operators run them on the lab's hosts: the program, what it journals, and what the hosts say of it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from k0stui.engine.journal import Record, read
from k0stui.errors import JournalBroken
from k0stui.model.event import Kind
from k0stui.model.operation import Operation, OperationState, StepState
from tests.lab import access, network, place

NAME = "lab"
"""The cluster's name in the lab's inventories: what is typed out to agree."""


@dataclass
class Carried:
    """An operation as its operator sees it: the program that shows it, and the directory that keeps it."""

    operator: Operator
    process: subprocess.Popen[bytes]
    log: Path
    directory: Path
    name: str = NAME
    """What must be typed for it."""
    terminal: int | None = None
    """The other end of its terminal: closed, it gets SIGHUP."""

    def has_begun(self) -> bool:
        """Wait until there is an operation, or it is clear that there will be none."""
        wait(lambda: "executor pid" in self.said or self.process.poll() is not None, 240, "an operation", self)
        found = re.findall(r"operation (\S+), executor pid", self.said)
        if found:
            self.directory = self.operator.state / "k0stui/operations" / found[-1]
        return bool(found)

    @property
    def id(self) -> str:
        return self.directory.name

    @property
    def said(self) -> str:
        """All that the program has printed so far."""
        return self.log.read_text("utf-8", "replace")

    @property
    def executor(self) -> int:
        """The pid of the executor that was started last."""
        return int(re.findall(r"executor pid (\d+)", self.said)[-1])

    @property
    def records(self) -> tuple[Record, ...]:
        return read(self.directory)[1]

    @property
    def operation(self) -> Operation:
        return read(self.directory)[0]

    def find(self, kind: Kind, step: str = "") -> list[Record]:
        """The records of that kind, of the steps whose id begins so."""
        return [each for each in self.records if each.payload.kind is kind and each.step.startswith(step)]

    def find_step(self, step: str) -> list[Record]:
        """All records of one step."""
        return [each for each in self.records if each.payload.step == step]

    def until(self, kind: Kind, step: str = "", number: int = 1, limit: float = 300) -> Record:
        """Wait for the record; looked for a hundred times a second, so that what follows it can still be hit."""
        wait(lambda: len(self.find(kind, step)) >= number, limit, f"{kind.value} {step} of {self.id}", self, pause=0.01)
        return self.find(kind, step)[number - 1]

    def end(self, limit: float = 900) -> int:
        """Wait until the program that shows it ends; its exit status."""
        try:
            return self.process.wait(limit)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"not over within {limit:g} s:\n{self.said[-3000:]}") from None

    def kill_executor(self) -> None:
        """SIGKILL, and wait until it and whoever watched it are gone."""
        end_process(self.executor)
        self.end(60)

    def resume(self, *words: str) -> Carried:
        """`k0stui resume`, as a person would type it after any stop."""
        return self.operator.start("resume", self.id, "--confirm", self.name, *words)


@dataclass
class Operator:
    """Somebody at a machine in the lab's network, with a state directory of their own."""

    state: Path
    """Short, since a socket's path may have 107 bytes."""
    begun: list[Carried] = field(default_factory=list)

    def command(self, *words: str) -> tuple[str, ...]:
        program = str(Path(sys.executable).with_name("k0stui"))
        inventory = () if "--inventory" in words else ("--inventory", str(access.INVENTORY))
        return network.enter_command(program, *words, *inventory)

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"HOME": str(place.HOME), "XDG_STATE_HOME": str(self.state), "XDG_CONFIG_HOME": ""}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One command to its end."""
        return subprocess.run(self.command(*words), env=self.environment, capture_output=True, text=True)

    def start(self, *words: str, in_terminal: bool = False) -> Carried:
        """A command that carries out an operation; returns when there is one. A disk that was slow for half a minute
        (E-04) is waited for: it is this machine's, and no part of any test."""
        for _ in range(4):
            carried = self.begin(*words, in_terminal=in_terminal)
            if carried.has_begun() or "CANNOT BE STARTED E-04:" not in carried.said:
                break
            time.sleep(30)
        assert carried.directory.name, carried.said
        return carried

    def begin(self, *words: str, in_terminal: bool = False) -> Carried:
        """The same, and returns at once.

        `in_terminal`: its session has a terminal of its own, whose other end is `Carried.terminal`.
        """
        log = self.state / f"said-{len(self.begun)}.log"
        ours, theirs = pty.openpty() if in_terminal else (None, None)
        with log.open("wb") as out:
            process = subprocess.Popen(
                self.command(*words),
                env=self.environment,
                stdin=subprocess.DEVNULL if theirs is None else theirs,
                stdout=out,
                stderr=out,
                start_new_session=in_terminal,
                preexec_fn=_as_typed if theirs is None else _take_terminal,
            )
        if theirs is not None:
            os.close(theirs)
        carried = Carried(self, process, log, Path(), words[words.index("--confirm") + 1], ours)
        self.begun.append(carried)
        return carried

    def plan(self, name: str, *words: str) -> subprocess.CompletedProcess[str]:
        return self.run("plan", name, *words)

    def adopt(self, operation: str, name: str) -> str:
        """Take it over while its owner is still alive; what was said."""
        done = self.run("adopt", operation, "--confirm", f"{name} {operation}")
        if done.returncode == 2:  # no sign of life any more: its id is not asked for
            done = self.run("adopt", operation, "--confirm", name)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def lose(self, operation: str) -> None:
        """Its state directory is gone."""
        shutil.rmtree(self.state / "k0stui/operations" / operation)

    def leave(self) -> None:
        """End every process of theirs that is still there."""
        for each in self.begun:
            with suppress(IndexError):
                end_process(each.executor)
            if each.process.poll() is None:
                each.process.kill()
                each.process.wait()


def _as_typed() -> None:
    """A script or `nohup` that runs the tests hands down signals that are ignored; a shell's prompt does not."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def _take_terminal() -> None:
    _as_typed()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def end_process(pid: int) -> None:
    """SIGKILL to an executor of ours; its pid is another program's once it is gone, so that is looked at first."""
    if is_executor(pid):
        os.kill(pid, signal.SIGKILL)
        wait(lambda: not is_executor(pid), 30, f"end of {pid}")


def is_executor(pid: int) -> bool:
    with suppress(OSError):
        return b"--executor=" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def wait(
    holds: Callable[[], bool], limit: float, what: str, carried: Carried | None = None, pause: float = 0.1
) -> None:
    """Raises AssertionError, with what the program has said, when it does not come true in time."""
    deadline = time.monotonic() + limit
    while not _true(holds):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {limit:g} s\n{carried.said[-3000:] if carried else ''}")
        time.sleep(pause)


def _true(holds: Callable[[], bool]) -> bool:
    """A journal that is being created has no plan yet, or half a line."""
    try:
        return holds()
    except (JournalBroken, FileNotFoundError):
        return False


@contextmanager
def operator() -> Iterator[Operator]:
    """Somebody, for the length of a `with`."""
    with tempfile.TemporaryDirectory(prefix="k0stui-") as state:
        someone = Operator(Path(state))
        try:
            yield someone
        finally:
            someone.leave()


def is_done(operation: Operation) -> bool:
    """Carried out, proven, and its lock given back."""
    return operation.state is OperationState.UNLOCKED and operation.reason == OperationState.DONE.value


def touched(operation: Operation) -> set[str]:
    """The hosts that its record names as begun."""
    return {str(step.host) for step in operation.steps if step.host and step.state is not StepState.PENDING}
