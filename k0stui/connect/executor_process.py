"""The process that carries out a plan: it outlives the terminal, and answers on a socket of its own.

`start` runs `k0stui run` in a session of its own. `Desk` is the Unix socket of that process (0600, for the same user
only, by SO_PEERCRED): viewers read progress from it, one JSON object a line, and say *pause*, *go on*, *stop after this
host* and so on. SIGHUP is ignored: a closed terminal must not stop a host half-way. When the last viewer leaves, the
executor finishes the host in flight and waits (while exposed it goes on through the workers first).
"""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import resource
import signal
import socket
import struct
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Protocol

from k0stui.engine.course import Progress, as_json
from k0stui.engine.execute import WORDS
from k0stui.errors import K0stuiError, UsageError

SOCKET, LOG = "executor.sock", "executor.log"

APPEARS = 15.0
"""Seconds within which a started executor must answer on its socket; importing and connecting take 2 to 5."""

WATCH = "watch"
"""The word with which a connection becomes a viewer."""

LINE = 64 * 1024
"""Most bytes of one line on the socket."""

GONE = 5.0
"""Seconds without any viewer before that counts as lost: a restarted TUI comes back sooner."""


class Told(Protocol):
    """What a viewer's words go to."""

    def tell(self, word: str, step: str = "", why: str = "") -> None: ...

    def viewer_lost(self) -> None: ...


# -- the viewer's side -------------------------------------------------------------------------------------------------


def start(directory: Path, argv: Sequence[str], handed: bytes = b"") -> int:
    """Run `k0stui ARGV` in a session of its own, its output in the operation's log; the pid.

    It is forked twice, so that it is nobody's child: no terminal, no viewer and no wait can end it. `handed` is its
    standard input, through a pipe (which holds 64 KiB): passphrases stand in no argv, environment or file.
    """
    read, write = os.pipe()
    given, giving = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover -- the forked side has no coverage
        os.close(read)
        os.close(giving)
        _detach(directory, write, given, argv)
    os.close(write)
    os.close(given)
    with os.fdopen(giving, "wb") as pipe:
        pipe.write(handed)
    os.waitpid(child, 0)
    with os.fdopen(read, "rb") as pipe:
        return int(pipe.read() or b"0")


