"""What a fault is: a name, how to make it, how to take it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.lab.hosts import LabHost


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of trouble; `do` and `undo` take the host and the same further words."""

    name: str
    words: str
    """What may follow the host, for the help text."""
    help: str
    do: Callable[..., None]
    undo: Callable[..., None]


def nothing(_: LabHost, *__: str) -> None:
    """The undo of what mends itself."""
