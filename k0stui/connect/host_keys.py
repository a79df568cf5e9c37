"""Whether a host is the one that we know: our own strict reading of known_hosts. It cannot be turned off.

Why not asyncssh's own: there `UserKnownHostsFile none` means no check at all, a callback is asked about *changed*
keys as if they were unknown ones, and `@revoked [host]:port` alone is not seen when asking without the port. Here:
revoked first, by the name with and without port; then a key that is known; then a changed key, which nothing may
accept; and only what is left is unknown.

Format: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT".
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import asyncssh

from k0stui.errors import HostKeyRefused

SSH_PORT = 22

ALGORITHMS = (
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
"""Host key signatures that we take, best first. `ssh-rsa` (SHA-1) and `ssh-dss` are not among them."""

CERTIFICATES = (
    "ssh-ed25519-cert-v01@openssh.com",
    "ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
    "rsa-sha2-512-cert-v01@openssh.com",
    "rsa-sha2-256-cert-v01@openssh.com",
)
"""Asked for only where an authority is known for the host."""


class UnknownHostKey(HostKeyRefused):
    """Nothing is known about this host: a person may be asked, before anything starts."""

    def __init__(self, message: str, *, host: str, port: int, fingerprint: str, line: str, path: Path) -> None:
        super().__init__(message)
        self.host = host
        self.port = port
        self.fingerprint = fingerprint
        self.line = line
        """What a known_hosts file would have, with the newline."""
        self.path = path
        """The file it would be added to."""


@dataclass(frozen=True, slots=True)
class KnownKey:
    """One line of a known_hosts file."""

    path: Path
    number: int
    """Line, from 1."""
    marker: str
    """`""`, `@cert-authority` or `@revoked`."""
    names: str
    key: asyncssh.SSHKey

    @property
    def place(self) -> str:
        return f"{self.path} line {self.number}"


@dataclass(frozen=True, slots=True)
class Known:
    """All that the files say of one host and port."""

    host: str
    port: int
    paths: tuple[Path, ...]
    """The files that were read; a new key is added to the first."""
    keys: tuple[KnownKey, ...]
    confirming: tuple[KnownKey, ...]
    """Entries without the port, where there is none with it: as in ssh they may confirm, not make a key "changed"."""
    authorities: tuple[KnownKey, ...]
    revoked: tuple[KnownKey, ...]

    def for_asyncssh(self, _host: str, _address: str, _port: int | None) -> Sequence[object]:
        """The `known_hosts` callable: always lists, never None, so that asyncssh always checks."""
        revoked = [line.key for line in self.revoked]
        return (
            [line.key for line in (*self.keys, *self.confirming) if line.key not in revoked],
            [line.key for line in self.authorities if line.key not in revoked],
            revoked,
            [], [], [], [],
        )  # fmt: skip

    def algorithms(self) -> list[str]:
        """What to ask the host for: types known of it first, else it would show another key and look changed."""
        known = [name for line in (*self.keys, *self.confirming) for name in _signatures(line.key)]
        certificates = CERTIFICATES if self.authorities else ()
        return list(dict.fromkeys([*certificates, *known, *ALGORITHMS]))

    def refusal(self, label: str, shown: asyncssh.SSHKey | None, why: str) -> HostKeyRefused:
        """What to tell of a key that was not accepted; `shown` is None where asyncssh itself saw it revoked."""
        if shown is None or any(line.key == shown for line in self.revoked):
            return self._revoked(label, why)
        if self.keys:
            return self._changed(label, shown)
        return self._unknown(label, shown)

    def _revoked(self, label: str, why: str) -> HostKeyRefused:
        places = ", ".join(line.place for line in self.revoked)
        where = f"; see {places}" if places else ""
        return HostKeyRefused(f"{label}: refused: {why}{where}. Do not log in there before somebody knows why.")

    def _changed(self, label: str, shown: asyncssh.SSHKey) -> HostKeyRefused:
        known = "; ".join(f"{_described(line.key)} ({line.place})" for line in self.keys)
        files = " ".join(dict.fromkeys(str(line.path) for line in self.keys))
        return HostKeyRefused(
            f"{label}: the host key has CHANGED. Shown: {_described(shown)}; known: {known}. Somebody may be between. "
            f"If the host was set up anew, compare the shown fingerprint on its console, then run "
            f"`ssh-keygen -f {files} -R '{_name(self.host, self.port)}'` and connect once by ssh."
        )

    def _unknown(self, label: str, shown: asyncssh.SSHKey) -> UnknownHostKey:
        name = _name(self.host, self.port)
        port = "" if self.port == SSH_PORT else f" -p {self.port}"
        message = (
            f"{label}: its host key is not known ({_described(shown)}) and there is nobody to ask. Compare the "
            f"fingerprint, then run `ssh{port} {self.host}` once, or start k0stui in a terminal and answer there."
        )
        line = f"{name} {shown.export_public_key('openssh').decode().strip()}\n"
        return UnknownHostKey(
            message, host=self.host, port=self.port, fingerprint=_described(shown), line=line, path=self.paths[0]
        )


def look_up(paths: Sequence[Path], host: str, port: int) -> Known:
    """Read the files now; those that are not there are empty. `host` is the name that is connected to."""
    with_port, bare = _name(host, port).lower(), host.lower()
    lines = [line for path in paths for line in _read(path)]
    named = [line for line in lines if _matches(line.names, with_port)]
    keys = [line for line in named if not line.marker]
    confirming = [line for line in lines if not line.marker and not keys and _matches(line.names, bare)]
    return Known(
        host,
        port,
        tuple(paths),
        keys=tuple(keys),
        confirming=tuple(confirming),
        authorities=tuple(line for line in named if line.marker == "@cert-authority"),
        revoked=tuple(
            line
            for line in lines
            if line.marker == "@revoked" and (_matches(line.names, with_port) or _matches(line.names, bare))
        ),
    )


def remember(path: Path, line: str) -> None:
    """Append one line to a known_hosts file, made 0600 if need be."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        if size and os.pread(file.fileno(), 1, size - 1) != b"\n":
            line = "\n" + line
        file.write(line.encode())


