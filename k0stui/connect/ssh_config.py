"""What ~/.ssh/config says of a host, as far as k0stui honours it. Nothing in it is ever executed.

Honoured: Host (patterns, negation), Include, HostName, User, Port, IdentityFile, IdentitiesOnly, IdentityAgent,
ProxyJump, UserKnownHostsFile, GlobalKnownHostsFile. Left out with a warning, because they run programs or lend the
agent away: ProxyCommand, Match (all of it), ForwardAgent, LocalCommand, PKCS11Provider. All else does not concern us.

Why not asyncssh's parser: it runs `Match exec` and ProxyCommand, and to it `UserKnownHostsFile none` means no check.
Source: ssh_config(5). The first value found wins, except that IdentityFile adds up.
"""

from __future__ import annotations

import getpass
import glob
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from k0stui.errors import UsageError

DEPTH = 16
"""Of Include, as in ssh: a file that includes itself must end."""

_NAME = re.compile(r"[A-Za-z0-9._:-]{1,253}")
"""What may be a host name or an address. No zone ids, no spaces, no percent signs (CVE-2023-51385)."""

_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@+-]{0,127}")

_ALWAYS = ("*",)
_NEVER = ("!*",)

_LISTS = frozenset({"identityfile"})
_TAKEN = _LISTS | {
    "hostname", "user", "port", "identitiesonly", "identityagent", "proxyjump", "userknownhostsfile",
    "globalknownhostsfile",
}  # fmt: skip
_DANGEROUS = {
    "proxycommand": "use ProxyJump",
    "forwardagent": "the agent is never lent to a host",
    "localcommand": "nothing is executed",
    "permitlocalcommand": "nothing is executed",
    "pkcs11provider": "put the key into ssh-agent",
    "knownhostscommand": "nothing is executed",
}


@dataclass(frozen=True, slots=True)
class HostConfig:
    """What holds for one name."""

    hostname: str
    user: str
    port: int
    identity_files: tuple[Path, ...]
    """Named ones; empty: ssh's default names."""
    identities_only: bool
    agent: str | None
    """The agent's socket; None: no agent."""
    jumps: tuple[str, ...]
    """`[user@]host[:port]`, first hop first."""
    user_known_hosts: tuple[Path, ...]
    global_known_hosts: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    blocks: tuple[tuple[str, ...], ...]
    """Patterns of the Host block it stands in, and of those around its file's Include: all must match."""
    keyword: str
    words: tuple[str, ...]
    place: str


@dataclass(slots=True)
class SshConfig:
    """A configuration file with all that it includes, read once."""

    lines: list[_Line] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    """Sentences for the operator: what was left out, and where."""
    home: Path = field(default_factory=Path.home)

    def host(self, name: str) -> HostConfig:
        """What holds for `name`, as it was given on the command line or in the inventory.

        Raises:
            UsageError: a value that is no name, no port, no user.
        """
        found = self._values(name)
        hostname = self._one(found, "hostname", name).replace("%h", name).replace("%%", "%")
        return HostConfig(
            hostname=checked_name(hostname),
            user=checked_user(self._one(found, "user", getpass.getuser())),
            port=checked_port(self._one(found, "port", "22")),
            identity_files=tuple(self._paths(found, "identityfile", name)),
            identities_only=self._one(found, "identitiesonly", "no").lower() in ("yes", "true"),
            agent=self._agent(found, name),
            jumps=self._jumps(found, name),
            user_known_hosts=tuple(self._paths(found, "userknownhostsfile", name))
            or (self.home / ".ssh/known_hosts", self.home / ".ssh/known_hosts2"),
            global_known_hosts=tuple(self._paths(found, "globalknownhostsfile", name))
            or (Path("/etc/ssh/ssh_known_hosts"), Path("/etc/ssh/ssh_known_hosts2")),
        )

    def _values(self, name: str) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for line in self.lines:
            if not all(host_matches(patterns, name) for patterns in line.blocks):
                continue
            if line.keyword in _DANGEROUS:
                self._warn(line)
            elif line.keyword in _LISTS:
                found.setdefault(line.keyword, []).extend(line.words)
            else:
                found.setdefault(line.keyword, list(line.words))
        return found

    def _warn(self, line: _Line) -> None:
        if line.words[0].lower() in ("no", "none"):
            return
        text = f"{line.place}: {line.keyword} is ignored: {_DANGEROUS[line.keyword]}"
        if text not in self.warnings:
            self.warnings.append(text)

    @staticmethod
    def _one(found: Mapping[str, list[str]], keyword: str, default: str) -> str:
        return found[keyword][0] if keyword in found else default

    def _paths(self, found: Mapping[str, list[str]], keyword: str, name: str) -> Iterator[Path]:
        """`none` gives nothing, and nothing means ssh's defaults: checks are never turned off by it."""
        for word in found.get(keyword, []):
            if word.lower() != "none":
                yield self._expanded(word, name)

    def _expanded(self, word: str, name: str) -> Path:
        tokens = {"%d": str(self.home), "%h": name, "%n": name, "%u": getpass.getuser(), "%%": "%"}
        text = re.sub(r"%.", lambda match: tokens.get(match[0], match[0]), word)
        text = re.sub(r"\$\{(\w+)\}", lambda match: os.environ.get(match[1], ""), text)
        if text == "~" or text.startswith("~/"):
            return self.home / text[2:]
        return Path(text)

    def _agent(self, found: Mapping[str, list[str]], name: str) -> str | None:
        word = self._one(found, "identityagent", "SSH_AUTH_SOCK")
        if word.lower() == "none":
            return None
        if word == "SSH_AUTH_SOCK":
            return os.environ.get("SSH_AUTH_SOCK") or None
        if word.startswith("$"):
            return os.environ.get(word.strip("${}")) or None
        return str(self._expanded(word, name))

    def _jumps(self, found: Mapping[str, list[str]], name: str) -> tuple[str, ...]:
        word = self._one(found, "proxyjump", "none")
        if word.lower() == "none":
            return ()
        return tuple(hop.removeprefix("ssh://").replace("%h", name) for hop in word.split(","))


