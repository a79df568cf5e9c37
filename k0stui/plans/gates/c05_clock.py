"""C-05: clocks agree: leases are miscounted near 45 s."""

from __future__ import annotations

from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, fresh, those

LIMIT, GOOD = 30.0, 2.0
"""Seconds: block above the first, say so above the second."""


def check(situation: Situation) -> str:
    offsets = {
        host.name: fresh(situation, situation.seen(host.name).clock, f"{host.name}: clock", SLOW)
        for host in situation.plan.hosts
    }
    far = {name: clock.offset for name, clock in offsets.items() if abs(clock.offset) - clock.round_trip / 2 > LIMIT}
    if far:
        raise Fail(those(f"{name} is {offset:+.0f} s off" for name, offset in far.items()), "mend time synchronisation")
    warned = [f"{name} {clock.offset:+.0f} s" for name, clock in offsets.items() if abs(clock.offset) > GOOD]
    return f"warning: {those(warned)}" if warned else "within 2 s of ours"


GATE = Gate("C-05", "clocks agree", check)
