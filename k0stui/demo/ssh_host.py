"""A simulated host behind real SSH: an asyncssh server at a port of its own on loopback.

k0stui speaks to it as to any host: key exchange, host keys, login by key, the resident shell, a channel to the API
server on the host's own 127.0.0.1:6443. Only what the shell says comes from the model.
"""

from __future__ import annotations

import asyncio
import shlex
import socket
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import asyncssh

from k0stui.connect.lane import START
from k0stui.demo.answers import answer
from k0stui.demo.api_server import ApiFront
from k0stui.demo.errand import Done, Errand
from k0stui.demo.guard_place import GuardPlace, is_guard
from k0stui.demo.pace import Pace
from k0stui.demo.resident import NotOurShell, Question, Resident
from k0stui.demo.said import Asked, Said
from k0stui.ports import Command

API_PORT = 6443


class DemoHost:
    """One simulated host at one port."""

    def __init__(self, pace: Pace, name: str, place: GuardPlace, front: ApiFront | None) -> None:
        self.pace = pace
        self.name = name
        self.front = front
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.port = 0
        self.connections: set[asyncssh.SSHServerConnection] = set()
        self._place = place
        self._deaf: socket.socket | None = None
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self._guards: deque[Callable[[], None]] = deque()
        self._guarding = False

    @property
    def powered(self) -> bool:
        return self.pace.catch_up().host(self.name).powered

    # --- the port --------------------------------------------------------------------------------------------------

    @property
    def is_dark(self) -> bool:
        return self._deaf is not None

    async def listen(self, logins: asyncssh.SSHAuthorizedKeys) -> None:
        if self._deaf is not None:
            self._deaf.close()
            self._deaf = None
        self._acceptor = await asyncssh.listen(
            "127.0.0.1",
            self.port,
            server_factory=lambda: _Login(self),
            server_host_keys=[self.key],
            authorized_client_keys=logins,
            encoding=None,
            login_timeout=20,
        )
        self.port = self._acceptor.get_port()

    def go_dark(self) -> None:
        """The power is gone: so are all connections, and the port takes new ones without ever saying a word."""
        for connection in list(self.connections):
            connection.abort()
        if self._acceptor is not None:
            self._acceptor.close()
            self._acceptor = None
        self._deaf = socket.socket()
        self._deaf.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._deaf.bind(("127.0.0.1", self.port))
        self._deaf.listen(16)

    async def close(self) -> None:
        for connection in list(self.connections):
            connection.abort()
        if self._deaf is not None:
            self._deaf.close()
        if self._acceptor is not None:
            self._acceptor.close()
            await self._acceptor.wait_closed()

    # --- commands --------------------------------------------------------------------------------------------------

    def run(self, command: Command, then: Callable[[Said], None]) -> None:
        """Answer a command, now or when its program has ended; guards of one host go one after the other."""
        if is_guard(self._asked(command)):
            self._guards.append(lambda: self._start(command, lambda said: self._guarded(said, then)))
            if not self._guarding:
                self._next_guard()
        else:
            self._start(command, then)

    def _asked(self, command: Command) -> Asked:
        fleet = self.pace.catch_up()
        return Asked(fleet, fleet.host(self.name), command)

    def _guarded(self, said: Said, then: Callable[[Said], object]) -> None:
        then(said)
        self._next_guard()

    def _next_guard(self) -> None:
        self._guarding = bool(self._guards)
        if self._guards:
            self._guards.popleft()()

    def _start(self, command: Command, then: Callable[[Said], object]) -> None:
        said = answer(self._asked(command), self._place)
        if isinstance(said, Errand):
            self._send(said, then)
        else:
            self._later(said, then)

    def _send(self, errand: Errand, then: Callable[[Said], object]) -> None:
        """On another thread, so that the server goes on meanwhile."""

        def ended(future: asyncio.Future[Done]) -> None:
            if not future.cancelled():
                self.pace.catch_up()
                then(errand.finish(future.result()))

        asyncio.get_running_loop().run_in_executor(None, errand.run).add_done_callback(ended)

    def _later(self, said: Said, then: Callable[[Said], object]) -> None:
        if said.takes:
            asyncio.get_running_loop().call_later(said.takes / self.pace.speed, then, said)
        else:
            then(said)


