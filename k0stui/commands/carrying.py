"""The executor's own process: `run` and `resume` begin one, any viewer may follow it (`following.py`).

Approval is the first record of the journal, written by whoever read the typed name and bound to the plan's hash; the
executor takes the journal up from there, drafts the plan anew from its own look, and refuses what differs.
A simulated fleet of one's own (`--demo`) lives in this process alone, so its executor does as well.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from k0stui.commands.acting import drafted, same_acts, ways_of, wish_again
from k0stui.commands.opening import observing
from k0stui.connect import executor_process
from k0stui.connect.executor_process import Desk, harden
from k0stui.engine.course import Progress
from k0stui.engine.execute import Executor
from k0stui.engine.journal import Journal, read, state_home
from k0stui.engine.observe import Watch
from k0stui.errors import JournalBroken, K0stuiError, PlanRefused
from k0stui.matrix import matrix
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.event import Event, Kind
from k0stui.model.operation import Operation, OperationState, Plan, decode_plan
from k0stui.plans.gates.gate import Verdict
from k0stui.plans.gates.r08_stable import boots
from k0stui.ports import Clock
from k0stui.present.cells import plain
from k0stui.present.harmless import harmless_line
from k0stui.present.matrix import matrix_lines
from k0stui.present.proof import proof_story

BEFORE, AFTER = "before.txt", "after.txt"
"""The matrix as it was when the operation began and when it ended, beside the journal."""

REACHING = ("inventory", "demo", "replay", "kubeconfig", "ssh_config", "known_hosts")
FILES = frozenset({"inventory", "replay", "kubeconfig", "ssh_config", "known_hosts"})


def home() -> Path:
    """Where this machine's operations are kept."""
    return state_home(os.environ)


def is_own_fleet(arguments: argparse.Namespace) -> bool:
    """Whether the cluster lives in this process, and dies with it."""
    return bool(getattr(arguments, "demo", None))


# -- beginning ---------------------------------------------------------------------------------------------------------


def begin(plan: Plan, clock: Clock, typed: str, where: Path | None = None) -> Journal:
    """A new operation, agreed to by the name that was typed; nothing is carried out yet.

    Raises:
        JournalBroken: the disk does not keep it.
    """
    journal = Journal.create(where or home(), f"{clock.now():%Y%m%d-%H%M%S}-{plan.nonce[:4]}", plan)
    facts = (("plan", plan.sha256), ("typed", typed))
    journal.append(Event(Kind.APPROVED, facts=facts), clock.now(), clock.monotonic())
    return journal


def keep_matrix(directory: Path, name: str, snapshot: ClusterSnapshot, proven: Sequence[Verdict] = ()) -> None:
    """For the incident report; an operation does not depend on it."""
    found = matrix(snapshot)
    lines = [f"{snapshot.taken_at:%Y-%m-%d %H:%M:%S} UTC", *matrix_lines(found, snapshot.taken_at)]
    lines += [plain(line) for line in proof_story(proven)] if proven else []
    with suppress(OSError):
        (directory / name).write_text("".join(f"{harmless_line(line)}\n" for line in lines), encoding="utf-8")
        (directory / name).chmod(0o600)


def text_in(directory: Path, name: str) -> str:
    """What `keep_matrix` kept; empty where it did not."""
    path = directory / name
    return path.read_text("utf-8", "replace") if path.exists() else ""


def start(directory: Path, arguments: argparse.Namespace, words: Sequence[str] = (), *, waits: bool = False) -> int:
    """The executor as a process of its own session, for the cluster that argv names; its pid.

    `words` are said to it first; `waits`: a pause waits for a word of a viewer, else the process ends with it.
    """
    said = [f"--word={word}" for word in words]
    mode = f"--executor={'waits' if waits else 'ends'}"
    handed = json.dumps(vars(arguments).pop("passphrases", {})).encode()
    return executor_process.start(directory, ["resume", directory.name, mode, *said, *reaching(arguments)], handed)


