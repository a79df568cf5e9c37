"""A step: one act of a plan, as it is shown, done, and found to be done.

The engine decides when: check -> INTENT in the journal, synced -> apply -> outcome -> awaited -> verified. A step
decides what: `preview` and `apply` are made of the same values. It holds no arithmetic and never waits by itself.
Taking back is a step of its own (`undo`), so that it passes the same gates, intents and checks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from k0stui.errors import ApiRefused, NotYet
from k0stui.model.event import Event, Kind
from k0stui.model.host import HostName
from k0stui.model.operation import Facts
from k0stui.plans.gates import ABOUT_HOSTS, GATES
from k0stui.plans.gates.gate import Situation, blocking, judge
from k0stui.plans.world import World


class Check(Enum):
    """Whether a step has anything to do."""

    NEEDED = "needed"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Await:
    """Something that must come true, and how long it may take."""

    what: str
    """For the screen: `its lease has its new holder`."""
    limit: float
    """Seconds."""
    met: Callable[[World], Awaitable[None]]
    """Raises NotYet (with what is missing), NotObserved or Unreachable until it is true; StepFailed: it never will."""
    greens: int = 1
    """So often in a row."""
    pause: float = 2.0
    """Seconds between two looks."""


class Step:
    """What all steps have; each overrides what it needs."""

    patience: float = 0.0
    """Seconds for which `check` may say NotYet before that counts as `after_patience`."""
    after_patience: Check | None = None
    """None: it blocks then."""
    settles: float = 60.0
    """Seconds until the outcome of `apply` must be known."""

    @property
    def title(self) -> str:
        raise NotImplementedError

    def preview(self) -> tuple[str, ...]:
        """The exact commands and calls, as they will be made."""
        raise NotImplementedError

    async def check(self, world: World) -> Check:
        """NEEDED or DONE; raises if it cannot tell."""
        raise NotImplementedError

    async def intent(self, world: World) -> Facts:
        """What must be written down before the act, and only then is known: versions, uids, InvocationIDs."""
        return ()

    async def apply(self, world: World) -> Event:
        """Act, once. ACCEPTED, REFUSED (for certain nothing was done) or UNKNOWN; Unreachable means UNKNOWN too."""
        raise NotImplementedError

    async def outcome(self, world: World) -> Event:
        """What became of it, asked of the world and not of the command: READY, RESTARTING, NOT_STARTED or UNKNOWN."""
        done = await self.check(world) is Check.DONE
        return Event(Kind.READY if done else Kind.NOT_STARTED, world.step, "" if done else "it has not happened")

    def awaited(self) -> tuple[Await, ...]:
        """What must come true before it counts as verified, in order."""
        return ()

    def undo(self) -> Step | None:
        """The step that takes it back; None: there is nothing to take back. Raises CannotUndo."""
        return None

    def marks(self, world: World) -> Event | None:
        """What a verified step changes about the operation as a whole: held, released."""
        return None


def accepted(world: World) -> Event:
    return Event(Kind.ACCEPTED, world.step)


def refused(world: World, why: str) -> Event:
    return Event(Kind.REFUSED, world.step, why)


def unknown(world: World, why: str) -> Event:
    return Event(Kind.UNKNOWN, world.step, why)


def refused_by_api(world: World, error: ApiRefused, what: str) -> Event:
    """A refusal is certain; a server that failed at it, or a gateway that lost it, may have done it all the same."""
    said = f"the API server {'failed at' if error.status >= 500 else 'refused'} {what} ({error.status})"
    return unknown(world, said) if error.status >= 500 else refused(world, said)


def gates_pass(gates: Iterable[str], host: HostName | None = None) -> Callable[[World], Awaitable[None]]:
    """An `Await.met`: these gates pass in a fresh look."""
    ids = tuple(gates)

    async def met(world: World) -> None:
        asked = await world.asked(host) if host and ABOUT_HOSTS & set(ids) else ()
        situation = Situation(await world.observe(), world.plan, host, world.operation, asked=asked)
        stand = blocking(judge(GATES[gate], situation) for gate in ids)
        if stand:
            raise NotYet("; ".join(f"{verdict.gate}: {verdict.evidence}" for verdict in stand))

    return met