def _detach(directory: Path, write: int, given: int, argv: Sequence[str]) -> None:  # pragma: no cover
    os.setsid()
    if os.fork():
        os._exit(0)
    os.write(write, str(os.getpid()).encode())
    os.close(write)
    log = os.open(directory / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for place, file in ((0, given), (1, log), (2, log)):
        os.dup2(file, place)
    os.closerange(3, 256)
    os.chdir("/")
    os.execv(sys.executable, [sys.executable, "-m", "k0stui", *argv])


async def watch(directory: Path) -> AsyncIterator[dict[str, object]]:
    """What the executor of an operation says, line by line, until it ends.

    Raises:
        UsageError: none answers; the journal tells how far it came, `k0stui resume` goes on.
    """
    reader, writer = await _connected(directory)
    writer.write(json.dumps({"word": WATCH}).encode() + b"\n")
    try:
        while line := await reader.readline():
            yield json.loads(line)
    finally:
        writer.close()


async def say(directory: Path, word: str, step: str = "", why: str = "") -> None:
    """One word to the executor of an operation; raises UsageError as `watch`, or for a word that it does not know."""
    if word not in WORDS:
        raise UsageError(f"{word!r} is not one of {', '.join(WORDS)}")
    reader, writer = await _connected(directory)
    writer.write(json.dumps({"word": word, "step": step, "why": why}).encode() + b"\n")
    writer.write_eof()
    await reader.read()
    writer.close()


async def _connected(directory: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        async with asyncio.timeout(APPEARS):
            while True:
                try:
                    return await asyncio.open_unix_connection(str(directory / SOCKET), limit=LINE)
                except (FileNotFoundError, ConnectionRefusedError):
                    await asyncio.sleep(0.1)
    except TimeoutError:
        raise UsageError(f"no executor answers for {directory.name}; its log is {directory / LOG}; resume it") from None


# -- the executor's side -----------------------------------------------------------------------------------------------


def harden() -> None:
    """No core dump (it would hold keys), no end by a closed terminal."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


class Desk:
    """The socket of an executor: progress to every viewer, words from them."""

    def __init__(self) -> None:
        self._viewers: set[asyncio.StreamWriter] = set()
        self._serving: dict[asyncio.Task[object], asyncio.StreamWriter] = {}
        self._last = b"{}\n"
        self._executor: Told | None = None

    def attach(self, executor: Told) -> None:
        """From here on it is told what viewers say; also that none came: whoever started it may be gone already."""
        self._executor = executor
        asyncio.get_running_loop().call_later(APPEARS, self._nobody)

    def publish(self, progress: Progress) -> None:
        """To all viewers; one that does not read is hung up on, never waited for: it has left then (`_leave`)."""
        self._last = as_json(progress) + b"\n"
        for writer in list(self._viewers):
            if writer.transport.get_write_buffer_size() > LINE:
                writer.transport.abort()
            elif not writer.transport.is_closing():
                writer.write(self._last)

    @asynccontextmanager
    async def open(self, directory: Path) -> AsyncIterator[None]:
        """Listen while the block lasts.

        Raises:
            UsageError: another process is the executor of this operation.
        """
        path = directory / SOCKET
        await _free(path)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            listening.bind(str(path))
        finally:
            os.umask(before)
        server = await asyncio.start_unix_server(self._serve, sock=listening, limit=LINE)
        try:
            yield
        finally:
            server.close()
            await self._hang_up()
            _unlink(path)

    async def _hang_up(self) -> None:
        """Close all connections, and let those who serve them end: what the loop cancels at its end it complains of."""
        for writer in self._serving.values():
            writer.close()
        if self._serving:
            await asyncio.wait(list(self._serving), timeout=1)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not _is_same_user(writer):
            writer.close()
            return
        task = asyncio.current_task()
        assert task is not None
        self._serving[task] = writer
        try:
            while line := await reader.readline():
                with suppress(ValueError, AttributeError, TypeError):
                    self._hear(json.loads(line), writer)
        except (ValueError, ConnectionError):
            pass
        finally:
            del self._serving[task]
            self._leave(writer)
            writer.close()

    def _hear(self, said: dict[str, object], writer: asyncio.StreamWriter) -> None:
        word = said.get("word")
        if word == WATCH:
            self._viewers.add(writer)
            writer.write(self._last)
        elif self._executor is not None and isinstance(word, str) and word in WORDS:
            self._executor.tell(word, str(said.get("step", "")), str(said.get("why", "")))

    def _leave(self, writer: asyncio.StreamWriter) -> None:
        """Who only said a word was no viewer."""
        if writer in self._viewers:
            self._viewers.discard(writer)
            asyncio.get_running_loop().call_later(GONE, self._nobody)

    def _nobody(self) -> None:
        if not self._viewers and self._executor is not None:
            self._executor.viewer_lost()


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)


async def _free(path: Path) -> None:
    """A socket that nobody answers on is left over from a killed process."""
    try:
        _, writer = await asyncio.open_unix_connection(str(path))
    except FileNotFoundError:
        return
    except ConnectionRefusedError:
        _unlink(path)
        return
    writer.close()
    raise UsageError(f"{path.parent.name} is being carried out by another process; watch that one")


def _is_same_user(writer: asyncio.StreamWriter) -> bool:
    """SO_PEERCRED: the kernel's word, whatever the mode of the socket is."""
    peer: socket.socket = writer.get_extra_info("socket")
    size = struct.calcsize("3i")
    _, uid, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return bool(uid == os.geteuid())


def own_process(logind: Sequence[Path] = (), linger: Path = Path("/var/lib/systemd/linger")) -> str:
    """What would end this process when its user logs out (gate C-09); empty: nothing.

    Raises:
        K0stuiError: it cannot be told.
    """
    user = pwd.getpwuid(os.geteuid()).pw_name
    if (linger / user).exists() or not _kills_user_processes(logind or _logind_files()):
        return ""
    return f"logind ends all processes of {user} at logout (KillUserProcesses=yes)"


def _logind_files() -> list[Path]:
    folders = (Path("/usr/lib/systemd"), Path("/etc/systemd"), Path("/run/systemd"))
    dropins = [path for folder in folders for path in sorted(folder.glob("logind.conf.d/*.conf"))]
    return [Path("/usr/lib/systemd/logind.conf"), Path("/etc/systemd/logind.conf"), *dropins]


def _kills_user_processes(files: Sequence[Path]) -> bool:
    """The last word of logind.conf and its drop-ins; where nothing is said Debian, RHEL and SUSE build it as no."""
    kills = False
    for path in files:
        try:
            text = path.read_text("utf-8", "replace")
        except FileNotFoundError:
            continue
        except OSError as error:
            raise K0stuiError(f"{path} cannot be read: whether processes survive logout is not known") from error
        for line in text.splitlines():
            key, _, value = line.partition("=")
            if key.strip() == "KillUserProcesses":
                kills = value.strip().lower() in ("yes", "true", "1", "on")
    return kills


def owner() -> str:
    """user@machine, for the lock line: plain characters only."""
    name = f"{pwd.getpwuid(os.geteuid()).pw_name}@{socket.gethostname()}"
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._@-") else "-" for letter in name)
