"""Ask what only gates want to know: of the host at hand, or of all that a gate judges before anything is touched."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TypeVar

from k0stui.engine.ask import lack
from k0stui.errors import ApiRefused, K0stuiError, ProbeFailed, Unreachable
from k0stui.model.host import HostName
from k0stui.model.observed import Known, Observed, Unknown
from k0stui.model.operation import HostInPlan, Plan
from k0stui.plans.asked import (
    PROCESSES,
    UPGRADES,
    HostAsked,
    read_processes,
    read_unit_faults,
    read_upgrades,
    verify_unit,
)
from k0stui.plans.gates import ABOUT_HOSTS
from k0stui.plans.world import Guard, GuardAnswer
from k0stui.ports import Clock, Command, KubeApi, Reply, Shell

T = TypeVar("T")

GRACE = 5.0
"""Seconds beyond a command's own limit."""


def whom(plan: Plan, gates: Iterable[str], host: HostName | None) -> tuple[HostInPlan, ...]:
    """Those whom these gates judge: the host at hand, and where workers are judged beforehand all of them."""
    if not ABOUT_HOSTS & set(gates):
        return ()
    everyone = host is None or "N-12" in gates
    return tuple(it for it in plan.hosts if everyone or it.name == host)


async def ask_hosts(
    shells: Mapping[HostName, Shell], hosts: Iterable[HostInPlan], clock: Clock
) -> tuple[tuple[HostName, HostAsked], ...]:
    """All at once; who cannot be asked is left with unknowns."""
    async with asyncio.TaskGroup() as group:
        tasks = {
            host.name: group.create_task(ask_host(shells[host.name], host, clock), name=f"gates of {host.name}")
            for host in hosts
            if host.name in shells
        }
    return tuple((name, task.result()) for name, task in tasks.items())


async def ask_host(shell: Shell, host: HostInPlan, clock: Clock) -> HostAsked:
    """One host."""
    faults = await _told(shell, verify_unit(host.unit), lambda reply: read_unit_faults(reply, host.unit), clock)
    processes = await _told(shell, PROCESSES, read_processes, clock)
    return HostAsked(faults, processes, str(getattr(shell, "key_fingerprint", "")))


async def _told(shell: Shell, command: Command, read: Callable[[Reply], T], clock: Clock) -> Observed[T]:
    try:
        async with asyncio.timeout(command.timeout + GRACE):
            return Known(read(await shell.run(command)), clock.now())
    except TimeoutError:
        return Unknown(f"no answer in {command.timeout:g} s", clock.now())
    except (Unreachable, ProbeFailed) as error:
        return Unknown(str(error), clock.now(), lack(error))


async def ask_guards(
    guards: Mapping[HostName, Guard], hosts: Iterable[HostInPlan]
) -> tuple[tuple[HostName, GuardAnswer], ...]:
    """The lock as it lies on each; who does not answer is left out."""
    answers: dict[HostName, GuardAnswer] = {}

    async def ask(host: HostInPlan) -> None:
        with suppress(K0stuiError, KeyError):
            answers[host.name] = await guards[host.name].status(host.unit)

    async with asyncio.TaskGroup() as group:
        for host in hosts:
            group.create_task(ask(host), name=f"lock on {host.name}")
    return tuple(sorted(answers.items()))


async def ask_upgrades(apis: Mapping[HostName, KubeApi], clock: Clock) -> Observed[tuple[str, ...]]:
    """Upgrade plans that are being applied, from the first API server that answers."""
    why = "no API server was asked"
    for _, api in sorted(apis.items()):
        try:
            return Known(read_upgrades(await api.get(UPGRADES)), clock.now())
        except ApiRefused as error:
            if error.status == 404:
                return Known((), clock.now())
            why = str(error)
        except (Unreachable, ProbeFailed) as error:
            why = str(error)
    return Unknown(why, clock.now())