def read_ssh_config(path: Path | None = None) -> SshConfig:
    """Read `path` (or ~/.ssh/config, then /etc/ssh/ssh_config) and what it includes.

    Raises:
        UsageError: a line that cannot be read, a file that is not there or that others may write.
    """
    config = SshConfig()
    defaults = [each for each in (config.home / ".ssh/config", Path("/etc/ssh/ssh_config")) if each.exists()]
    for each in [path] if path is not None else defaults:
        _read(config, each, (), 0)
    return config


def _read(config: SshConfig, path: Path, around: tuple[tuple[str, ...], ...], depth: int) -> None:
    if depth > DEPTH:
        raise UsageError(f"{path}: Include goes deeper than {DEPTH} files; does a file include itself?")
    _check_owner(path)
    patterns: tuple[str, ...] = _ALWAYS
    for number, text in enumerate(_text(path).splitlines(), 1):
        place = f"{path} line {number}"
        keyword, words = _split(text, place)
        match keyword:
            case "host":
                patterns = words
            case "match":
                patterns = _ALWAYS if words == ("all",) else _NEVER
                if patterns is _NEVER:
                    config.warnings.append(f"{place}: Match is ignored, with all that follows up to the next Host")
            case "include":
                for each in _included(config, path, words):
                    _read(config, each, (*around, patterns), depth + 1)
            case _ if keyword in _TAKEN or keyword in _DANGEROUS:
                config.lines.append(_Line((*around, patterns), keyword, words, place))


def _included(config: SshConfig, path: Path, words: tuple[str, ...]) -> Iterator[Path]:
    base = Path("/etc/ssh") if path.is_relative_to("/etc/ssh") else config.home / ".ssh"
    for word in words:
        yield from (Path(each) for each in sorted(glob.glob(os.path.join(base, os.path.expanduser(word)))))


def _check_owner(path: Path) -> None:
    """As ssh: who can write this file can choose where we log in and with which key."""
    status = path.stat() if path.exists() else None
    if status is None:
        raise UsageError(f"{path}: there is no such file")
    if status.st_uid not in (0, os.getuid()) or status.st_mode & 0o022:
        raise UsageError(f"{path}: others may write this file; run `chmod go-w {path}` or make it yours")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error


def _split(text: str, place: str) -> tuple[str, tuple[str, ...]]:
    """`Keyword value …` or `Keyword=value`; an empty keyword for comments."""
    text = text.strip()
    if not text or text.startswith("#"):
        return "", ()
    keyword, rest = re.match(r"([^\s=]+)\s*=?\s*(.*)", text).groups()  # type: ignore[union-attr]
    try:
        words = tuple(shlex.split(rest, comments=True))
    except ValueError as error:
        raise UsageError(f"{place}: {error}") from error
    if not words:
        raise UsageError(f"{place}: {keyword} has no value")
    return keyword.lower(), words


def host_matches(patterns: tuple[str, ...], name: str) -> bool:
    """As ssh's Host: one pattern must match, and no negated one may."""
    name = name.lower()
    words = [word.lower().replace("[", "[[]") for word in patterns]
    if any(word.startswith("!") and fnmatchcase(name, word[1:]) for word in words):
        return False
    return any(fnmatchcase(name, word) for word in words if not word.startswith("!"))


def checked_name(name: str) -> str:
    if _NAME.fullmatch(name) and not name.startswith("-"):
        return name
    raise UsageError(f"{name!r} is no host name and no address: letters, digits, dots, colons and dashes only")


def checked_user(user: str) -> str:
    if _USER.fullmatch(user):
        return user
    raise UsageError(f"{user!r} is no user name for a host")


def checked_port(port: str) -> int:
    if port.isascii() and port.isdigit() and 0 < int(port) < 65536:
        return int(port)
    raise UsageError(f"{port!r} is no port: a number from 1 to 65535")
