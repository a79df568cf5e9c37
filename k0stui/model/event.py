"""What can happen to an operation, and what must be done then: the words of the journal and of the executor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from k0stui.model.operation import Facts


class Kind(Enum):
    """What can happen to an operation; the word in the journal."""

    APPROVED = "approved"
    LOCKING = "locking"
    LOCKED = "locked"
    LOCK_REFUSED = "lock-refused"
    CHOSEN = "chosen"
    GATED = "gated"
    BLOCKED = "blocked"
    NOT_NEEDED = "not-needed"
    INTENT = "intent"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    NOT_STARTED = "not-started"
    RESTARTING = "restarting"
    READY = "ready"
    VERIFIED = "verified"
    FAILED = "failed"
    NOTHING_LEFT = "nothing-left"
    PROVEN = "proven"
    NOT_PROVEN = "not-proven"
    UNLOCKED = "unlocked"
    PAUSE = "pause"
    PAUSED = "paused"
    GO_ON = "go-on"
    STOP = "stop-after-this-host"
    RESUMED = "resumed"
    HELP = "help"
    ROLL_BACK = "roll-back"
    HELD = "held"
    HOLD_LOST = "hold-lost"
    RELEASED = "released"
    EXPOSED = "exposed"
    COVERED = "covered"
    EPOCH_LOST = "epoch-lost"
    ADOPTED = "adopted"
    CLOSED = "closed"
    NEEDS_HUMAN = "needs-human"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; what a record of the journal carries."""

    kind: Kind
    step: str = ""
    why: str = ""
    epoch: int = 0
    facts: Facts = ()
    at: datetime | None = None


class Do(Enum):
    """What the executor must do next."""

    LOCK = "lock"
    CHOOSE = "choose"
    GATE = "gate"
    WRITE_INTENT = "write-intent"
    APPLY = "apply"
    OBSERVE = "observe"
    VERIFY = "verify"
    PROVE = "prove"
    UNLOCK = "unlock"
    WAIT = "wait"
    """Paused: for a person."""
    END = "end"


@dataclass(frozen=True, slots=True)
class Effect:
    do: Do
    step: str = ""
