"""A fleet watched second by second: what a poller would have written beside a change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from k0stui.demo.controller import Controller
from k0stui.demo.fleet import Fleet

T = TypeVar("T")


def seconds(fleet: Fleet, length: float, step: float = 0.25) -> Iterator[float]:
    """Let `length` seconds pass; after each step the seconds since the begin."""
    begin = fleet.now
    while fleet.now < begin + length:
        fleet.advance(fleet.now + step)
        yield fleet.now - begin


def changes(fleet: Fleet, length: float, look: Callable[[], T]) -> list[tuple[float, T]]:
    """Every new value of `look` and when it was first seen."""
    found: list[tuple[float, T]] = []
    for at in seconds(fleet, length):
        value = look()
        if not found or found[-1][1] != value:
            found.append((at, value))
    return found


def when(fleet: Fleet, length: float, true: Callable[[], bool]) -> float:
    """Seconds until it is true; raises where it never is."""
    for at in seconds(fleet, length):
        if true():
            return at
    raise AssertionError(f"not true within {length:g} s")


def counts(controller: Controller) -> int | None:
    """`--server-count` of its server; None: no server."""
    return controller.server.count if controller.server else None
