"""What only gates ask, when they ask: of no use to a diagnosis, or too dear for every look.

Each is a command and a pure reader, as a probe is; the answers stand in `Situation.asked`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from k0stui.errors import ProbeFailed
from k0stui.model.cluster import NOT_ASKED
from k0stui.model.observed import Observed
from k0stui.ports import Command, Reply


@dataclass(frozen=True, slots=True)
class Process:
    """One row of `ps`."""

    pid: int
    parent: int
    """1: whoever started it is gone."""
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HostAsked:
    """What one host answered to gates."""

    unit_faults: Observed[tuple[str, ...]] = NOT_ASKED
    """Lines of `systemd-analyze verify` about its k0s unit; none: the unit can be started."""
    processes: Observed[tuple[Process, ...]] = NOT_ASKED
    key: str = ""
    """SHA256 fingerprint of the SSH host key that it showed; empty: it is not asked over SSH."""


def verify_unit(unit: str) -> Command:
    """Reads unit files only. Without --man=no it would ask for every manual page that they name."""
    return Command(("systemd-analyze", "--man=no", "verify", unit), timeout=20)


def read_unit_faults(reply: Reply, unit: str) -> tuple[str, ...]:
    """Faults of this unit: those of others, which verify loads with it, hinder nobody here.

    Raises:
        ProbeFailed: there is no systemd-analyze, or it did not end.
    """
    if reply.exit_status in (124, 126, 127):
        raise ProbeFailed("systemd-analyze is missing" if reply.exit_status != 124 else "systemd-analyze hangs")
    lines = f"{reply.text}\n{reply.error_text}".splitlines()
    return tuple(line.strip() for line in lines if unit in line) if reply.exit_status else ()


PROCESSES = Command(("ps", "-eo", "pid=,ppid=,args="))


def read_processes(reply: Reply) -> tuple[Process, ...]:
    """Raises ProbeFailed where there is no `ps` that understands this."""
    rows = [line.split() for line in reply.text.splitlines()]
    if reply.exit_status or not rows:
        raise ProbeFailed(f"ps ended with {reply.exit_status}: {reply.error_text[:100]}")
    return tuple(
        Process(int(row[0]), int(row[1]), tuple(row[2:]))
        for row in rows
        if len(row) > 2 and row[0].isdigit() and row[1].isdigit()
    )


UPGRADES = "/apis/upgrade.cattle.io/v1/plans"
"""Plans of the system-upgrade-controller; 404 where it is not installed."""


def read_upgrades(body: bytes) -> tuple[str, ...]:
    """`PLAN on NODE` for every node that a plan is being applied to; raises ProbeFailed."""
    try:
        items = json.loads(body)["items"]
        return tuple(f"{it['metadata']['name']} on {node}" for it in items for node in _applying(it))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProbeFailed("the list of upgrade plans is none") from error


def _applying(plan: dict[str, dict[str, list[str]]]) -> list[str]:
    return plan.get("status", {}).get("applying") or []
