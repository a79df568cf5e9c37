"""What `plan`, `run` and the plan screen share: look twice, draft the plan, ask every gate, say what must be typed."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from k0stui.connect.executor_process import own_process, owner
from k0stui.connect.guard import GUARD_SHA256, Claim, ShellGuard
from k0stui.engine.course import Ways
from k0stui.engine.observe import APART
from k0stui.engine.questions import ask_guards, ask_hosts, ask_upgrades
from k0stui.errors import K0stuiError, UsageError
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.host import HostName
from k0stui.model.observed import Known, Lack, Observed, Unknown, value_or
from k0stui.model.operation import AMBIGUOUS, Operation, Plan, confirmation
from k0stui.plans import enable_nllb, restart_agents, restart_controllers, restart_workers
from k0stui.plans.draft import verdicts as judged
from k0stui.plans.gates import GATES
from k0stui.plans.gates.gate import Result, Situation, Verdict, judge
from k0stui.plans.world import GuardAnswer
from k0stui.plans.world import Verdict as GuardVerdict
from k0stui.ports import Clock, Shell
from k0stui.present.plan import standing

if TYPE_CHECKING:
    from k0stui.engine.observe import Watch

PLANS: Mapping[str, Callable[..., Plan]] = {
    "nllb": enable_nllb.plan,
    "restart-controllers": restart_controllers.plan,
    "restart-workers": restart_workers.plan,
    "restart-agents": restart_agents.plan,
}

PATIENCE, AGAIN = 60.0, 5.0
"""Seconds: so long a gate may be unknown before the plan is shown with it; so far apart are the looks meanwhile."""

NOBODY = Operation("nobody", "", ())
"""In whose name the guard is asked before there is an operation."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A plan with all that is needed to decide on it."""

    plan: Plan
    verdicts: tuple[Verdict, ...]
    wanted: str
    """What must be typed to start it."""
    snapshot: ClusterSnapshot


async def look_twice(watch: Watch) -> ClusterSnapshot:
    """Two looks, far enough apart for the gates that compare; one, where an earlier one is known already."""
    snapshot = await watch.look()
    if snapshot.earlier is not None:
        return snapshot
    await watch.clock.sleep(APART.total_seconds() + 1)
    return await watch.look()


@dataclass(frozen=True, slots=True)
class Wish:
    """Which plan is asked for, and of whom."""

    plan: str
    only: tuple[str, ...] = ()
    """Workers; empty: all."""
    batch: int = 1
    """Workers at once, after the first one alone."""

    def options(self) -> dict[str, Any]:
        """What the plan's function takes beyond the snapshot; raises UsageError."""
        if self.only and self.plan != "restart-workers":
            raise UsageError(f"--only is for restart-workers; {self.plan} needs all hosts of its kind.")
        if self.batch != 1 and self.plan not in ("restart-workers", "nllb"):
            raise UsageError(f"--batch is about workers, and {self.plan} restarts none.")
        return {**({"only": self.only} if self.only else {}), **({"batch": self.batch} if self.batch != 1 else {})}


def wish_of(arguments: argparse.Namespace) -> Wish:
    """What argv asks for."""
    batch = getattr(arguments, "batch", None)
    return Wish(arguments.plan, tuple(getattr(arguments, "only", None) or ()), 1 if batch is None else batch)


def wish_again(plan: Plan) -> Wish:
    """What a plan was asked for with."""
    return Wish(plan.name, tuple(plan.setting("only").split()), int(plan.setting("batch", "1")))


async def drafted(watch: Watch, wish: Wish) -> Drafted:
    """The plan for the cluster as it is now, after two looks. Gates that are merely unknown get up to `PATIENCE`: some
    facts are asked for rarely, and each must be fresh.

    Raises:
        PlanRefused: with the sentence that says why.
    """
    snapshot = await look_twice(watch)
    began = watch.clock.monotonic()
    while True:
        plan = with_keys(make_plan(snapshot, wish), watch.shells())
        verdicts = await all_verdicts(watch, plan, snapshot)
        stand = {verdict.result for verdict in standing(plan, verdicts)}
        if stand != {Result.UNKNOWN} or watch.clock.monotonic() - began >= PATIENCE:
            return Drafted(plan, verdicts, wanted_name(plan, snapshot), snapshot)
        await watch.clock.sleep(AGAIN)
        snapshot = await watch.look()


