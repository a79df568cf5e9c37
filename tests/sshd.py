"""A real OpenSSH server on loopback, for tests and benches: started, watched and ended by whoever asks for it."""

from __future__ import annotations

import contextlib
import ctypes
import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


@dataclass(slots=True)
class Sshd:
    """One daemon with its own keys and folder."""

    folder: Path
    addresses: tuple[str, ...]
    port: int
    process: subprocess.Popen[bytes] | None = None
    extra: Sequence[str] = ()
    """Lines of sshd_config on top."""
    authorized: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return self.addresses[0]

    @property
    def host_key(self) -> str:
        """Of the public key: `ssh-ed25519 AAAA…`."""
        return " ".join((self.folder / "host_key.pub").read_text().split()[:2])

    @property
    def client_key(self) -> Path:
        return self.folder.parent / "client_key"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")

    def known_hosts(self) -> str:
        """Lines for a client that knows this host."""
        return "".join(f"[{address}]:{self.port} {self.host_key}\n" for address in self.addresses)

    def start(self) -> None:
        (self.folder / "sshd_config").write_text(self._config())
        with (self.folder / "log").open("ab") as log:
            command = [str(SSHD), "-D", "-e", "-f", str(self.folder / "sshd_config")]
            self.process = subprocess.Popen(command, stderr=log, start_new_session=True, preexec_fn=_die_with_parent)
        for address in self.addresses:
            wait_for_port(address, self.port, self.process)

    def stop(self) -> None:
        """The daemon and every session of it: as if the machine were gone, but with good manners (RST)."""
        if self.process is None:
            return
        for pid in (*descendants(self.process.pid), self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def sessions(self) -> list[int]:
        """Pids below the daemon: its connections and what runs on them."""
        return descendants(self.process.pid) if self.process else []

    def _config(self) -> str:
        listen = "".join(f"ListenAddress {address}\n" for address in self.addresses)
        keys = self.folder / "authorized_keys"
        keys.write_text("\n".join([(self.folder.parent / "client_key.pub").read_text(), *self.authorized]))
        # No rc files: those of whoever runs the tests may take seconds. sshd heeds the first SetEnv only.
        clean = "HOME=/nonexistent"
        extra = [f"{line} {clean}" if line.startswith("SetEnv ") else line for line in self.extra]
        return (
            "\n".join([*extra, f"SetEnv {clean}"])
            + f"\nPort {self.port}\n{listen}HostKey {self.folder}/host_key\nPidFile none\n"
            + f"AuthorizedKeysFile {keys}\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
            + "KbdInteractiveAuthentication no\nUseDNS no\nPrintMotd no\n"
        )


@contextlib.contextmanager
def an_sshd(
    folder: Path, name: str = "host", addresses: Sequence[str] = ("127.0.0.1",), extra: Sequence[str] = ()
) -> Iterator[Sshd]:
    """A daemon with sshd's defaults where `extra` says nothing else."""
    sshd = make_sshd(folder, name, addresses, extra)
    sshd.start()
    try:
        yield sshd
    finally:
        sshd.stop()


def make_sshd(folder: Path, name: str, addresses: Sequence[str], extra: Sequence[str] = ()) -> Sshd:
    """Keys and configuration, not started yet."""
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    if not (folder / "client_key").exists():
        keygen(folder / "client_key")
    own = folder / name
    own.mkdir()
    keygen(own / "host_key")
    return Sshd(own, tuple(addresses), free_port(addresses[0]), extra=extra)


def _die_with_parent() -> None:
    """Also when we are killed: no daemon outlives the run that started it. PR_SET_PDEATHSIG is 1 (prctl(2))."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def keygen(path: Path, *arguments: str) -> None:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", *arguments, "-f", str(path)]
    subprocess.run(command, check=True)


def free_port(address: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def wait_for_port(address: str, port: int, process: subprocess.Popen[bytes]) -> None:
    """Until somebody listens. Connecting is the only event that a foreign daemon gives."""
    for _ in range(400):
        if process.poll() is not None:
            raise RuntimeError(f"sshd ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=1):
            return
        time.sleep(0.01)
    raise RuntimeError(f"sshd does not listen on {address}:{port}")


def descendants(pid: int) -> list[int]:
    """All processes below one, by /proc."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            text = stat.read_text()
            children.setdefault(int(text.rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
    found, queue = [], [pid]
    while queue:
        below = children.get(queue.pop(), [])
        found += below
        queue += below
    return found


ME = getpass.getuser()
