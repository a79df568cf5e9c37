"""How a host is asked to act: `guard.sh` as commands, and its one-line answer as a value.

The text is constant and travels with each call, on standard input, where a small loader takes it from; content follows
it there. Nothing is installed. Values go as positional arguments, so nothing that came from anywhere becomes shell.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from k0stui.errors import ProbeFailed
from k0stui.plans.world import GuardAnswer, RestartRequest, Verdict
from k0stui.ports import Command, Reply, Shell

LOADER = files("k0stui.connect").joinpath("guard_loader.sh").read_text("utf-8")
GUARD = files("k0stui.connect").joinpath("guard.sh").read_text("utf-8")
GUARD_SHA256 = hashlib.sha256(GUARD.encode()).hexdigest()
"""Part of each plan and journal: which guard was agreed to."""

LIMIT = 60.0
"""Seconds for one call: 5 for the lock, 10 for systemctl show, 15 for etcd, 20 for systemctl restart, and some room."""


@dataclass(frozen=True, slots=True)
class Claim:
    """In whose name the guard is called; the lock line of the host must say the same."""

    op: str
    epoch: int
    owner: str
    """Who and where, and a number of this process: two adopters of one epoch still differ."""

    @property
    def line(self) -> str:
        return f"{self.epoch} {self.op} {self.owner}"

    @property
    def released(self) -> str:
        """The line that frees the lock and keeps the epoch."""
        return f"{self.epoch} - -"

    @property
    def words(self) -> tuple[str, str, str]:
        return (self.op, str(self.epoch), self.owner)


def status(op: str, unit: str, config: str = "-") -> Command:
    """Lock, beat, number of records and the unit: looks only."""
    return _call("status", op, unit, config)


def lock(expect: str, line: str) -> Command:
    """Replace the lock line by `line` if its sha256 is `expect` (`-`: if there is none)."""
    return _call("lock", expect, payload=f"{line}\n".encode())


def beat(claim: Claim) -> Command:
    return _call("beat", *claim.words)


def note(claim: Claim, lines: str) -> Command:
    """Append lines to the host's record of the operation; at most 64 KiB."""
    return _call("note", *claim.words, payload=f"{lines}\n".encode())


def stage(claim: Claim, what: str, content: bytes, config: str = "-", sha_before: str = "-") -> Command:
    """Keep `content` on the host: `plan`, `resource`, or `config` (the candidate; the live one is kept as well)."""
    return _call("stage", *claim.words, what, hashlib.sha256(content).hexdigest(), config, sha_before, payload=content)


def restart(claim: Claim, request: RestartRequest) -> Command:
    """Check again, commit the staged config if any, queue one restart: one transaction."""
    return _call("restart", *claim.words, *restart_words(request))


def restart_words(request: RestartRequest) -> tuple[str, ...]:
    """The request as the guard's arguments, in its order."""
    need = "-" if request.need is None else str(request.need)
    return (
        *(request.step, str(request.attempt), request.unit),
        *(request.machine_id, request.ca_sha256, request.boot_id, request.invocation_id, str(request.deadline)),
        *(request.data_dir, request.config, request.sha_before, request.sha_after),
        *(str(request.members), need, request.state),
    )


def _call(verb: str, *arguments: str, payload: bytes = b"") -> Command:
    return call(GUARD, (verb, *arguments), payload)


def call(text: str, words: tuple[str, ...], payload: bytes = b"") -> Command:
    """The loader, the text for it, and behind that what the verb reads."""
    lines, sha256 = str(text.count("\n")), hashlib.sha256(text.encode()).hexdigest()
    argv = ("sh", "-c", LOADER, "guard", lines, sha256, *words)
    return Command(argv, sudo=True, stdin=text.encode() + payload, timeout=LIMIT)


def is_call(command: Command) -> bool:
    """Whether this command asks the guard: for those who stand in a host's place."""
    return command.argv[:3] == ("sh", "-c", LOADER)


def words_of(command: Command) -> tuple[str, ...]:
    """`restart op-1 1 ann …` of a call of the guard."""
    return command.argv[6:]


def payload_of(command: Command) -> bytes:
    """What the verb reads: standard input behind the guard's text."""
    return command.stdin.removeprefix(GUARD.encode())


def read_line(text: str) -> dict[str, str]:
    """`key=value key=value` of the last line that begins with `code=`; empty where there is none."""
    lines = [line for line in text.splitlines() if line.startswith("code=")]
    return dict(word.partition("=")[::2] for word in lines[-1].split(" ")) if lines else {}


def read(reply: Reply) -> GuardAnswer:
    """The guard's answer.

    Raises:
        ProbeFailed: it gave no answer line: it never ran, or died on the way. What it did is unknown.
    """
    said = read_line(reply.text)
    if said.get("code") != str(reply.exit_status):
        raise ProbeFailed(
            f"the guard ended with {reply.exit_status} and no answer: {reply.error_text[:200] or 'silent'}"
        )
    return GuardAnswer(
        Verdict.of(reply.exit_status),
        said.get("why", ""),
        boot_id=_value(said, "boot"),
        uptime=_number(said, "uptime") or 0,
        invocation_id=_value(said, "invocation"),
        job=_value(said, "job"),
        active=_value(said, "active"),
        config_sha=_value(said, "sha"),
        lock_sha=said.get("lock", "-"),
        epoch=_number(said, "epoch") if "epoch" in said else 0,
        op=said.get("op", "-"),
        owner=said.get("owner", "-"),
        beat_age=_number(said, "beat"),
        records=_number(said, "records") or 0,
    )


def _value(said: dict[str, str], key: str) -> str:
    return "" if said.get(key, "-") == "-" else said[key]


def _number(said: dict[str, str], key: str) -> int | None:
    text = said.get(key, "")
    return int(text) if text.isascii() and text.isdigit() else None


@dataclass(frozen=True, slots=True)
class ShellGuard:
    """The guard on one host, through its shell."""

    shell: Shell
    claim: Claim

    async def status(self, unit: str, config: str = "-") -> GuardAnswer:
        return read(await self.shell.run(status(self.claim.op, unit, config)))

    async def lock(self, expect: str, line: str) -> GuardAnswer:
        return read(await self.shell.run(lock(expect, line)))

    async def beat(self) -> GuardAnswer:
        return read(await self.shell.run(beat(self.claim)))

    async def note(self, lines: str) -> GuardAnswer:
        return read(await self.shell.run(note(self.claim, lines)))

    async def stage(self, what: str, content: bytes, config: str = "-", sha_before: str = "-") -> GuardAnswer:
        return read(await self.shell.run(stage(self.claim, what, content, config, sha_before)))

    async def restart(self, request: RestartRequest) -> GuardAnswer:
        return read(await self.shell.run(restart(self.claim, request)))
