"""Asking one host over SSH: one connection, one shell on it that stays, and a second one for logs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import asyncssh

from k0stui.connect.connection import HostConnection
from k0stui.connect.failures import unreachable
from k0stui.connect.forward import forwarded_socket
from k0stui.connect.frames import Answer
from k0stui.connect.lane import Lane, Lost
from k0stui.connect.rights import SudoMemory
from k0stui.errors import Unreachable
from k0stui.model.host import HostName
from k0stui.ports import Clock, Command, Reply

QUESTIONS = "questions"
LOGS = "logs"

MEASURE_EVERY = 10.0
"""Seconds between measurements of the round trip, while the host is asked anyway."""


class Phase(Enum):
    IDLE = "idle"
    BUSY = "busy"
    CONNECTING = "connecting"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class ShellState:
    """For the status bar."""

    phase: Phase
    why: str = ""
    """While unreachable: the sentence of the last failure."""
    retry_at: datetime | None = None
    """UTC, while unreachable. None: never again (a refused host key)."""
    round_trip: float | None = None
    """Seconds, of a question that starts no process there."""


class SshShell:
    """`ports.Shell` over SSH; connects when first asked, and again after a loss, when asked."""

    def __init__(self, connection: HostConnection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._sudo = SudoMemory(connection.host, connection.dial.user, clock)
        self._measured = float("-inf")

    @property
    def host(self) -> HostName:
        return self._connection.host

    @property
    def key_fingerprint(self) -> str:
        """SHA256 of the host key that this host has shown; empty while it was never connected."""
        return self._connection.key_fingerprint

    @property
    def state(self) -> ShellState:
        connection, lane = self._connection, self._connection.open_lane(QUESTIONS)
        if connection.connecting:
            return ShellState(Phase.CONNECTING)
        if connection.failure is not None:
            return ShellState(Phase.UNREACHABLE, str(connection.failure), connection.retry_at)
        phase = Phase.BUSY if lane and lane.busy else Phase.IDLE
        return ShellState(phase, round_trip=lane.round_trip if lane else None)

    async def run(self, command: Command) -> Reply:
        lane = await self._connection.lane(QUESTIONS)
        self._measure(lane)
        root = await self._needs_sudo(lane, command)
        reply = await self._patient(command, lane, lane.ask(command, root=root))
        return self._sudo.judged(reply) if root else reply

    def log_channel(self) -> LogChannel:
        """A second shell on the same connection, for megabytes of log: one question after another, raw."""
        return LogChannel(self)

    async def loopback(self, port: int) -> socket.socket:
        """Connected to the host's own 127.0.0.1:`port`, and to nowhere else (SEC-07).

        Raises:
            Unreachable: no connection to the host, or nothing listens there.
            PermissionError: the host's sshd forbids forwarding.
        """
        connection = await self._connection.connection()
        try:
            return await forwarded_socket(connection, port)
        except asyncssh.ChannelOpenError as error:
            if error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
                raise PermissionError(f"{self.host}: its sshd forbids forwarding") from error
            raise Unreachable(f"{self.host}: nothing answers on its 127.0.0.1:{port} ({error.reason})") from error
        except (OSError, asyncssh.Error) as error:
            raise unreachable(self.host, self._connection.dial.where, error) from error

    def reconnect(self) -> None:
        """Drop the connection, or the wait for the next attempt; the next question makes a new one. What is being
        asked now fails."""
        self._connection.drop()
        self._sudo = SudoMemory(self.host, self._connection.dial.user, self._clock)

    async def close(self) -> None:
        await self._connection.close()

    async def _stream(self, command: Command) -> Reply:
        """For `LogChannel`, which sees to it that one is under way at a time."""
        questions = await self._connection.lane(QUESTIONS)
        root = await self._needs_sudo(questions, command)
        lane = await self._connection.lane(LOGS)
        try:
            reply = await self._patient(command, lane, lane.stream(command, root=root))
        except (asyncio.CancelledError, Unreachable):
            # Its shell waits for the command and cannot listen: the other one ends the command.
            questions.reap_below(lane.pid, root=root)
            lane.close()
            raise
        return self._sudo.judged(reply) if root else reply

    async def _needs_sudo(self, lane: Lane, command: Command) -> bool:
        """Whether to go through sudo; asks the host once whether it may.

        Raises:
            NotPermitted: sudo said no, now or a moment ago.
        """
        if not command.sudo or lane.uid == 0:
            return False
        await self._sudo.check(lambda check: self._patient(check, lane, lane.ask(check, root=False)))
        return True

    async def _patient(self, command: Command, lane: Lane, asking: Awaitable[Answer]) -> Reply:
        started = self._clock.monotonic()
        try:
            return _reply(await asking, command, self._clock.monotonic() - started)
        except Lost as error:
            raise Unreachable(f"{self.host}: the connection was lost before the answer was whole: {error}") from error
        except TimeoutError as error:
            if lane.heard < started:
                lane.close()
            limit = f"{command.timeout:g} s"
            raise Unreachable(
                f"{self.host}: no end of `{command.argv[0]}` after {limit}, and it could not be stopped; "
                "is a disk stuck or the host out of memory?"
            ) from error

    def _measure(self, lane: Lane) -> None:
        if self._clock.monotonic() - self._measured >= MEASURE_EVERY:
            self._measured = self._clock.monotonic()
            lane.measure()


class LogChannel:
    """`ports.Shell` for logs on the connection of an `SshShell`; questions wait for each other."""

    def __init__(self, shell: SshShell) -> None:
        self._shell = shell
        self._turn = asyncio.Lock()

    @property
    def host(self) -> HostName:
        return self._shell.host

    async def run(self, command: Command) -> Reply:
        async with self._turn:
            return await self._shell._stream(command)

    async def close(self) -> None:
        """Nothing: the connection is the other shell's."""


_ENDED = (124, 137, 143)
"""`timeout`'s own status; killed; busybox's timeout, which ends as its command does, by TERM."""


def _reply(answer: Answer, command: Command, took: float) -> Reply:
    status = answer.status or 0
    if status in _ENDED and took >= command.timeout:
        status = 124
    assert answer.asked is not None
    assert answer.answered is not None
    return Reply(status, bytes(answer.out), bytes(answer.err), answer.asked, answer.answered, answer.cut)
