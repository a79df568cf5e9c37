"""R-01: the program on the disk is the one that runs: else a restart is an upgrade."""

from __future__ import annotations

from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, fresh


def check(situation: Situation) -> str:
    host = situation.target
    seen = situation.seen(host.name)
    disk = fresh(situation, seen.binary, f"{host.name}: k0s on the disk", SLOW)
    if situation.helping:
        return f"{disk} on the disk"
    running = fresh(situation, seen.status, f"{host.name}: k0s status", SLOW).version
    if disk != running:
        raise Fail(f"{host.name} runs {running}, the disk has {disk}", "finish or undo the upgrade first")
    return f"{running} on disk and running"


GATE = Gate("R-01", "no upgrade waits", check)