Forward = Callable[[asyncssh.SSHReader[Any], asyncssh.SSHWriter[Any]], Awaitable[None]]


class _Login(asyncssh.SSHServer):
    """One connection to one host: any user name, our key."""

    def __init__(self, host: DemoHost) -> None:
        self._host = host
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._host.connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._host.connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        return True

    def session_requested(self) -> asyncssh.SSHServerSession[bytes]:
        user = self._connection.get_extra_info("username") if self._connection else ""
        return _Session(self._host, root_login=user == "root")

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> Forward:
        """Only to the host's own API server."""
        front = self._host.front
        if dest_host not in ("127.0.0.1", "localhost") or dest_port != API_PORT:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "not allowed")
        if front is None or not front.api().listens:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, "Connection refused")
        return _Pipe(front.port).serve


class _Pipe:
    """From a channel to a port of ours and back."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def serve(self, reader: asyncssh.SSHReader[bytes], writer: asyncssh.SSHWriter[bytes]) -> None:
        near_reader, near_writer = await asyncio.open_connection("127.0.0.1", self._port)
        async with asyncio.TaskGroup() as group:
            group.create_task(_copy(reader, near_writer), name="to the API server")
            group.create_task(_copy(near_reader, writer), name="from the API server")


async def _copy(
    reader: asyncio.StreamReader | asyncssh.SSHReader[bytes], writer: asyncio.StreamWriter | asyncssh.SSHWriter[bytes]
) -> None:
    with suppress(ConnectionError, asyncssh.Error, BrokenPipeError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with suppress(ConnectionError, asyncssh.Error, BrokenPipeError, RuntimeError):
        writer.close()


class _Session(asyncssh.SSHServerSession[bytes]):
    """One channel: the resident shell, or a single command for a person with plain ssh."""

    def __init__(self, host: DemoHost, root_login: bool) -> None:
        self._host = host
        self._root_login = root_login
        self._channel: asyncssh.SSHServerChannel[bytes] | None = None
        self._resident: Resident | None = None
        self._line = ""

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self._channel = chan

    def shell_requested(self) -> bool:
        return False

    def exec_requested(self, command: str) -> bool:
        self._line = command
        return True

    def session_started(self) -> None:
        if self._line == START:
            pid = self._host.pace.fleet.host(self._host.name).pid()
            self._resident = Resident(self._write, self._ask, pid, self._root_login)
        else:
            self._once()

    def data_received(self, data: bytes, datatype: int | None) -> None:
        if self._resident is None:
            return
        try:
            self._resident.feed(data)
        except NotOurShell as error:
            self._write(f"sh: this simulated host runs only k0stui's own resident shell: {error}\n".encode(), True)
            self._end(2)

    def eof_received(self) -> bool:
        self._end(0)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._channel = None

    def _write(self, data: bytes, error: bool = False) -> None:
        if self._channel is not None and not self._channel.is_closing():
            self._channel.write(data, asyncssh.EXTENDED_DATA_STDERR if error else None)

    def _end(self, status: int) -> None:
        if self._channel is not None and not self._channel.is_closing():
            self._channel.exit(status)

    def _ask(self, question: Question) -> None:
        resident = self._resident
        assert resident is not None
        command = Command(question.argv, sudo=question.root or self._root_login, stdin=question.stdin)
        self._host.run(command, lambda said: resident.answer(question, said.stdout, said.stderr, said.status))

    def _once(self) -> None:
        def print_and_end(said: Said) -> None:
            self._write(said.stdout, False)
            self._write(said.stderr, True)
            self._end(said.status)

        words = tuple(shlex.split(self._line)) or ("true",)
        self._host.run(Command(words, sudo=self._root_login), print_and_end)
