"""`k0stui verify`: the proof alone. Every server has every agent, every way works, without a break for 120 s.

Exit 0: proven; 1: not; 2: could not look well enough. It ends at the first look that shows the contrary.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence

from k0stui.commands.acting import look_twice
from k0stui.commands.opening import observing
from k0stui.commands.printing import show_lines, show_report
from k0stui.engine.observe import Watch
from k0stui.matrix import matrix
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.operation import HostInPlan, Plan
from k0stui.plans.gates.gate import Result, Situation, Verdict
from k0stui.plans.proof import EVERY, Proof, proof
from k0stui.present.cells import plain
from k0stui.present.matrix import matrix_lines
from k0stui.present.proof import proof_markdown, proof_progress, proof_story

PROVEN, NOT_PROVEN, COULD_NOT_LOOK = 0, 1, 2

PATIENCE = 60.0
"""Seconds for which a part may be unknown: what is asked rarely, and a host that hangs once, come within that."""


def run(arguments: argparse.Namespace) -> int:
    return asyncio.run(_verify(arguments))


async def _verify(arguments: argparse.Namespace) -> int:
    async with observing(arguments) as watch:
        snapshot, found = await _prove(watch, arguments.seconds, quiet=arguments.json or arguments.markdown)
    status = status_of(found.verdicts)
    if arguments.markdown:
        said = ("proven", "not proven", "could not look")[status]
        show_lines(proof_markdown(f"{said}, {arguments.seconds:.0f} s wanted", found.verdicts, snapshot))
    elif arguments.json:
        print(json.dumps(_document(found.verdicts, status, arguments.seconds)))
    else:
        said = ("PROVEN", "NOT PROVEN", "COULD NOT LOOK")[status]
        show_report([f"{said}: {found.missing or f'all of it, for {arguments.seconds:.0f} s without a break'}"])
        show_report(map(plain, proof_story(found.verdicts)))
        show_lines(matrix_lines(matrix(snapshot), snapshot.taken_at))
    return status


async def _prove(watch: Watch, seconds: float, *, quiet: bool) -> tuple[ClusterSnapshot, Proof]:
    """Look until it held for so long, or something contradicts, or is unknown for too long."""
    snapshot, clock = await look_twice(watch), watch.clock
    since, unknown = clock.monotonic(), clock.monotonic()
    while True:
        found = proof(situation_of(snapshot))
        now = clock.monotonic()
        if status_of(found.verdicts) is NOT_PROVEN or (found.holds and now - since >= seconds):
            return snapshot, found
        if not found.holds and now - unknown >= PATIENCE:
            return snapshot, found
        since, unknown = (since, now) if found.holds else (now, unknown)
        if not quiet:
            show_lines([proof_progress(now - since, seconds, found.missing)])
        await clock.sleep(min(EVERY, max(1.0, seconds - (now - since))))
        snapshot = await watch.look()


def status_of(verdicts: Sequence[Verdict]) -> int:
    """What contradicts weighs more than what is not known."""
    results = {verdict.result for verdict in verdicts}
    if Result.FAIL in results:
        return NOT_PROVEN
    return COULD_NOT_LOOK if Result.UNKNOWN in results else PROVEN


def situation_of(snapshot: ClusterSnapshot) -> Situation:
    """A plan that does nothing but want the whole mesh: the proof's gates compare with it."""
    hosts = tuple(
        HostInPlan(host.name, host.known_role, str(host.node)) for host in snapshot.hosts if host.known_role is not None
    )
    wanted = (("nllb", "on"), ("storage", _storage(snapshot)))
    return Situation(snapshot, Plan("verify", snapshot.cluster, "", hosts, (), snapshot.taken_at, "", settings=wanted))


def _storage(snapshot: ClusterSnapshot) -> str:
    from k0stui.errors import PlanRefused
    from k0stui.plans.draft import settings_of

    try:
        return settings_of(snapshot)["storage"] if snapshot.controllers else "etcd"
    except PlanRefused:
        return "etcd"


def _document(verdicts: Sequence[Verdict], status: int, seconds: float) -> dict[str, object]:
    return {
        "proven": status == PROVEN,
        "seconds": seconds,
        "parts": [{"part": it.gate, "result": it.result.value, "evidence": it.evidence} for it in verdicts],
    }
