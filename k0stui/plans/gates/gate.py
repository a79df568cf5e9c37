"""A gate: what must hold before a step; PASS, FAIL or UNKNOWN, with what shows it. UNKNOWN blocks like FAIL.

One file per gate, each a pure function of what was observed. None can be overridden. Ids, proofs and pass conditions:
design safety.md §3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from k0stui.errors import NotObserved
from k0stui.model.cluster import NOT_ASKED, ApiObservation, ClusterSnapshot, HostObservation
from k0stui.model.host import HostName
from k0stui.model.observed import Known, Observed, Unknown, require
from k0stui.model.operation import HostInPlan, Operation, Plan
from k0stui.plans.asked import HostAsked
from k0stui.plans.world import GuardAnswer

T = TypeVar("T")


class Result(Enum):
    PASS = "PASS"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"

    @property
    def sign(self) -> str:
        """For screens without colour."""
        return {"PASS": "ok", "FAIL": "NO", "UNKNOWN": "??"}[self.value]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a gate said."""

    gate: str
    """Its id: `E-05`."""
    result: Result
    evidence: str
    """What was seen, in words, with names; for UNKNOWN what was missing."""
    cure: str = ""
    """What would make it pass."""

    @property
    def passes(self) -> bool:
        return self.result is Result.PASS


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a gate may judge by: the plan, a fresh look, and whom the next step is about."""

    snapshot: ClusterSnapshot
    plan: Plan
    host: HostName | None = None
    """Whom the step acts on; None: nobody in particular, or before the lock."""
    operation: Operation | None = None
    """None while planning."""
    guards: tuple[tuple[HostName, GuardAnswer], ...] = ()
    """What the guard said on each host that could be asked, in this look."""
    helping: bool = False
    """The host is down already and is restarted once more."""
    asked: tuple[tuple[HostName, HostAsked], ...] = ()
    """What hosts answered to questions that only gates ask."""
    upgrades: Observed[tuple[str, ...]] = NOT_ASKED
    """Upgrades by the system-upgrade-controller that are under way."""
    own_process: Observed[str] = NOT_ASKED
    """What is wrong with our own process; empty: it outlives the terminal and its disk keeps what is written."""

    def guard(self, host: HostName) -> GuardAnswer:
        """Raises NotObserved."""
        answer = dict(self.guards).get(host)
        if answer is None:
            raise NotObserved(f"{host}: the guard did not answer")
        return answer

    def told(self, host: HostName) -> HostAsked:
        """What this host answered to gates; all unknown where it was not asked."""
        return dict(self.asked).get(host, HostAsked())

    @property
    def target(self) -> HostInPlan:
        """The host at hand, as planned; raises NotObserved where a gate needs one and there is none."""
        if self.host is None:
            raise NotObserved("this gate is about one host, and none is at hand")
        return self.plan.host(self.host)

    def seen(self, host: HostName) -> HostObservation:
        """Raises NotObserved."""
        found = self.snapshot.find(host)
        if found is None:
            raise NotObserved(f"{host} is not in this look")
        return found

    @property
    def controllers(self) -> tuple[HostInPlan, ...]:
        return self.plan.controllers


class Fail(Exception):
    """Raised inside a gate to end it: what was seen, and what would cure it."""

    def __init__(self, evidence: str, cure: str = "") -> None:
        super().__init__(evidence)
        self.cure = cure


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate."""

    id: str
    title: str
    check: Callable[[Situation], str]
    """Returns what it saw; raises Fail, or NotObserved."""


def judge(gate: Gate, situation: Situation) -> Verdict:
    """Run one gate. What is not known is UNKNOWN, and so is a gate that breaks."""
    try:
        return Verdict(gate.id, Result.PASS, gate.check(situation))
    except Fail as failed:
        return Verdict(gate.id, Result.FAIL, str(failed), failed.cure)
    except NotObserved as missing:
        return Verdict(gate.id, Result.UNKNOWN, str(missing))
    except Exception as broken:  # noqa: BLE001 -- a gate that crashes must block, not end the executor
        return Verdict(gate.id, Result.UNKNOWN, f"the gate itself failed: {type(broken).__name__}: {broken}")


def blocking(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Those that stand in the way."""
    return tuple(verdict for verdict in verdicts if not verdict.passes)


FRESH = 10.0
"""Seconds. What an act rests on is at most that old (safety.md §2)."""

SLOW = 120.0
"""Seconds, for what changes slowly and is asked rarely: images, certificates, disks."""


def fresh(situation: Situation, observed: Known[T] | Unknown, what: str, limit: float = FRESH) -> T:
    """The value, if it was seen just now; raises NotObserved."""
    value = require(observed, what)
    assert isinstance(observed, Known)
    age = (situation.snapshot.taken_at - observed.at).total_seconds()
    if age > limit:
        raise NotObserved(f"{what}: last seen {age:.0f} s ago, {limit:.0f} s is the limit")
    return value


def api_fact(situation: Situation, fact: Callable[[ApiObservation], Known[T] | Unknown], what: str) -> T:
    """A fact of the cluster as a whole, from whichever API server told it last; raises NotObserved."""
    return fresh(situation, situation.snapshot.any_api(fact), what)


def each_controller(situation: Situation) -> Iterator[tuple[HostInPlan, HostObservation]]:
    """Every controller of the plan as it is seen; the one that is being helped is left out: it is down."""
    for host in situation.controllers:
        if not (situation.helping and host.name == situation.host):
            yield host, situation.seen(host.name)


def those(problems: Iterable[str]) -> str:
    """`a; b; c`, sorted."""
    return "; ".join(sorted(problems))
