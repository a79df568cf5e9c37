"""`k0stui check`: what is wrong, as text or JSON. Exit 0: nothing found; 1: findings; 2: could not look well enough."""

from __future__ import annotations

import argparse
import asyncio
import json

from k0stui.commands.opening import observing
from k0stui.commands.printing import show_report
from k0stui.engine.observe import APART
from k0stui.matrix import matrix
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.finding import Diagnosis
from k0stui.present.check_json import JSON_SCHEMA, check_document
from k0stui.present.report import report_lines
from k0stui.rules import RULES
from k0stui.rules.rule import diagnose

NOTHING_FOUND, FINDINGS, COULD_NOT_LOOK = 0, 1, 2

DOES_NOT_COUNT = frozenset({"not-permitted", "host-unreachable"})
"""Findings about our own sight: alone they mean that nothing can be said, not that something is wrong."""


def run(arguments: argparse.Namespace) -> int:
    if arguments.schema:
        print(json.dumps(JSON_SCHEMA, indent=2))
        return NOTHING_FOUND
    return asyncio.run(_watch(arguments) if arguments.watch else _check(arguments))


async def _check(arguments: argparse.Namespace) -> int:
    async with observing(arguments) as watch:
        snapshot = await watch.look()
        if not arguments.once and _reaches_someone(snapshot):
            await watch.clock.sleep(APART.total_seconds())
            snapshot = await watch.look()
    diagnosis = diagnose(snapshot, RULES)
    show(snapshot, diagnosis, as_json=arguments.json)
    return exit_status(snapshot, diagnosis)


async def _watch(arguments: argparse.Namespace) -> int:
    """Print the report whenever its findings change, until interrupted; the exit status is the last one's."""
    status, shown = COULD_NOT_LOOK, None

    def publish(snapshot: ClusterSnapshot) -> None:
        nonlocal status, shown
        diagnosis = diagnose(snapshot, RULES)
        found = [(finding.rule, finding.subjects) for finding in diagnosis.findings]
        status = exit_status(snapshot, diagnosis)
        if found != shown:
            if not arguments.json:
                show_report(["", f"at {snapshot.taken_at:%Y-%m-%d %H:%M:%SZ}"])
            show(snapshot, diagnosis, as_json=arguments.json)
            shown = found

    async with observing(arguments) as watch:
        publish(await watch.look())
        try:
            await watch.watch(publish)
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is not None:
                task.uncancel()
    return status


def show(snapshot: ClusterSnapshot, diagnosis: Diagnosis, *, as_json: bool) -> None:
    """One report, or one JSON document on a line of its own."""
    if as_json:
        print(json.dumps(check_document(snapshot, diagnosis, matrix(snapshot))), flush=True)
    else:
        show_report(report_lines(snapshot, diagnosis))


def exit_status(snapshot: ClusterSnapshot, diagnosis: Diagnosis) -> int:
    """The promise of decisions.md: it never changes its meaning."""
    if any(finding.rule not in DOES_NOT_COUNT for finding in diagnosis.findings):
        return FINDINGS
    if diagnosis.inconclusive or diagnosis.findings or not _reaches_someone(snapshot):
        return COULD_NOT_LOOK
    return NOTHING_FOUND


def _reaches_someone(snapshot: ClusterSnapshot) -> bool:
    return any(host.is_reachable for host in snapshot.hosts)
