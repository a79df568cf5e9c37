"""Every interleaving of two operators, one of whom adopts the other's operation at any moment.

Hosts are (up, pending, epoch). Requests lie in a bag and are delivered at any time, in any order, or never. What an
operator does comes from the executor's own table (`advance`) and the real gate (`keeps_quorum_without`): it tries to
begin a step in *every* state, and only the table holds it back. What is modelled here is the world: the bag, PID 1, and
the guard's answer, which `tests/guard` shows to be the real one.

Source: design safety.md §10.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from k0stui.errors import JournalBroken
from k0stui.model.etcd import quorum
from k0stui.model.event import Do, Effect, Event, Kind
from k0stui.model.host import HostName
from k0stui.model.operation import Operation, OperationState, StepProgress
from k0stui.model.transition import advance
from k0stui.plans.gates.e05_quorum_without import VoterHealth, keeps_quorum_without

A, B = 1, 2
"""The epochs of the two."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What each variant leaves out."""

    host_checks_epoch: bool = True
    gate_sees_jobs: bool = True
    unfenced_counts_as_down: bool = True


@dataclass(frozen=True, slots=True)
class Host:
    up: bool = True
    pending: bool = False
    epoch: int = A


@dataclass(frozen=True, slots=True)
class State:
    hosts: tuple[Host, ...]
    first: Operation
    second: Operation | None = None
    """None until B has finished its adoption."""
    unreached: int | None = None
    """The host that B could not raise. It may well look healthy to B: that is what makes it dangerous."""
    adopting: bool = False
    bag: frozenset[tuple[int, int]] = frozenset()
    """(host, epoch) of requests under way."""

    @property
    def up(self) -> int:
        return sum(host.up for host in self.hosts)


def fresh(n: int, epoch: int) -> Operation:
    """An operator that may begin any host: locked and running."""
    steps = tuple(StepProgress(str(host), HostName(str(host))) for host in range(n))
    running = Operation("op", "", steps, OperationState.RUNNING, A)
    if epoch == A:
        return running
    adopted, _ = advance(running, Event(Kind.ADOPTED, epoch=epoch))
    return advance(adopted, Event(Kind.GO_ON))[0]


def counterexample(n: int, rules: Rules) -> tuple[int, tuple[str, ...]]:
    """How many states there are, and the shortest way to fewer hosts up than quorum, empty if there is none."""
    start = State((Host(),) * n, fresh(n, A))
    came: dict[State, tuple[State, str] | None] = {start: None}
    queue = deque([start])
    while queue:
        state = queue.popleft()
        if state.up < quorum(n):
            return len(came), _story(came, state)
        for what, after in moves(state, n, rules):
            if after not in came:
                came[after] = (state, what)
                queue.append(after)
    return len(came), ()


def moves(state: State, n: int, rules: Rules) -> Iterator[tuple[str, State]]:
    yield from _hosts(state)
    yield from _deliveries(state, rules)
    yield from _adoption(state, n)
    yield from _operator(state, A, n, rules)
    if state.second is not None:
        yield from _operator(state, B, n, rules)


def _hosts(state: State) -> Iterator[tuple[str, State]]:
    """PID 1 carries a job out: the host stops, and returns."""
    for number, host in enumerate(state.hosts):
        if host.up and host.pending:
            yield f"h{number} stops", _with(state, number, replace(host, up=False, pending=False))
        elif not host.up:
            yield f"h{number} returns", _with(state, number, replace(host, up=True))


def _deliveries(state: State, rules: Rules) -> Iterator[tuple[str, State]]:
    """The guard: a request of an older epoch, to a host that is down or has a job, is refused."""
    for request in state.bag:
        number, epoch = request
        host = state.hosts[number]
        rest = replace(state, bag=state.bag - {request})
        fenced = rules.host_checks_epoch and host.epoch > epoch
        if host.up and not host.pending and not fenced:
            yield f"request {request} lands", _with(rest, number, replace(host, pending=True))
        else:
            yield f"request {request} is refused or lost", rest


def _adoption(state: State, n: int) -> Iterator[tuple[str, State]]:
    if state.second is not None:
        return
    if not state.adopting:
        for unreached in (None, *range(n)):
            yield f"B adopts, without {unreached}", replace(state, adopting=True, unreached=unreached)
        return
    lower = [number for number in range(n) if state.hosts[number].epoch < B and number != state.unreached]
    for number in lower:
        yield f"B raises h{number}", _with(state, number, replace(state.hosts[number], epoch=B))
    if not lower:
        yield "B has adopted", replace(state, second=fresh(n, B))


def _operator(state: State, epoch: int, n: int, rules: Rules) -> Iterator[tuple[str, State]]:
    operation = state.first if epoch == A else state.second
    assert operation is not None
    for number in range(n):
        if not keeps_quorum_without(str(number), _seen(state, epoch, rules)):
            continue
        begun = _begin(operation, str(number))
        if begun is not None:
            after = replace(_operated(state, epoch, begun), bag=state.bag | {(number, epoch)})
            yield f"{'AB'[epoch - 1]} gates h{number} and sends", after
    for step in operation.in_flight:
        number = int(step.id)
        if (number, epoch) not in state.bag and state.hosts[number].up and not state.hosts[number].pending:
            yield (
                f"{'AB'[epoch - 1]} verifies h{number}",
                _operated(state, epoch, _verified(operation, step.id, n, epoch)),
            )


def _begin(operation: Operation, step: str) -> Operation | None:
    """Begin a step as the executor does; None where the table forbids it."""
    try:
        for kind in (Kind.CHOSEN, Kind.GATED, Kind.INTENT):
            operation, effects = advance(operation, Event(kind, step))
    except JournalBroken:
        return None
    return operation if effects == (Effect(Do.APPLY, step),) else None


def _verified(operation: Operation, step: str, n: int, epoch: int) -> Operation:
    """Verified as the executor does; then the same host may be begun again: the operator is as new."""
    for kind in (Kind.READY, Kind.VERIFIED):
        operation, effects = advance(operation, Event(kind, step))
    assert effects == (() if operation.in_flight else (Effect(Do.CHOOSE),))
    return operation if operation.in_flight else fresh(n, epoch)


def _seen(state: State, epoch: int, rules: Rules) -> tuple[VoterHealth, ...]:
    """The hosts as an operator's gate sees them."""

    def one(number: int, host: Host) -> VoterHealth:
        trusted = epoch == B and number == state.unreached and not rules.unfenced_counts_as_down
        no_job = not (host.pending and rules.gate_sees_jobs)
        return VoterHealth(str(number), host.up, True, host.epoch == epoch or trusted, no_job)

    return tuple(one(number, host) for number, host in enumerate(state.hosts))


def _operated(state: State, epoch: int, operation: Operation) -> State:
    return replace(state, first=operation) if epoch == A else replace(state, second=operation)


def _with(state: State, number: int, host: Host) -> State:
    return replace(state, hosts=(*state.hosts[:number], host, *state.hosts[number + 1 :]))


def _story(came: dict[State, tuple[State, str] | None], state: State) -> tuple[str, ...]:
    words: list[str] = []
    while (before := came[state]) is not None:
        state, what = before
        words.append(what)
    return tuple(reversed(words))
