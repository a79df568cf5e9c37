"""The lock of an operation on every host of its plan: taken in order, given back in reverse, or adopted.

It belongs to the operation, never expires, and the guard on each host enforces it. Source: design safety.md §8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from k0stui.errors import K0stuiError
from k0stui.model.event import Event, Kind
from k0stui.model.host import HostName
from k0stui.model.operation import HostInPlan, Operation
from k0stui.plans.world import Guard, GuardAnswer, Verdict


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """The lock could not be had; nothing of it is left."""

    why: str

    def __str__(self) -> str:
        return self.why


def lock_order(hosts: Sequence[HostInPlan]) -> tuple[HostInPlan, ...]:
    """Controllers by name, then workers: two operators meet at the first controller."""
    return tuple(sorted(hosts, key=lambda host: (not host.role.is_controller, host.name)))


def line_of(operation: Operation) -> str:
    return f"{operation.epoch} {operation.id} {operation.owner}"


async def seen(guard: Guard, host: HostInPlan) -> GuardAnswer:
    """The lock as it lies on one host; raises K0stuiError where that cannot be said."""
    return await guard.status(host.unit or "k0scontroller.service")


async def highest_epoch(hosts: Sequence[HostInPlan], guards: Mapping[HostName, Guard]) -> int:
    """The highest epoch that any controller has; the next holder must be above it.

    Raises:
        Refused: a controller does not answer, its lock line cannot be read, or somebody holds it.
    """
    highest = 0
    for host in lock_order(hosts):
        if not host.role.is_controller:
            continue
        answer = await _answer(guards, host)
        if answer.epoch is None:
            raise Refused(f"{host.name}: the lock line cannot be read; adopt its operation to repair it")
        if answer.op != "-":
            raise Refused(
                f"{host.name} is locked by {answer.owner} for {answer.op}, {_alive(answer)}; adopt it, or wait"
            )
        highest = max(highest, answer.epoch)
    return highest


async def acquire(operation: Operation, hosts: Sequence[HostInPlan], guards: Mapping[HostName, Guard]) -> None:
    """Compare-and-swap on each host in order. What is ours already, after a crash, stays.

    Raises:
        Refused: somebody was faster, or a host does not answer; what was taken is given back.
    """
    taken: list[HostInPlan] = []
    try:
        for host in lock_order(hosts):
            answer = await _answer(guards, host)
            if not answer.is_of(operation):
                await _swap(operation, host, guards[host.name], answer)
            taken.append(host)
    except Refused:
        await release(operation, taken, guards)
        raise


async def _swap(operation: Operation, host: HostInPlan, guard: Guard, found: GuardAnswer) -> None:
    free = found.epoch is not None and found.op == "-"
    lower = not host.role.is_controller and found.epoch is not None and found.epoch < operation.epoch
    if not (free or lower):
        raise Refused(f"{host.name} is locked by {found.owner} for {found.op}, {_alive(found)}")
    try:
        answer = await guard.lock(found.lock_sha, line_of(operation))
    except K0stuiError as error:
        raise Refused(f"{host.name}: whether it is locked is not known: {error}") from error
    if answer.verdict is not Verdict.ACCEPTED:
        raise Refused(f"{host.name}: the lock could not be written: {answer.why}")


async def release(
    operation: Operation, hosts: Sequence[HostInPlan], guards: Mapping[HostName, Guard]
) -> tuple[str, ...]:
    """Free what is ours, in reverse; the epoch stays. The hosts where that could not be done."""
    left: list[str] = []
    for host in reversed(lock_order(hosts)):
        try:
            found = await seen(guards[host.name], host)
            if not found.is_of(operation):
                continue
            answer = await guards[host.name].lock(found.lock_sha, f"{operation.epoch} - -")
            if answer.verdict is not Verdict.ACCEPTED:
                left.append(str(host.name))
        except (K0stuiError, KeyError):
            left.append(str(host.name))
    return tuple(left)


async def adopt(
    operation: Operation, epoch: int, owner: str, hosts: Sequence[HostInPlan], guards: Mapping[HostName, Guard]
) -> tuple[str, ...]:
    """Raise every host that can be reached to `epoch`. Those not raised are unfenced, and count as down: another
    operation's lock is never taken.

    An unreadable line is replaced as well: that is how it is repaired.
    """
    unfenced: list[str] = []
    for host in lock_order(hosts):
        try:
            found = await seen(guards[host.name], host)
            if found.epoch is not None and found.op not in ("-", operation.id):
                unfenced.append(str(host.name))
                continue
            answer = await guards[host.name].lock(found.lock_sha, f"{epoch} {operation.id} {owner}")
            if answer.verdict is not Verdict.ACCEPTED:
                unfenced.append(str(host.name))
        except (K0stuiError, KeyError):
            unfenced.append(str(host.name))
    return tuple(unfenced)


async def fence_late(
    operation: Operation, answers: Sequence[tuple[HostName, GuardAnswer]], guards: Mapping[HostName, Guard]
) -> bool:
    """Raise the hosts that were away when this operation was adopted and answer again: what lies on them is its own
    older epoch, and the adoption was of all hosts. Whether any was there."""
    late = [
        (name, answer)
        for name, answer in answers
        if answer.op == operation.id and answer.epoch is not None and answer.epoch < operation.epoch
    ]
    for name, answer in late:
        with suppress(K0stuiError):
            await guards[name].lock(answer.lock_sha, line_of(operation))
    return bool(late)


def lost_to(operation: Operation, answer: GuardAnswer) -> Event | None:
    """Whether somebody has adopted, by what lies on this host: a higher epoch, or ours in another's name, where two
    adopted at once and neither knew. We may act no more then; the next adoption is above both."""
    epoch = answer.epoch or 0
    by_another = epoch == operation.epoch and answer.op == operation.id and answer.owner != operation.owner
    if epoch <= operation.epoch and not by_another:
        return None
    return Event(Kind.EPOCH_LOST, why=f"adopted by {answer.owner}", epoch=epoch)


async def _answer(guards: Mapping[HostName, Guard], host: HostInPlan) -> GuardAnswer:
    try:
        answer = await seen(guards[host.name], host)
    except KeyError:
        raise Refused(f"{host.name} cannot be reached") from None
    except K0stuiError as error:
        raise Refused(f"{host.name}: {error}") from error
    if answer.verdict is not Verdict.ACCEPTED:
        raise Refused(f"{host.name}: the guard ended with {answer.verdict.value}, so its lock is not known")
    return answer


def _alive(answer: GuardAnswer) -> str:
    if answer.beat_age is None:
        return "no sign of life since its boot"
    return f"last sign of life {answer.beat_age} s ago"
