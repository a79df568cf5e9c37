"""C-06: room on every filesystem that k0s needs, for an hour more at the present slope: a log flood costs quorum."""

from __future__ import annotations

from k0stui.model.host import HostName
from k0stui.model.observed import Known
from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, fresh, those

MIB = 1 << 20
HOUR = 3600.0


def check(situation: Situation) -> str:
    wrong: list[str] = []
    for host in situation.plan.hosts:
        for disk in fresh(situation, situation.seen(host.name).disks, f"{host.name}: disks", SLOW):
            soon = disk.available - _slope(situation, host.name, disk.mount, disk.available) * HOUR
            least = disk.floor(controller=host.role.is_controller)
            if min(soon, disk.available) < least:
                left = f"{_size(disk.available)} left, {_size(max(0, soon))} in 1 h, {_size(least)} needed"
                wrong.append(f"{host.name}: {disk.mount} {left}")
            if disk.lacks_inodes:
                wrong.append(f"{host.name}: {disk.mount} has {disk.inodes_free} inodes left")
    if wrong:
        raise Fail(those(wrong), "make room: journalctl --vacuum-size, old images")
    return f"room on {len(situation.plan.hosts)} hosts"


def _size(number: float) -> str:
    """/run may have a third of a GiB in all."""
    return f"{number / MIB:.0f} MiB" if number < 1000 * MIB else f"{number / MIB / 1024:.1f} GiB"


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
