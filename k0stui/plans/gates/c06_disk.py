"""C-06: room on every filesystem that k0s needs, for an hour more at the present slope: a log flood costs quorum."""

from __future__ import annotations

from k0stui.model.host import HostName
from k0stui.model.observed import Known
from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, fresh, those

GIB = 1 << 30
HOUR = 3600.0


def check(situation: Situation) -> str:
    wrong: list[str] = []
    for host in situation.plan.hosts:
        share = 0.05 if host.role.is_controller else 0.15
        least = GIB if host.role.is_controller else 0
        for disk in fresh(situation, situation.seen(host.name).disks, f"{host.name}: disks", SLOW):
            soon = disk.available - _slope(situation, host.name, disk.mount, disk.available) * HOUR
            if min(soon, disk.available) < max(least, share * disk.size):
                wrong.append(f"{host.name}: {disk.mount} {disk.available / GIB:.1f} GiB left, {soon / GIB:.1f} in 1 h")
            if disk.inodes and disk.inodes_free < 0.05 * disk.inodes:
                wrong.append(f"{host.name}: {disk.mount} has {disk.inodes_free} inodes left")
    if wrong:
        raise Fail(those(wrong), "make room: journalctl --vacuum-size, old images")
    return f"room on {len(situation.plan.hosts)} hosts"


def _slope(situation: Situation, host: HostName, mount: str, available: int) -> float:
    """Bytes per second by which the room shrinks; 0 where there was no earlier look, or it grew."""
    earlier = situation.snapshot.earlier
    before = earlier.find(host) if earlier else None
    if earlier is None or before is None or not isinstance(before.disks, Known):
        return 0.0
    seconds = (situation.snapshot.taken_at - before.disks.at).total_seconds()
    then = next((disk.available for disk in before.disks.value if disk.mount == mount), available)
    return max(0.0, then - available) / seconds if seconds >= 10 else 0.0


GATE = Gate("C-06", "room on disks", check)
