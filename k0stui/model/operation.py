"""A plan, and a plan being carried out: what a journal folds into.

What may follow what is in `transition.py`. Source: design safety.md §2 (plan, approval), §5 (states).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import msgspec

from k0stui.errors import JournalBroken
from k0stui.model.host import HostName, Role

Facts = tuple[tuple[str, str], ...]
"""Named values, in a form that is JSON, hashable and ordered."""

AMBIGUOUS = frozenset({"", "k0s", "k0s-cluster"})
"""Names that many clusters share: typing them proves nothing (`k0s-cluster` is k0sctl's default)."""


@dataclass(frozen=True, slots=True)
class HostInPlan:
    """A host that a plan touches, with what proves that it is this one."""

    name: HostName
    role: Role
    node: str = ""
    """Of its Node object and its leases."""
    machine_id: str = ""
    boot_id: str = ""
    """When planned; a reboot since then is no longer the host that was looked at."""
    ca_sha256: str = ""
    unit: str = ""
    """`k0scontroller.service` or `k0sworker.service`."""
    data_dir: str = "/var/lib/k0s"
    key_fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One act as it was shown and agreed to."""

    id: str
    """`restart-k0s-master-2`: also the name in the guard's record on the host."""
    kind: str
    """Which step of `plans/steps/` makes it."""
    host: HostName | None
    """None: through the API, of the cluster as a whole."""
    title: str
    phase: str
    """Steps of one phase may change places: their order is computed anew before each."""
    preview: tuple[str, ...] = ()
    """The exact commands and calls."""
    values: Facts = ()
    """What `preview` was made of, and `apply` will be."""
    gates: tuple[str, ...] = ()
    limit: float = 180.0
    """Seconds until it must be verified."""
    conditional: bool = False
    """Runs only if what it cures is seen then."""
    batch: str = ""
    """Steps of one batch may be in flight at once; empty: it is alone."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done: a value, agreed to by its hash."""

    name: str
    """`nllb`, `restart-controllers`, `restart-workers`, `restart-agents`."""
    cluster: str
    cluster_uid: str
    hosts: tuple[HostInPlan, ...]
    steps: tuple[PlannedStep, ...]
    made_at: datetime
    nonce: str
    gates: tuple[str, ...] = ()
    """Checked once, before the lock."""
    excused: tuple[str, ...] = ()
    """What was wrong when planned and blocks nothing: nodes not Ready, columns that were short."""
    diffs: tuple[str, ...] = ()
    """Unified diffs of every file that changes."""
    warnings: tuple[str, ...] = ()
    """What it costs meanwhile, and what to do by hand afterwards."""
    settings: Facts = ()
    """`members`, `voters`, `nllb`, `version` …: what gates and steps compare with."""
    guard_sha256: str = ""

    def canonical(self) -> bytes:
        """The one JSON form of this plan."""
        return msgspec.json.encode(self, order="deterministic")

    @property
    def sha256(self) -> str:
        """What an approval binds to."""
        return hashlib.sha256(self.canonical()).hexdigest()

    def step(self, step: str) -> PlannedStep:
        """By its id; raises KeyError."""
        for planned in self.steps:
            if planned.id == step:
                return planned
        raise KeyError(step)

    def host(self, name: str) -> HostInPlan:
        """By its name; raises KeyError."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise KeyError(name)

    @property
    def controllers(self) -> tuple[HostInPlan, ...]:
        return tuple(host for host in self.hosts if host.role.is_controller)

    def setting(self, name: str, default: str = "") -> str:
        return dict(self.settings).get(name, default)


def decode_plan(raw: bytes) -> Plan:
    """Read `Plan.canonical()`.

    Raises:
        JournalBroken: that is no plan, or it was changed on the way.
    """
    try:
        plan = msgspec.json.decode(raw, type=Plan)
    except msgspec.DecodeError as error:
        raise JournalBroken(f"the stored plan cannot be read: {error}") from error
    if plan.canonical() != raw:
        raise JournalBroken("the stored plan is not in its own form: it was edited; make a new one")
    return plan


def confirmation(plan: Plan, leader: str) -> str:
    """What must be typed to agree to `plan`: the cluster's name, or the name of the one worker it touches."""
    touched = {step.host for step in plan.steps if step.host is not None}
    acts_on_all = any(step.host is None and step.kind not in ("lock", "unlock", "prove") for step in plan.steps)
    if len(touched) == 1 and not acts_on_all and not plan.host(next(iter(touched))).role.is_controller:
        return str(next(iter(touched)))
    return f"{plan.cluster or 'k0s'}/{leader}" if plan.cluster in AMBIGUOUS else plan.cluster


class StepState(Enum):
    """How far one step is; S0, S1 … in the journal."""

    PENDING = "S0"
    GATED = "S1"
    INTENT = "S2"
    ACCEPTED = "S3"
    RESTARTING = "S4"
    READY = "S5"
    VERIFIED = "S6"
    FAILED = "SX"

    @property
    def is_in_flight(self) -> bool:
        """Something may be happening to its host now."""
        return self in (StepState.INTENT, StepState.ACCEPTED, StepState.RESTARTING, StepState.READY)

    @property
    def is_unbegun(self) -> bool:
        return self in (StepState.PENDING, StepState.GATED)


class OperationState(Enum):
    """Where an operation is as a whole."""

    PLANNED = "planned"
    APPROVED = "approved"
    LOCKING = "locking"
    LOCKED = "locked"
    RUNNING = "running"
    SOAK = "soak"
    DONE = "done"
    UNLOCKED = "unlocked"
    PAUSED = "paused"
    ROLLING_BACK = "rolling back"
    ROLLED_BACK = "rolled back"
    HANDED_OVER = "handed over"
    NEEDS_HUMAN = "failed, needs a human"

    @property
    def is_over(self) -> bool:
        return self in (OperationState.UNLOCKED, OperationState.HANDED_OVER)


@dataclass(frozen=True, slots=True)
class StepProgress:
    """One step of an operation, now."""

    id: str
    host: HostName | None = None
    state: StepState = StepState.PENDING
    attempt: int = 0
    """How often it was begun. The guard acts at most once for each number."""
    since: datetime | None = None
    """Of the last change of state."""
    why: str = ""
    """What it waits for, or why it failed."""
    facts: Facts = ()
    """Of the last INTENT: boot id, InvocationID, deadline, evidence …"""
    back: bool = False
    """It is to be, or was, taken back."""
    helping: bool = False
    """It failed and is tried once more: its host is down already, so no margin is asked for."""
    batch: str = ""
    """As planned."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A plan being carried out."""

    id: str
    plan_sha256: str
    steps: tuple[StepProgress, ...]
    state: OperationState = OperationState.PLANNED
    epoch: int = 0
    owner: str = ""
    """Whose name is in the lock line: user@machine:number. It outlives the process: a resume is the holder again."""
    reason: str = ""
    """Why it pauses, ended or was refused."""
    pausing: str = ""
    """It will pause for this reason as soon as the step in flight is verified."""
    stopping: bool = False
    """The process ends when it pauses; the operation stays open."""
    held: Facts = ()
    """DaemonSets that are held, with the update strategy to put back."""
    exposed_since: datetime | None = None
    exposed: bool = False
    boots: Facts = ()
    """Boot ids (host, id) as they were when a person last went on by the typed name, or when a host in flight came
    back: as good as those of the plan."""
    leftovers: tuple[str, ...] = ()
    """What a close left behind."""
    since: datetime | None = None

    def step(self, step: str) -> StepProgress:
        """By its id; raises KeyError."""
        for progress in self.steps:
            if progress.id == step:
                return progress
        raise KeyError(step)

    @property
    def in_flight(self) -> tuple[StepProgress, ...]:
        return tuple(step for step in self.steps if step.state.is_in_flight)

    @property
    def failed(self) -> tuple[StepProgress, ...]:
        return tuple(step for step in self.steps if step.state is StepState.FAILED)

    @property
    def is_rolling_back(self) -> bool:
        return any(step.back for step in self.steps)

    @property
    def open_steps(self) -> tuple[StepProgress, ...]:
        """Those still to be begun, in the direction in which it goes."""
        back = self.is_rolling_back
        return tuple(step for step in self.steps if step.state.is_unbegun and step.back == back)


def begin(operation: str, plan: Plan) -> Operation:
    """A plan nobody has agreed to yet."""
    return Operation(
        operation, plan.sha256, tuple(StepProgress(step.id, step.host, batch=step.batch) for step in plan.steps)
    )
