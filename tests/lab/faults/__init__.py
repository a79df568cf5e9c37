"""Faults on demand, by subject; each can be undone. `FAULTS` has them all by name, `inflict` is for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab.faults import access, clock, disk, etcd, konnectivity, links, power, processes, syscalls, units
from tests.lab.faults.fault import Fault
from tests.lab.hosts import host

MODULES = (links, power, processes, syscalls, units, disk, access, clock, etcd, konnectivity)
FAULTS: dict[str, Fault] = {each.name: each for module in MODULES for each in module.FAULTS}


@contextmanager
def inflict(name: str, on: str, *arguments: str) -> Iterator[None]:
    """The fault for the length of a `with`."""
    FAULTS[name].do(host(on), *arguments)
    try:
        yield
    finally:
        FAULTS[name].undo(host(on), *arguments)
