"""How many workers are restarted at once, and which: one alone first, then doubling; two of one zone only if need be.

Source: design safety.md §2 (capacity floor), W-05.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

from k0stui.model.kubernetes import Node
from k0stui.model.operation import Operation

ZONE = "topology.kubernetes.io/zone"


def most(workers: int) -> int:
    """The largest batch that a cluster of so many workers may have: a tenth of them, ten at most, one at least."""
    return max(1, min(10, workers // 10))


def sizes(workers: int, at_once: int) -> tuple[int, ...]:
    """The sizes of all batches: 1, 2, 4 … up to `at_once`; their sum is `workers`."""
    found: list[int] = []
    for power in count():
        left = workers - sum(found)
        if not left:
            return tuple(found)
        found.append(min(2**power, at_once, left))
    raise AssertionError("count() has no end")


def batches(workers: Sequence[str], zones: Mapping[str, str], at_once: int) -> tuple[tuple[str, ...], ...]:
    """The workers in their order, batch by batch; one whose zone is in the batch already waits if another can come."""
    waiting = list(workers)
    return tuple(_taken(waiting, zones, size) for size in sizes(len(workers), at_once))


def _taken(waiting: list[str], zones: Mapping[str, str], size: int) -> tuple[str, ...]:
    taken: list[str] = []
    for _ in range(size):
        used = {zones.get(name) for name in taken} - {None, ""}
        name = next((it for it in waiting if zones.get(it) not in used), waiting[0])
        waiting.remove(name)
        taken.append(name)
    return tuple(taken)


def zone_of(node: Node) -> str:
    """Empty where the node has no zone."""
    return node.metadata.labels.get(ZONE, "")


def away(operation: Operation | None) -> frozenset[str]:
    """Hosts that a step is in flight on."""
    return frozenset(str(step.host) for step in operation.in_flight if step.host) if operation else frozenset()
