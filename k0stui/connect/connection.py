"""The connection to one host: made when first needed, made again after a loss, not too often."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import asyncssh

from k0stui.connect.failures import unreachable
from k0stui.connect.lane import Lane, Lost, open_lane
from k0stui.errors import HostKeyRefused, Unreachable
from k0stui.model.host import HostName
from k0stui.ports import Clock

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds between attempts: doubled each time, then times a random 0.5 .. 1, so that a hundred hosts behind a jump host
that came back do not all knock at once."""


class Dial(Protocol):
    """How the connection comes about: the connector's part. Raises `Unreachable` and the libraries' errors."""

    @property
    def where(self) -> str:
        """Address and port, for messages."""
        ...

    @property
    def user(self) -> str: ...

    async def __call__(self) -> asyncssh.SSHClientConnection: ...


class HostConnection:
    """One connection and the resident shells on it, by name."""

    def __init__(self, host: HostName, dial: Dial, clock: Clock, jitter: Callable[[], float] = random.random) -> None:
        self.host = host
        self.dial = dial
        self._clock = clock
        self._jitter = jitter
        self._lock = asyncio.Lock()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._lanes: dict[str, Lane] = {}
        self._pause = FIRST_PAUSE
        self._retry_at = 0.0
        self._closed = False
        self.key_fingerprint = ""
        """`SHA256:…` of the key that the host showed last; it was accepted, else there would be no connection."""
        self.failure: Unreachable | None = None
        """Why the last attempt failed; None after one that did not."""

    @property
    def connecting(self) -> bool:
        return self._lock.locked()

    @property
    def retry_at(self) -> datetime | None:
        """UTC. None: nothing to wait for, or never again."""
        if self.failure is None or isinstance(self.failure, HostKeyRefused):
            return None
        return self._clock.now() + timedelta(seconds=max(0.0, self._retry_at - self._clock.monotonic()))

    def open_lane(self, name: str) -> Lane | None:
        """The shell of that name, if it is there now."""
        lane = self._lanes.get(name)
        return lane if lane is not None and lane.alive else None

    async def lane(self, name: str) -> Lane:
        """The shell of that name, opened if need be.

        Raises:
            Unreachable: no connection or no shell, or the last attempt failed a moment ago.
        """
        async with self._lock:
            if lane := self.open_lane(name):
                return lane
            connection = await self._alive()
            try:
                self._lanes[name] = await open_lane(connection, self._clock.now)
            except (Lost, OSError, asyncssh.Error, TimeoutError) as error:
                raise self._failed(error) from error
            self.failure, self._pause = None, FIRST_PAUSE
            return self._lanes[name]

    async def connection(self) -> asyncssh.SSHClientConnection:
        """The bare connection.

        Raises:
            Unreachable: as `lane`.
        """
        async with self._lock:
            return await self._alive()

    def drop(self) -> None:
        """Give up the connection, and the pause after a failure: the next question dials anew, at once."""
        self.failure, self._pause = None, FIRST_PAUSE
        for lane in self._lanes.values():
            lane.close()
        if self._connection is not None:
            self._connection.abort()
            self._connection = None

    async def close(self) -> None:
        self._closed = True
        for lane in self._lanes.values():
            lane.close()
        if self._connection is not None:
            self._connection.close()
            with contextlib.suppress(OSError, asyncssh.Error):
                await self._connection.wait_closed()

    async def _alive(self) -> asyncssh.SSHClientConnection:
        if self._connection is not None and not self._connection.is_closed():
            return self._connection
        self._refuse_if_early()
        try:
            self._connection = await self.dial()
            key = self._connection.get_server_host_key()
            self.key_fingerprint = key.get_fingerprint() if key else ""
        except (Unreachable, OSError, asyncssh.Error, TimeoutError) as error:
            raise self._failed(error) from error
        return self._connection

    def _refuse_if_early(self) -> None:
        if self._closed:
            raise Unreachable(f"{self.host}: its connection was closed by k0stui")
        if isinstance(self.failure, HostKeyRefused):
            raise self.failure
        if self.failure is not None and self._clock.monotonic() < self._retry_at:
            raise self.failure

    def _failed(self, error: BaseException) -> Unreachable:
        self.failure = unreachable(self.host, self.dial.where, error)
        self._retry_at = self._clock.monotonic() + self._pause * (0.5 + self._jitter() / 2)
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        return self.failure
