"""One host under observation: its way in, its newest answers, and when each question was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

from k0stui.inventory import InventoryHost
from k0stui.model.cluster import ApiObservation, HostObservation
from k0stui.model.observed import Known, Unknown, aged, succeeding
from k0stui.ports import KubeApi, Shell


@dataclass(frozen=True, slots=True)
class Asked:
    """When a question was asked last, and how it read then."""

    question: object
    """A command or a path: parameters that changed make it another question."""
    round: int
    at: float
    """Monotonic."""


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


def answers_of(observation: HostObservation | ApiObservation) -> list[str]:
    """The fields that are answers, by name."""
    values = ((entry.name, getattr(observation, entry.name)) for entry in fields(observation))
    return [name for name, value in values if isinstance(value, (Known, Unknown))]


def answered(observation: Any, answers: Mapping[str, Known[Any] | Unknown]) -> Any:
    """The observation with new answers, each remembering what was known before where it says nothing."""
    return replace(observation, **{name: succeeding(new, getattr(observation, name)) for name, new in answers.items()})


def aged_observation(observation: Any, now: datetime, limit: timedelta) -> Any:
    """The observation with every answer older than `limit` turned into an unknown that remembers it."""
    return replace(
        observation, **{name: aged(getattr(observation, name), now, limit) for name in answers_of(observation)}
    )
