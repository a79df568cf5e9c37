"""`k0stui adopt [OP]`: take over an unfinished operation from the records on its controllers.

Its epoch is raised on every host that can be reached, so that its former owner can change nothing any more. Nothing
goes on by itself: `resume`, `resume --roll-back` or `close` follow.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
from collections.abc import Iterable
from contextlib import suppress

from k0stui.commands import carrying
from k0stui.commands.acting import NOBODY, asked_guards, guard_of
from k0stui.commands.confirming import confirmed
from k0stui.commands.opening import observing
from k0stui.commands.printing import show_lines, show_report
from k0stui.connect.executor_process import owner
from k0stui.engine.adopt import found, journal_of, take
from k0stui.engine.observe import Watch
from k0stui.errors import K0stuiError, UsageError
from k0stui.model.host import HostName
from k0stui.plans.gates.r08_stable import boots
from k0stui.plans.world import GuardAnswer
from k0stui.present.operation import next_words, result_text

YOUNG = 60
"""Seconds: with a beat younger than that somebody carries it out right now, and its id must be typed as well."""

TAKEN, NOT_TAKEN = 0, 1

Answers = tuple[tuple[HostName, GuardAnswer], ...]
"""What the guard of each controller said of its lock."""


def run(arguments: argparse.Namespace) -> int:
    return asyncio.run(_adopt(arguments))


async def _adopt(arguments: argparse.Namespace) -> int:
    async with observing(arguments) as watch:
        snapshot = await watch.look()
        shells = watch.shells()
        operation = arguments.operation or await _locked(watch, [host.name for host in snapshot.controllers])
        plan, lines = await found(shells, operation)
        answers = await asked_guards(shells, plan)
        _of_nobody_else(answers, operation)
        journal = journal_of(carrying.home(), operation, plan, lines)
        journal.claim()
        wanted = carrying.name_to_type(journal.directory, plan)
        if holder := _alive(answers):
            show_report([f"{operation} is being carried out: {holder}. To fence that one, type its id as well."])
            wanted = f"{wanted} {operation}"
        if not await confirmed(arguments.confirm, wanted, f"adopt {operation}"):
            return NOT_TAKEN
        guards = {name: guard_of(shell, journal.operation) for name, shell in shells.items()}
        name = f"{owner()}:{secrets.token_hex(4)}"
        unfenced = await take(journal, plan, guards, name, watch.clock, boots(snapshot))
    show_lines([f"{operation} is ours in epoch {journal.operation.epoch}: {result_text(journal.operation)}"])
    if unfenced:
        show_report([f"not fenced, and counted as down until they answer: {', '.join(unfenced)}"])
    show_lines(f"  {words}" for words in next_words(journal.operation))
    return TAKEN


async def _locked(watch: Watch, controllers: Iterable[HostName]) -> str:
    """The operation whose lock lies on the controllers; raises UsageError."""
    shells, holders = watch.shells(), set()
    for name in controllers:
        with suppress(K0stuiError):
            answer = await guard_of(shells[name], NOBODY).status("k0scontroller.service")
            holders |= {answer.op} - {"-"} if answer.epoch is not None else set()
    if len(holders) != 1:
        raise UsageError(f"name the operation; locks are held by: {', '.join(sorted(holders)) or 'none'}.")
    return str(holders.pop())


def _of_nobody_else(answers: Answers, operation: str) -> None:
    """Raises UsageError: a host of its plan is locked for another operation, which this one must not take over."""
    for host, answer in answers:
        if answer.op not in ("-", operation) and answer.epoch is not None:
            raise UsageError(f"{host} is locked by {answer.owner} for {answer.op}: adopt that one, or wait.")


def _alive(answers: Answers) -> str:
    """Who showed a sign of life within a minute; empty: nobody."""
    for host, answer in answers:
        if answer.op != "-" and answer.beat_age is not None and answer.beat_age < YOUNG:
            return f"{answer.owner}, last sign of life {answer.beat_age} s ago on {host}"
    return ""