def _read(path: Path) -> list[KnownKey]:
    try:
        text = path.read_text("utf-8", "replace")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise HostKeyRefused(f"{path}: cannot be read ({error.strerror}), so no host key can be checked") from error
    parsed = (_parsed(path, number, line) for number, line in enumerate(text.splitlines(), 1))
    return [line for line in parsed if line is not None]


def _parsed(path: Path, number: int, line: str) -> KnownKey | None:
    """None for comments, and for keys of types that nobody could show us (ssh-dss, keys of the future)."""
    words = line.split()
    if not words or words[0].startswith("#"):
        return None
    marker = words.pop(0) if words[0].startswith("@") else ""
    if marker not in ("", "@cert-authority", "@revoked") or len(words) < 3:
        return None
    try:
        key = asyncssh.import_public_key(f"{words[1]} {words[2]}")
    except (asyncssh.KeyImportError, ValueError):
        return None
    return KnownKey(path, number, marker, words[0], key)


def _matches(names: str, name: str) -> bool:
    if names.startswith("|1|"):
        return _matches_hash(names, name)
    patterns = [pattern.lower() for pattern in names.split(",") if pattern]
    if any(pattern.startswith("!") and _glob(name, pattern[1:]) for pattern in patterns):
        return False
    return any(_glob(name, pattern) for pattern in patterns if not pattern.startswith("!"))


def _glob(name: str, pattern: str) -> bool:
    """ssh knows `*` and `?` only: brackets are `[host]:port`."""
    return fnmatchcase(name, pattern.replace("[", "[[]"))


def _matches_hash(names: str, name: str) -> bool:
    try:
        _, _, salt, digest = names.split("|")
        expected = base64.b64decode(digest, validate=True)
        seen = hmac.digest(base64.b64decode(salt, validate=True), name.encode(), "sha1")
    except (ValueError, binascii.Error):
        return False
    return hmac.compare_digest(seen, expected)


def _name(host: str, port: int) -> str:
    return host if port == SSH_PORT else f"[{host}]:{port}"


def _signatures(key: asyncssh.SSHKey) -> list[str]:
    kind = key.get_algorithm()
    return ["rsa-sha2-512", "rsa-sha2-256"] if kind == "ssh-rsa" else [kind]


def _described(key: asyncssh.SSHKey) -> str:
    kind = key.get_algorithm().removeprefix("ssh-").removeprefix("ecdsa-sha2-").upper()
    return f"{kind} {key.get_fingerprint()}"
