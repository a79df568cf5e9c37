"""E-06: no controller is marked to leave etcd: its restart would be its departure (1.36.1 on)."""

from __future__ import annotations

from k0stui.model.k0s import Version
from k0stui.plans.gates.e01_membership import on_etcd
from k0stui.plans.gates.gate import Fail, Gate, Situation, api_fact


def check(situation: Situation) -> str:
    if not on_etcd(situation) or not Version.parse(situation.plan.setting("version")).is_at_least("1.30.0"):
        return "no such mark in this cluster"
    leaving = [
        it.metadata.name for it in api_fact(situation, lambda api: api.etcd_members, "EtcdMembers") if it.spec.leave
    ]
    if leaving:
        raise Fail(f"{', '.join(sorted(leaving))}: spec.leave is true", "take the mark away, or let it leave first")
    return "none marked"


GATE = Gate("E-06", "nobody leaves etcd", check)