def reaching(arguments: argparse.Namespace) -> list[str]:
    """The options that lead another process to the same cluster; paths absolute, since it works in another folder."""
    words: list[str] = []
    for name in REACHING:
        if value := getattr(arguments, name, None):
            absolute = str(Path(value).expanduser().absolute()) if name in FILES else str(value)
            words += [f"--{name.replace('_', '-')}", absolute]
    for host in getattr(arguments, "host", None) or ():
        words += ["--host", host]
    return words


# -- the executor's side -----------------------------------------------------------------------------------------------


async def carry(
    directory: Path, arguments: argparse.Namespace, words: Sequence[str] = (), *, waits: bool = False
) -> None:
    """Be the executor of an operation, in a process of its own: a socket, a look, then the plan."""
    harden()
    desk = Desk()
    async with desk.open(directory), observing(arguments) as watch:
        await carry_on(directory, watch, words, desk.publish, desk.attach, waits=waits)


async def carry_on(
    directory: Path,
    watch: Watch,
    words: Sequence[str],
    publish: Callable[[Progress], None],
    attach: Callable[[Executor], None] = lambda _: None,
    *,
    waits: bool = False,
) -> Operation:
    """Take up the journal, say `words` to it first (`go on`), and carry on to the end or to a pause."""
    journal = Journal.reopen(directory)
    proven: tuple[Verdict, ...] = ()

    def noted(progress: Progress) -> None:
        nonlocal proven
        if progress.operation.state is OperationState.SOAK:
            proven = progress.verdicts
        publish(progress)

    try:
        journal.claim()
        executor = Executor(journal, plan_in(directory), ways_of(watch), noted, waits=waits)
        if refusal := await _refusal(directory, watch, journal.operation):
            clock = watch.clock
            journal.append(Event(Kind.LOCK_REFUSED, why=refusal), clock.now(), clock.monotonic())
            publish(Progress(journal.operation))
            return journal.operation
        attach(executor)
        for word in words:
            name, _, step = word.partition("=")
            executor.tell(name, step)
        # A viewer's executor (`waits`) follows no typed name: reboots that happened meanwhile stay unknown to the plan.
        known = () if waits else boots(watch.snapshot(keep=False))
        operation = await executor.run(Event(Kind.RESUMED, facts=known))
        with suppress(K0stuiError):
            keep_matrix(directory, AFTER, await watch.look(), proven)
        return operation
    finally:
        journal.close()


async def _refusal(directory: Path, watch: Watch, operation: Operation) -> str:
    """Why a plan that was agreed to, and not begun, may not be begun; empty: it may. Also looks the first times."""
    plan = plan_in(directory)
    if operation.state is not OperationState.APPROVED:
        await watch.look()
        return ""
    try:
        again = await drafted(watch, wish_again(plan))
        keep_matrix(directory, BEFORE, again.snapshot)
        return _approved(directory, plan) or same_acts(plan, again.snapshot, watch.shells())
    except PlanRefused as refused:
        return str(refused)


def _approved(directory: Path, plan: Plan) -> str:
    """An approval is of one plan, by its hash."""
    _, records = read(directory)
    facts = [dict(record.payload.facts) for record in records if record.payload.kind is Kind.APPROVED]
    return "" if [fact.get("plan") for fact in facts] == [plan.sha256] else "another plan was agreed to than lies here"


def name_to_type(directory: Path, plan: Plan) -> str:
    """The name that was typed when it was agreed to: the same is wanted again."""
    _, records = read(directory)
    typed = [dict(record.payload.facts).get("typed", "") for record in records if record.payload.kind is Kind.APPROVED]
    return next(filter(None, typed), plan.cluster or "k0s")


def plan_in(directory: Path) -> Plan:
    """The plan of an operation; raises JournalBroken."""
    try:
        return decode_plan((directory / "plan.json").read_bytes())
    except OSError as error:
        raise JournalBroken(f"{directory / 'plan.json'}: {error.strerror}") from error
