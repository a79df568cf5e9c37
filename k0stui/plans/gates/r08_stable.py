"""R-08: it has been up for five minutes, in a boot that a person knew of: the plan's, or one seen at a resume."""

from __future__ import annotations

from datetime import timedelta

from k0stui.errors import NotObserved
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.observed import Known
from k0stui.model.operation import Facts
from k0stui.model.rows import BOOT
from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, fresh

YOUNG = timedelta(minutes=5)


def boots(snapshot: ClusterSnapshot) -> Facts:
    """The boot id of every host that tells it, as facts of an event: what a resume or an adoption takes as known."""
    seen = [(host.name, host.identity) for host in snapshot.hosts]
    return tuple((f"{BOOT}{name}", it.value.boot_id) for name, it in seen if isinstance(it, Known))


def check(situation: Situation) -> str:
    host = situation.target
    if situation.helping or (situation.operation is not None and situation.operation.is_rolling_back):
        return "not asked for help and rollback"
    seen = situation.seen(host.name)
    identity = fresh(situation, seen.identity, f"{host.name}: boot", SLOW)
    noted = dict(situation.operation.boots).get(host.name) if situation.operation else None
    if host.boot_id and identity.boot_id not in (host.boot_id, noted):
        raise Fail(f"{host.name} was rebooted since", "find out why; then `k0stui resume` takes its new boot as known")
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
