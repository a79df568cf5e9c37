"""What k0stui has left on a host: files of a closed list below /var/lib/k0stui, a torn temporary beside k0s.yaml, and
whose lock lies there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from k0stui.errors import K0stuiError
from k0stui.model.host import HostName
from k0stui.ports import Command, Shell, script

BASE, CONFIGS = "/var/lib/k0stui", "/etc/k0s"

LISTING = """
[ ! -d "$2" ] || find "$2" -mindepth 1 -maxdepth 1 -type f -name '.k0stui.*.new' -printf 't %s %f\\n'
cd -- "$1" 2>/dev/null || exit 0
find . -type f -printf 'f %s %p\\n'
find . -mindepth 1 -type d -printf 'd 0 %p\\n'
find . -mindepth 1 ! -type f ! -type d -printf 'o 0 %p\\n'
[ ! -f lock ] || { printf 'lock '; head -c 400 lock; echo; }
"""
"""Temporaries beside the config, everything below the base with its size, then the lock line."""

OURS = re.compile(
    r"lock|lock\.new|beat|beat\.new|\.flock|ops"
    r"|ops/[A-Za-z0-9][A-Za-z0-9._@:+-]*"
    r"|ops/[A-Za-z0-9][A-Za-z0-9._@:+-]*/(plan\.json|record\.jsonl|resource\.before|config\.(before|after))(\.new)?"
)
"""All that the guard ever writes; nothing else is ever removed."""

TEMPORARY = re.compile(r"\.k0stui\.[A-Za-z0-9][A-Za-z0-9._@:+-]*\.new")
"""Of the guard's replace, where its host died in the middle of it; the live config is whole."""

REMOVING = """
base=$1 configs=$2
shift
cd -- "$base" || exit 1
exec 9>>.flock && flock -w 5 9 || exit 75
line=$(head -c 400 lock 2>/dev/null)
[ "$line" = "$2" ] || exit 12
shift 2
kind=f
for path do
    case $path in --folders) kind=d; continue ;; --temporaries) kind=t; continue ;; esac
    case $kind in
        f) rm -f -- "$path" || exit 1 ;;
        t) rm -f -- "$configs/$path" || exit 1 ;;
        d) rmdir -- "$path" 2>/dev/null || : ;;
    esac
done
cd / && rmdir -- "$base" 2>/dev/null || :
"""
"""Under the guard's own lock, only while the lock line is the one that was seen: files, then folders that are empty."""


@dataclass(frozen=True, slots=True)
class Left:
    """What lies on one host."""

    host: HostName
    files: tuple[tuple[str, int], ...] = ()
    """(path below the base, bytes) of our own."""
    folders: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    """What is not on the list; never touched."""
    temporaries: tuple[str, ...] = ()
    """Names beside the config."""
    lock: str = ""
    """The lock line; empty: none."""
    why: str = ""
    """Why it could not be asked; empty: it was."""

    @property
    def holder(self) -> str:
        """The operation whose lock lies there; empty: none. An unreadable line counts as somebody's."""
        words = self.lock.split(" ")
        if not self.lock:
            return ""
        return "somebody, the line cannot be read" if len(words) != 3 else "" if words[1] == "-" else words[1]

    @property
    def operations(self) -> tuple[str, ...]:
        return tuple(sorted({path.split("/")[1] for path, _ in self.files if path.startswith("ops/")}))

    def lines(self) -> Sequence[str]:
        if self.why:
            return [f"{self.host}: not asked: {self.why}"]
        torn = [f"{self.host}: {CONFIGS}/{name}: left by a replace that was cut off" for name in self.temporaries]
        if not self.files and not self.foreign:
            return torn or [f"{self.host}: nothing is left there"]
        size = sum(size for _, size in self.files)
        lock = f"locked for {self.holder}" if self.holder else "lock free"
        odd = f"; not ours, stays: {', '.join(self.foreign)}" if self.foreign else ""
        kept = f", of {', '.join(self.operations)}" if self.operations else ""
        return [f"{self.host}: {lock}; {len(self.files)} files, {size} bytes in {BASE}{kept}{odd}", *torn]

    def document(self) -> dict[str, object]:
        return {
            "host": self.host,
            "lock": self.lock,
            "holder": self.holder,
            "files": [{"path": f"{BASE}/{path}", "bytes": size} for path, size in self.files],
            "temporaries": [f"{CONFIGS}/{name}" for name in self.temporaries],
            "foreign": [f"{BASE}/{path}" for path in self.foreign],
            "why": self.why,
        }


async def left_on_hosts(shells: Mapping[HostName, Shell]) -> tuple[Left, ...]:
    """Each host, asked one after the other."""
    return tuple([await left_on(shell) for _, shell in sorted(shells.items())])


async def left_on(shell: Shell, base: str = BASE, configs: str = CONFIGS) -> Left:
    """What lies on one host."""
    try:
        reply = await shell.run(listing(base, configs))
    except K0stuiError as error:
        return Left(shell.host, why=str(error))
    if reply.exit_status:
        return Left(shell.host, why=reply.error_text or f"exit {reply.exit_status}")
    return read_listing(shell.host, reply.text)


def read_listing(host: HostName, text: str) -> Left:
    """What `LISTING` printed; any line of another form is foreign."""
    files: list[tuple[str, int]] = []
    folders: list[str] = []
    foreign: list[str] = []
    temporaries: list[str] = []
    lock = ""
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        size, _, path = rest.partition(" ")
        path = path.removeprefix("./")
        if kind == "lock":
            lock = rest
        elif kind == "f" and size.isdigit() and OURS.fullmatch(path):
            files.append((path, int(size)))
        elif kind == "d" and OURS.fullmatch(path):
            folders.append(path)
        elif kind == "t" and TEMPORARY.fullmatch(path):
            temporaries.append(path)
        elif line:
            foreign.append(path or line)
    below = tuple(sorted(folders, reverse=True))
    return Left(host, tuple(sorted(files)), below, tuple(foreign), tuple(sorted(temporaries)), lock)


def listing(base: str = BASE, configs: str = CONFIGS) -> Command:
    """The one command that looks."""
    return script(LISTING, base, configs, sudo=True)


def removal(left: Left, base: str = BASE, configs: str = CONFIGS) -> Command:
    """The one command that removes what `left` lists: files by their exact names, then folders that are empty."""
    words = [*(path for path, _ in left.files), "--temporaries", *left.temporaries, "--folders", *left.folders]
    return script(REMOVING, base, configs, left.lock, *words, sudo=True, timeout=30)


def is_about_left(command: Command) -> bool:
    """Whether it is `listing` or `removal`: for those who stand in a host's place."""
    return command.argv[:2] == ("sh", "-c") and command.argv[2] in (LISTING, REMOVING)
