"""One host under observation: its way in, its newest answers, and when each question was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

from k0stui.errors import Unreachable
from k0stui.inventory import InventoryHost
from k0stui.model.cluster import NOT_ASKED, ApiObservation, HostObservation
from k0stui.model.host import HostName
from k0stui.model.observed import Known, Unknown, aged, succeeding
from k0stui.ports import Command, KubeApi, Reply, Shell


@dataclass(frozen=True, slots=True)
class Asked:
    """When a question was asked last, and how it read then."""

    question: object
    """A command or a path: parameters that changed make it another question."""
    round: int
    at: float
    """Monotonic."""


@dataclass(frozen=True, slots=True)
class NoWay:
    """The shell of a host that was found and cannot be asked: what the cluster calls its address is none."""

    host: HostName
    why: str

    async def run(self, command: Command) -> Reply:
        raise Unreachable(self.why)

    async def close(self) -> None:
        """Nothing is open."""


@dataclass(slots=True)
class Watched:
    """One host under observation: its way in, the newest answers, and when each question was asked."""

    host: InventoryHost
    shell: Shell
    observation: HostObservation
    api: KubeApi | None = None
    api_observation: ApiObservation | None = None
    round: int = 0
    """How often this host has been looked at; a question is asked once in a round, unless it has changed."""
    asked: dict[str, Asked] = field(default_factory=dict)
    """By probe."""

    def is_due(self, name: str, question: object, every: float, now: float) -> bool:
        """A question is asked anew when its time has come, or when it is another question now."""
        last = self.asked.get(name)
        if last is None or last.question != question:
            return True
        return last.round < self.round and now - last.at >= every

    def note(self, name: str, question: object, now: float) -> None:
        self.asked[name] = Asked(question, self.round, now)


ANSWERS: dict[type, tuple[str, ...]] = {
    kind: tuple(entry.name for entry in fields(kind) if entry.default is NOT_ASKED)
    for kind in (HostObservation, ApiObservation)
}
"""The fields that are answers, by name."""


def answered(observation: Any, answers: Mapping[str, Known[Any] | Unknown]) -> Any:
    """The observation with new answers, each remembering what was known before where it says nothing."""
    return replace(observation, **{name: succeeding(new, getattr(observation, name)) for name, new in answers.items()})


def aged_observation(observation: Any, now: datetime, limits: Mapping[str, timedelta], limit: timedelta) -> Any:
    """The observation with every answer older than its limit turned into an unknown that remembers it.

    `limits` by answer, `limit` for all others. Itself where nothing is too old: most looks change nothing here.
    """
    old = {}
    for name in ANSWERS[type(observation)]:
        answer = getattr(observation, name)
        if (new := aged(answer, now, limits.get(name, limit))) is not answer:
            old[name] = new
    return replace(observation, **old) if old else observation
