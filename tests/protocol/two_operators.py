"""Every interleaving of operators, one or two of whom adopt the first one's operation at any moment.

Hosts are (up, pending, whose lock line lies there). Requests lie in a bag and are delivered at any time, in any order,
or never. What an operator does comes from the executor's own table (`advance`) and the real gate
(`keeps_quorum_without`): it tries to begin a step in *every* state, and only the table holds it back. What is modelled
here is the world: the bag, PID 1, and the guard's answer, which `tests/guard` shows to be the real one.

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

A, B, C = 1, 2, 3
"""Whose lock line: the first operator's, and those of two who adopt, neither of whom knows of the other."""

EPOCHS = {A: 1, B: 2, C: 2}


@dataclass(frozen=True, slots=True)
class Rules:
    """What each variant leaves out."""

    host_checks_epoch: bool = True
    gate_sees_jobs: bool = True
    unfenced_counts_as_down: bool = True
    gate_reads_owner: bool = True


@dataclass(frozen=True, slots=True)
class Host:
    up: bool = True
    pending: bool = False
    line: int = A


@dataclass(frozen=True, slots=True)
class Adopter:
    """Somebody who raises the epoch, host by host, and acts when that is done."""

    line: int
    operation: Operation | None = None
    """None until the adoption is finished."""
    unreached: int | None = None
    """The host that could not be raised. It may well look healthy: that is what makes it dangerous."""
    adopting: bool = False


@dataclass(frozen=True, slots=True)
class State:
    hosts: tuple[Host, ...]
    first: Operation
    adopters: tuple[Adopter, ...]
    bag: frozenset[tuple[int, int]] = frozenset()
    """(host, whose) of requests under way."""

    @property
    def up(self) -> int:
        return sum(host.up for host in self.hosts)


def fresh(n: int, line: int) -> Operation:
    """An operator that may begin any host: locked and running."""
    steps = tuple(StepProgress(str(host), HostName(str(host))) for host in range(n))
    running = Operation("op", "", steps, OperationState.RUNNING, A)
    if line == A:
        return running
    adopted, _ = advance(running, Event(Kind.ADOPTED, epoch=EPOCHS[line]))
    return advance(adopted, Event(Kind.GO_ON))[0]


def counterexample(n: int, rules: Rules, adopters: tuple[int, ...] = (B,)) -> tuple[int, tuple[str, ...]]:
    """How many states there are, and the shortest way to fewer hosts up than quorum, empty if there is none."""
    start = State((Host(),) * n, fresh(n, A), tuple(map(Adopter, adopters)))
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
    yield from _operator(state, A, state.first, None, n, rules)
    for adopter in state.adopters:
        if adopter.operation is None:
            yield from _adoption(state, adopter, n)
        else:
            yield from _operator(state, adopter.line, adopter.operation, adopter.unreached, n, rules)


def _hosts(state: State) -> Iterator[tuple[str, State]]:
    """PID 1 carries a job out: the host stops, and returns."""
    for number, host in enumerate(state.hosts):
        if host.up and host.pending:
            yield f"h{number} stops", _with(state, number, replace(host, up=False, pending=False))
        elif not host.up:
            yield f"h{number} returns", _with(state, number, replace(host, up=True))


def _deliveries(state: State, rules: Rules) -> Iterator[tuple[str, State]]:
    """The guard: a request of an older epoch, or of another's line, to a host that is down or has a job, is refused."""
    for request in state.bag:
        number, line = request
        host = state.hosts[number]
        rest = replace(state, bag=state.bag - {request})
        older = EPOCHS[host.line] > EPOCHS[line]
        another = EPOCHS[host.line] == EPOCHS[line] and host.line != line
        if host.up and not host.pending and not (rules.host_checks_epoch and (older or another)):
            yield f"request {request} lands", _with(rest, number, replace(host, pending=True))
        else:
            yield f"request {request} is refused or lost", rest


def _adoption(state: State, adopter: Adopter, n: int) -> Iterator[tuple[str, State]]:
    name = _name(adopter.line)
    if not adopter.adopting:
        for unreached in (None, *range(n)):
            begun = replace(adopter, adopting=True, unreached=unreached)
            yield f"{name} adopts, without {unreached}", _adopted(state, begun)
        return
    lower = [
        number
        for number, host in enumerate(state.hosts)
        if EPOCHS[host.line] < EPOCHS[adopter.line] and number != adopter.unreached
    ]
    for number in lower:
        yield f"{name} raises h{number}", _with(state, number, replace(state.hosts[number], line=adopter.line))
    if not lower:
        yield f"{name} has adopted", _adopted(state, replace(adopter, operation=fresh(n, adopter.line)))


def _operator(
    state: State, line: int, operation: Operation, unreached: int | None, n: int, rules: Rules
) -> Iterator[tuple[str, State]]:
    for number in range(n):
        if not keeps_quorum_without(str(number), _seen(state, line, unreached, rules)):
            continue
        begun = _begin(operation, str(number))
        if begun is not None:
            after = replace(_operated(state, line, begun), bag=state.bag | {(number, line)})
            yield f"{_name(line)} gates h{number} and sends", after
    for step in operation.in_flight:
        number = int(step.id)
        if (number, line) not in state.bag and state.hosts[number].up and not state.hosts[number].pending:
            verified = _verified(operation, step.id, n, line)
            yield f"{_name(line)} verifies h{number}", _operated(state, line, verified)


def _begin(operation: Operation, step: str) -> Operation | None:
    """Begin a step as the executor does; None where the table forbids it."""
    try:
        for kind in (Kind.CHOSEN, Kind.GATED, Kind.INTENT):
            operation, effects = advance(operation, Event(kind, step))
    except JournalBroken:
        return None
    return operation if effects == (Effect(Do.APPLY, step),) else None


def _verified(operation: Operation, step: str, n: int, line: int) -> Operation:
    """Verified as the executor does; then the same host may be begun again: the operator is as new."""
    for kind in (Kind.READY, Kind.VERIFIED):
        operation, effects = advance(operation, Event(kind, step))
    assert effects == (() if operation.in_flight else (Effect(Do.CHOOSE),))
    return operation if operation.in_flight else fresh(n, line)


def _seen(state: State, line: int, unreached: int | None, rules: Rules) -> tuple[VoterHealth, ...]:
    """The hosts as an operator's gate sees them."""

    def one(number: int, host: Host) -> VoterHealth:
        trusted = number == unreached and not rules.unfenced_counts_as_down
        ours = host.line == line if rules.gate_reads_owner else EPOCHS[host.line] == EPOCHS[line]
        no_job = not (host.pending and rules.gate_sees_jobs)
        return VoterHealth(str(number), host.up, True, ours or trusted, no_job)

    return tuple(one(number, host) for number, host in enumerate(state.hosts))


def _operated(state: State, line: int, operation: Operation) -> State:
    if line == A:
        return replace(state, first=operation)
    adopter = next(one for one in state.adopters if one.line == line)
    return _adopted(state, replace(adopter, operation=operation))


def _adopted(state: State, adopter: Adopter) -> State:
    return replace(state, adopters=tuple(adopter if one.line == adopter.line else one for one in state.adopters))


def _name(line: int) -> str:
    return "ABC"[line - 1]


def _with(state: State, number: int, host: Host) -> State:
    return replace(state, hosts=(*state.hosts[:number], host, *state.hosts[number + 1 :]))


def _story(came: dict[State, tuple[State, str] | None], state: State) -> tuple[str, ...]:
    words: list[str] = []
    while (before := came[state]) is not None:
        state, what = before
        words.append(what)
    return tuple(reversed(words))
