"""Asking the machine that k0stui runs on: the same questions, without SSH."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
import signal
import socket
from asyncio.subprocess import DEVNULL, PIPE, Process

from k0stui.connect.frames import STDERR_CAP, UNSAYABLE
from k0stui.connect.rights import SudoMemory
from k0stui.errors import ProbeFailed, Unreachable
from k0stui.model.host import HostName
from k0stui.ports import Clock, Command, Reply

PATHS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Added to PATH, here and under sudo, whose secure_path often lacks /usr/local/bin, where k0s is."""

GRACE = 2.0
"""Seconds between TERM and KILL, and the time that a killed command's output is waited for."""

_AS_ROOT = 'PATH=$1 LC_ALL=C; export PATH LC_ALL; unset KUBECONFIG; shift; exec "$@"'

CHUNK = 65536


class LocalShell:
    """`ports.Shell` for this machine."""

    def __init__(self, host: HostName, clock: Clock) -> None:
        self._host = host
        self._clock = clock
        self._sudo = SudoMemory(host, getpass.getuser(), clock)
        self._running: set[Process] = set()
        self._closed = False

    @property
    def host(self) -> HostName:
        return self._host

    async def run(self, command: Command) -> Reply:
        if not command.sudo or os.geteuid() == 0:
            return await self._run(command, command.argv)
        await self._sudo.check(lambda check: self._run(check, check.argv))
        # `timeout` as root: nobody else may end what root runs.
        limit = ("timeout", "-k", "2", str(max(1, round(command.timeout))))
        wrapped = ("sudo", "-n", "sh", "-c", _AS_ROOT, "sh", _environment()["PATH"], *limit, *command.argv)
        return self._sudo.judged(await self._run(command, wrapped))

    async def loopback(self, port: int) -> socket.socket:
        """Connected to 127.0.0.1:`port`.

        Raises:
            Unreachable: nothing listens there.
        """
        connected = socket.socket()
        connected.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(connected, ("127.0.0.1", port))
        except OSError as error:
            connected.close()
            raise Unreachable(f"{self._host}: nothing answers on its 127.0.0.1:{port} ({error.strerror})") from error
        return connected

    async def close(self) -> None:
        self._closed = True
        for process in self._running:
            _signal_group(process, signal.SIGTERM)

    async def _run(self, command: Command, argv: tuple[str, ...]) -> Reply:
        if self._closed:
            raise Unreachable(f"{self._host}: its shell was closed by k0stui")
        asked = self._clock.now()
        try:
            process = await asyncio.create_subprocess_exec(
                *argv, stdin=PIPE if command.stdin else DEVNULL, stdout=PIPE, stderr=PIPE,
                env=_environment(), start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            status = 127 if isinstance(error, FileNotFoundError) else 126
            said = f"{argv[0]}: {error.strerror}".encode()
            return Reply(status, b"", said, asked, self._clock.now())
        except ValueError as error:
            raise ProbeFailed(UNSAYABLE) from error
        self._running.add(process)
        try:
            conversation = _Conversation(process, command)
            out, err, status = await conversation.held()
        finally:
            self._running.discard(process)
            _signal_group(process, signal.SIGKILL)
        if self._closed:
            raise Unreachable(f"{self._host}: its shell was closed before the answer was whole")
        return Reply(status, bytes(out), bytes(err), asked, self._clock.now(), conversation.cut)


class _Conversation:
    """One process, read up to the caps and ended at the limit."""

    def __init__(self, process: Process, command: Command) -> None:
        self._process = process
        self._command = command
        self._out = bytearray()
        self._err = bytearray()
        self.cut = False

    async def held(self) -> tuple[bytearray, bytearray, int]:
        limit = self._command.timeout
        status: int | None = None
        try:
            async with asyncio.timeout(limit):
                await self._talk()
        except TimeoutError:
            status = 124
            await self._end()
        code = self._process.returncode or 0
        return self._out, self._err, status or (128 - code if code < 0 else code)

    async def _talk(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._write(), name="stdin")
            group.create_task(self._read_out(), name="stdout")
            group.create_task(self._read_err(), name="stderr")
        await self._process.wait()

    async def _write(self) -> None:
        if (stdin := self._process.stdin) is None:
            return
        # A command need not read what it is given.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            stdin.write(self._command.stdin)
            await stdin.drain()
            stdin.close()

    async def _read_out(self) -> None:
        assert self._process.stdout is not None
        while chunk := await self._process.stdout.read(CHUNK):
            self._out += chunk
            self.cut = self.cut or len(self._out) > self._command.cap
            del self._out[: -self._command.cap or None]

    async def _read_err(self) -> None:
        assert self._process.stderr is not None
        while chunk := await self._process.stderr.read(CHUNK):
            self._err += chunk[: STDERR_CAP - len(self._err)]

    async def _end(self) -> None:
        _signal_group(self._process, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await self._process.wait()
        _signal_group(self._process, signal.SIGKILL)
        await self._process.wait()


def _signal_group(process: Process, number: signal.Signals) -> None:
    """The command and all that it started, unless that left its session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("KUBECONFIG", "SYSTEMD_PAGER")}
    return {**kept, "LC_ALL": "C", "SYSTEMD_PAGER": "", "PATH": f"{kept.get('PATH', '')}:{PATHS}".lstrip(":")}
