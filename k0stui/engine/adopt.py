"""Take over an unfinished operation from the records on its controllers; a higher epoch fences its owner."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from k0stui.engine.journal import Journal, merged
from k0stui.engine.locking import adopt as raise_epoch
from k0stui.engine.locking import lock_order, seen
from k0stui.errors import JournalBroken, K0stuiError, UsageError
from k0stui.model.event import Event, Kind
from k0stui.model.host import HostName
from k0stui.model.operation import Facts, HostInPlan, Plan, decode_plan
from k0stui.plans.world import Guard
from k0stui.ports import Clock, Command, Shell

OPS = "/var/lib/k0stui/ops"
CAP = 16 * 1024 * 1024


async def found(shells: Mapping[HostName, Shell], operation: str) -> tuple[Plan, list[bytes]]:
    """The plan and all record lines that any controller has.

    Raises:
        UsageError: no host that can be reached knows this operation.
        JournalBroken: the plans differ or were edited.
    """
    plans: set[bytes] = set()
    lines: list[bytes] = []
    for _, shell in sorted(shells.items()):
        try:
            plan = await shell.run(Command(("cat", f"{OPS}/{operation}/plan.json"), sudo=True, cap=CAP))
            records = await shell.run(Command(("cat", f"{OPS}/{operation}/record.jsonl"), sudo=True, cap=CAP))
        except K0stuiError:
            continue
        if plan.exit_status == 0 and plan.stdout:
            plans.add(plan.stdout)
        lines += records.stdout.splitlines(keepends=True) if records.exit_status == 0 else []
    if not plans:
        raise UsageError(f"no host that can be reached knows operation {operation}")
    if len(plans) > 1:
        raise JournalBroken(f"hosts keep different plans of {operation}: adopt by hand")
    return decode_plan(plans.pop()), lines


def journal_of(home: Path, operation: str, plan: Plan, lines: list[bytes]) -> Journal:
    """Our own journal if we have one, else one made of the controllers' copies.

    Raises:
        JournalBroken: records are missing, or the controllers know more than our own journal.
    """
    if (home / operation).is_dir():
        ours = Journal.reopen(home / operation)
        if len(merged(lines)) > len(ours.lines):
            raise JournalBroken(
                f"{operation} went on from another machine: move {home / operation} away and adopt again"
            )
        return ours
    return Journal.rebuilt(home, operation, plan.canonical(), lines)


async def take(
    journal: Journal, plan: Plan, guards: Mapping[HostName, Guard], owner: str, clock: Clock, boots: Facts = ()
) -> tuple[str, ...]:
    """Raise the epoch on every host that can be reached and write that down; the hosts that could not be: unfenced.

    The operation is PAUSED then; `boots` are taken as known (gate R-08). An unfenced controller counts as down (E-05):
    with three of them none is restarted before it answers.
    """
    highest = max([journal.operation.epoch, *await _epochs(plan.hosts, guards)])
    event = Event(Kind.ADOPTED, why="adopted", epoch=highest + 1, facts=(("owner", owner), *boots))
    journal.append(event, clock.now(), clock.monotonic())
    return await raise_epoch(journal.operation, highest + 1, owner, plan.hosts, guards)


async def _epochs(hosts: tuple[HostInPlan, ...], guards: Mapping[HostName, Guard]) -> list[int]:
    epochs: list[int] = []
    for host in lock_order(hosts):
        try:
            epochs.append((await seen(guards[host.name], host)).epoch or 0)
        except (K0stuiError, KeyError):
            continue
    return epochs
