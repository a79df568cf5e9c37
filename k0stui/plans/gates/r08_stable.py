"""R-08: it has been up for five minutes, in the boot that was planned for."""

from __future__ import annotations

from datetime import timedelta

from k0stui.errors import NotObserved
from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, fresh

YOUNG = timedelta(minutes=5)


def check(situation: Situation) -> str:
    host = situation.target
    if situation.helping or (situation.operation is not None and situation.operation.is_rolling_back):
        return "not asked for help and rollback"
    seen = situation.seen(host.name)
    identity = fresh(situation, seen.identity, f"{host.name}: boot", SLOW)
    if host.boot_id and identity.boot_id != host.boot_id:
        raise Fail(f"{host.name} was rebooted since", "make a new plan")
    started = fresh(situation, seen.service, f"{host.name}: unit").started_at
    if started is None:
        raise NotObserved(f"{host.name}: when its unit was started")
    up = situation.snapshot.taken_at - started
    touched = situation.operation is not None and any(
        it.host == host.name and it.attempt for it in situation.operation.steps
    )
    if up < YOUNG and not touched:
        raise Fail(f"{host.name} was started {up.total_seconds():.0f} s ago", "wait until it is up for 5 min")
    return "up for 5 min and more"


GATE = Gate("R-08", "stable before", check)
