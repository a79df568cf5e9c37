"""E-03: no etcd alarm: NOSPACE makes the cluster read-only, CORRUPT worse."""

from __future__ import annotations

from k0stui.plans.gates.e01_membership import on_etcd
from k0stui.plans.gates.gate import Fail, Gate, Situation, each_controller, fresh, those


def check(situation: Situation) -> str:
    if not on_etcd(situation):
        return f"storage is {situation.plan.setting('storage')}"
    alarms = {
        f"{host.name}: {alarm}"
        for host, seen in each_controller(situation)
        for alarm in fresh(situation, seen.etcd_status, f"{host.name}: etcd alarms").alarms
    }
    if alarms:
        raise Fail(those(alarms), "clear the alarm: compact, defragment, disarm")
    return "none"


GATE = Gate("E-03", "no etcd alarm", check)
