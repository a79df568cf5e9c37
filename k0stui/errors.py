"""Every error that k0stui raises, by what whoever catches it must do.

    K0stuiError
    ├── UsageError            bad input: say it in one sentence, exit 2
    ├── Unreachable           the host did not answer: ask again later
    │   └── HostKeyRefused    it answered with the wrong key: never ask again, never offer to accept
    ├── ProbeFailed           it answered, but not what was asked: show why
    │   ├── NotPermitted      it wants rights that we do not have: show the line that grants them
    │   ├── ToolMissing       a program is not there: asked once per host
    │   └── ApiRefused        an API server said no, with its HTTP status
    ├── NotObserved           a fact is unknown: the rule says nothing, the gate is UNKNOWN
    ├── PlanRefused           no plan: say why, do nothing
    ├── StepFailed            a step broke: stop, show, offer the way back
    │   └── CannotUndo        no way back from here
    ├── NotYet                not true so far: look again, up to the limit
    └── JournalBroken         what was done is not certain: no act, people decide

A message is a whole sentence for the operator: who, what, what now. No secret ever reaches one.
"""


class K0stuiError(Exception):
    """Base of all errors of this program; its text may be shown as it is."""


class UsageError(K0stuiError):
    """Bad input: argv, inventory, settings, a filter. Exit status 2."""


class Unreachable(K0stuiError):
    """A host or an API server did not answer at all."""


class HostKeyRefused(Unreachable):
    """The host showed a key that is revoked, changed or unknown with nobody to ask."""


class ProbeFailed(K0stuiError):
    """An answer came, and it is not one that its reader understands."""


class NotPermitted(ProbeFailed):
    """The answer needs rights (sudo, a group) that this login does not have."""


class ToolMissing(ProbeFailed):
    """A program that the question needs is not on the host, or too old."""


class ApiRefused(ProbeFailed):
    """An API server answered with an HTTP status of 400 or above."""

    def __init__(self, message: str, status: int, body: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.body = body
        """What it said, for the class of the error: `No agent available` and `dial timeout` differ."""


class NotObserved(K0stuiError):
    """A fact that a rule or gate needs is unknown."""


class PlanRefused(K0stuiError):
    """The plan would do harm, or nothing; the message says why."""


class StepFailed(K0stuiError):
    """A step of a plan did not work."""


class CannotUndo(StepFailed):
    """A step that cannot be rolled back was asked to."""


class NotYet(K0stuiError):
    """What a step waits for is not true yet."""


class JournalBroken(K0stuiError):
    """An operation's journal has a hole, a bad checksum or cannot be synced."""
