"""One channel of an SSH connection with one shell at its other end, which answers questions until it is closed."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import cast

import asyncssh

from k0stui.connect.frames import (
    NOISE_KEPT,
    SLACK,
    Answer,
    BadFrame,
    Phrases,
    Stream,
    new_marker,
    request,
    stream_request,
)
from k0stui.ports import Command

START = """exec sh -c '{ : | { exec 9<>/proc/self/fd/0; exec sh <&8 8<&-; }; } 8<&0'"""
"""Makes the pipe of the token (resident.sh), then becomes the resident shell. Plain enough for csh and fish as well."""

START_LIMIT = 10.0
"""Seconds for the login shell's rc files and our first words."""

SLOTS = 16
"""Questions at once on one host. Each is a handful of small processes there; hung ones keep their place."""

GRACE = 4.0
"""Seconds beyond a command's own limit until we stop waiting: `timeout -k 2`, and the way."""


class Lost(Exception):
    """The channel ended, or what came over it made no sense; the message is for the operator."""


class Lane(asyncssh.SSHClientSession[bytes]):
    """Asks one resident shell. Use `open_lane`."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._marker = new_marker()
        self._stream = Stream(self._marker, self._answer_of)
        self._complaint = ""
        self._numbers = itertools.count(1)
        self._phrases = Phrases()
        self._waiting: dict[int, tuple[Answer, asyncio.Future[None]]] = {}
        self._ended: list[int] = []
        """Answered, and not yet said to the shell, which keeps a process table entry for each."""
        self._cancelled: dict[int, Answer] = {}
        self._slots = asyncio.Semaphore(SLOTS)
        self._outbox = bytearray()
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None
        self._lost: Lost | None = None
        self.uid = -1
        self.pid = 0
        """Of the resident shell."""
        self.heard = time.monotonic()
        """When anything came last."""
        self.round_trip: float | None = None
        """Seconds to the host and back, of the last `measure`."""

    # What asyncssh calls.

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self._channel = chan

    def data_received(self, data: bytes, datatype: int | None) -> None:
        self.heard = time.monotonic()
        if datatype is not None:
            # The resident shell itself says nothing there; before it, the login may.
            self._complaint = self._complaint or data[:NOISE_KEPT].decode("utf-8", "replace").strip()
            return
        try:
            for number in self._stream.feed(data):
                self._settle(number)
        except (BadFrame, ValueError) as error:
            self._lose(Lost(f"the shell there said something that is not an answer ({error})"))
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lose(Lost(str(exc) if exc else "the shell there ended"))

    # What a shell asks.

    @property
    def alive(self) -> bool:
        return self._lost is None

    @property
    def busy(self) -> bool:
        return bool(self._waiting)

    async def ask(self, command: Command, *, root: bool) -> Answer:
        """Ask, together with others. Cancelled or too late: the command is ended on the host as well.

        Of too much stdout the last bytes are kept.

        Raises:
            Lost: the channel is gone; the outcome is unknown.
            TimeoutError: neither the host's own limit nor ours brought an end; the outcome is unknown.
        """
        async with asyncio.timeout(command.timeout + GRACE), self._slots:
            number = next(self._numbers)
            line = request(
                number,
                command.argv,
                root=root,
                seconds=command.timeout,
                cap=command.cap,
                stdin=command.stdin,
                phrases=self._phrases,
            )
            answer = Answer(command.cap + SLACK)
            try:
                await self._exchange(number, line, answer)
            except asyncio.CancelledError:
                if not answer.whole:
                    self._cancelled[number] = Answer()
                    self._write(f"cancel {number}\n".encode())
                raise
            finally:
                if answer.whole:
                    self._ended.append(number)
        answer.cut = len(answer.out) > command.cap
        del answer.out[: -command.cap or None]
        return answer

    async def stream(self, command: Command, *, root: bool) -> Answer:
        """Ask alone, with nothing kept back on the host; the caller sees to it that no other is under way.

        Of too much stdout the first bytes are kept, and the command is ended.
        """
        number = next(self._numbers)
        line = stream_request(
            number, command.argv, root=root, seconds=command.timeout, cap=command.cap, phrases=self._phrases
        )
        async with asyncio.timeout(command.timeout + GRACE):
            answer = await self._exchange(number, line, Answer(command.cap + 1))
        answer.cut = len(answer.out) > command.cap
        del answer.out[command.cap :]
        return answer

    def measure(self) -> None:
        """Have `round_trip` brought up to date, soon; no process is started there."""
        number, started = next(self._numbers), time.monotonic()

        def note(done: asyncio.Future[None]) -> None:
            del self._waiting[number]
            if not done.cancelled() and done.exception() is None:
                self.round_trip = time.monotonic() - started

        done = self._expect(number, Answer())
        done.add_done_callback(note)
        self._write(f"echo_back {number}\n".encode())

    def reap_below(self, pid: int, *, root: bool) -> None:
        """End what runs below a process of the same login: another lane's shell that cannot listen."""
        self._write(f"{'rooted=1; ' if root else ''}reap_below {pid}\n".encode())

    async def start(self) -> None:
        """Send the resident shell its text and hear its first words."""
        text = b"M='" + self._marker + b"'\n" + _resident()
        try:
            async with asyncio.timeout(START_LIMIT):
                hello = await self._exchange(0, text, Answer(1000))
            uid, pid, _ = bytes(hello.out).split(None, 2)
            self.uid, self.pid = int(uid), int(pid)
        except (Lost, TimeoutError, ValueError) as error:
            said = self._stream.noise or self._complaint
            why = f"it said {said[-200:]!r}" if said else "it said nothing"
            raise Lost(f"the login there starts no shell that we can use (a restricted shell?); {why}") from error

    def close(self) -> None:
        """What is under way ends as `Lost`."""
        self._lose(Lost("k0stui closed it"))
        if self._channel is not None:
            self._channel.close()

    async def _exchange(self, number: int, line: bytes, answer: Answer) -> Answer:
        if self._lost is not None:
            raise self._lost
        answer.asked = self._now()
        done = self._expect(number, answer)
        try:
            self._write(self._goodbyes() + line)
            await done
        finally:
            del self._waiting[number]
        return answer

    def _expect(self, number: int, answer: Answer) -> asyncio.Future[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[number] = (answer, done)
        return done

    def _goodbyes(self) -> bytes:
        ended, self._ended = self._ended, []
        return f"done_with {' '.join(map(str, ended))}\n".encode() if ended else b""

    def _write(self, data: bytes) -> None:
        """Send what is written in one turn of the event loop as one packet: each costs as much as a question."""
        if not self._outbox:
            asyncio.get_running_loop().call_soon(self._flush)
        self._outbox += data

    def _flush(self) -> None:
        data, self._outbox = bytes(self._outbox), bytearray()
        if self._channel is not None and not self._channel.is_closing():
            self._channel.write(data)

    def _answer_of(self, number: int) -> Answer | None:
        waiting = self._waiting.get(number)
        return waiting[0] if waiting else self._cancelled.get(number)

    def _settle(self, number: int) -> None:
        if self._cancelled.pop(number, None):
            self._ended.append(number)
        waiting = self._waiting.get(number)
        if waiting and not waiting[1].done():
            waiting[0].answered = self._now()
            waiting[1].set_result(None)

    def _lose(self, lost: Lost) -> None:
        self._lost = self._lost or lost
        for _, done in self._waiting.values():
            if not done.done():
                done.set_exception(self._lost)


async def open_lane(connection: asyncssh.SSHClientConnection, now: Callable[[], datetime]) -> Lane:
    """A channel with a resident shell that has said hello.

    Raises:
        Lost: no shell came up.
        asyncssh.Error: no channel was granted.
    """
    async with asyncio.timeout(START_LIMIT):
        _, session = await connection.create_session(lambda: Lane(now), START, encoding=None, request_pty=False)
    lane = cast(Lane, session)
    try:
        await lane.start()
    except BaseException:
        lane.close()
        raise
    return lane


@cache
def _resident() -> bytes:
    lines = (files("k0stui.connect") / "resident.sh").read_bytes().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.lstrip().startswith(b"#"))