def make_plan(snapshot: ClusterSnapshot, wish: Wish, nonce: str = "") -> Plan:
    """A plan of a snapshot; raises PlanRefused, or UsageError for options that it does not have."""
    if wish.plan not in PLANS:
        raise UsageError(f"no plan is called {wish.plan}; there are {', '.join(PLANS)}.")
    return PLANS[wish.plan](snapshot, nonce or secrets.token_hex(8), GUARD_SHA256, **wish.options())


def with_keys(plan: Plan, shells: Mapping[HostName, Shell]) -> Plan:
    """The plan bound to the SSH keys that its hosts have shown (C-01)."""
    keys = {name: str(getattr(shell, "key_fingerprint", "")) for name, shell in shells.items()}
    return replace(plan, hosts=tuple(replace(it, key_fingerprint=keys.get(it.name, "")) for it in plan.hosts))


def wanted_name(plan: Plan, snapshot: ClusterSnapshot) -> str:
    """What must be typed: the cluster's name; where many clusters share it, with the host that leads."""
    return confirmation(plan, str(value_or(snapshot.leader, plan.controllers[0].name)))


def shared_name(snapshot: ClusterSnapshot) -> str:
    """The cluster's name as it is typed where no plan is at hand."""
    if snapshot.cluster not in AMBIGUOUS:
        return snapshot.cluster
    return f"{snapshot.cluster or 'k0s'}/{value_or(snapshot.leader, 'unknown')}"


async def all_verdicts(watch: Watch, plan: Plan, snapshot: ClusterSnapshot) -> tuple[Verdict, ...]:
    """Every gate of the plan, with what only gates ask: locks, units, processes, other actors, our own process."""
    shells, clock = watch.shells(), watch.clock
    guards, told = await asked_guards(shells, plan), await ask_hosts(shells, plan.hosts, clock)
    upgrades = await ask_upgrades(watch.apis(), clock)
    situation = Situation(snapshot, plan, asked=told, upgrades=upgrades, own_process=asked_process(clock))
    # Who holds the lock is C-08's to say; that his hosts then do not count (E-05) would only repeat it.
    lock = judge(GATES["C-08"], replace(situation, guards=guards))
    return tuple(lock if verdict.gate == lock.gate else verdict for verdict in judged(situation))


async def asked_guards(shells: Mapping[HostName, Shell], plan: Plan) -> tuple[tuple[HostName, GuardAnswer], ...]:
    """The lock line of each controller; who does not answer is left out."""
    guards = {name: guard_of(shell, NOBODY) for name, shell in shells.items()}
    answers = await ask_guards(guards, plan.controllers)
    # An answer of any other kind tells nothing of the lock, though its fields read as if it were free.
    return tuple((name, answer) for name, answer in answers if answer.verdict is GuardVerdict.ACCEPTED)


def guard_of(shell: Shell, operation: Operation) -> ShellGuard:
    """The guard on one host, in the name of the operation as it is now."""
    return ShellGuard(shell, Claim(operation.id, operation.epoch, operation.owner))


def asked_process(clock: Clock) -> Observed[str]:
    """Gate C-09's fact."""
    try:
        return Known(own_process(), clock.now())
    except K0stuiError as error:
        return Unknown(str(error), clock.now(), Lack.FAILED)


def ways_of(watch: Watch) -> Ways:
    """What the executor needs of the world, from a watch."""
    process = asked_process(watch.clock)
    return Ways(watch.shells, watch.apis, watch.look, guard_of, watch.clock, owner(), process, watch.look_at)


def same_acts(plan: Plan, snapshot: ClusterSnapshot, shells: Mapping[HostName, Shell]) -> str:
    """What is different if the plan is drafted anew from this look; empty: nothing. It is the executor's own check.

    Raises:
        PlanRefused: it could not even be drafted now.
    """
    again = with_keys(replace(make_plan(snapshot, wish_again(plan), plan.nonce), made_at=plan.made_at), shells)
    if plan.guard_sha256 != again.guard_sha256:
        return "the guard's text is another one: the plan was made by another version of k0stui"
    if plan.hosts != again.hosts:
        changed = sorted({host.name for host in {*plan.hosts} ^ {*again.hosts}})
        return f"not the hosts that were planned for: {', '.join(changed)}"
    different = [old.id for old, new in zip(plan.steps, again.steps, strict=False) if old != new]
    if different or len(plan.steps) != len(again.steps) or plan.diffs != again.diffs:
        return f"the cluster changed since: {', '.join(different[:3]) or 'the config'} would be another step now"
    return ""
