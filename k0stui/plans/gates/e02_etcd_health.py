"""E-02: every etcd member is healthy, and they agree on leader and term."""

from __future__ import annotations

from k0stui.model.etcd import EtcdStatus
from k0stui.plans.gates.e01_membership import on_etcd
from k0stui.plans.gates.gate import Fail, Gate, Situation, each_controller, fresh, those

LAG, SPREAD = 1000, 5000
"""Raft entries: behind its own log; between members."""


def check(situation: Situation) -> str:
    if not on_etcd(situation):
        return f"storage is {situation.plan.setting('storage')}"
    wrong: list[str] = []
    statuses: list[EtcdStatus] = []
    for host, seen in each_controller(situation):
        health = fresh(situation, seen.etcd_health, f"{host.name}: etcd health")
        status = fresh(situation, seen.etcd_status, f"{host.name}: etcd status")
        statuses.append(status)
        if not health.healthy:
            wrong.append(f"{host.name}: {health.reason or 'not healthy'}")
        if status.errors:
            wrong.append(f"{host.name}: {', '.join(status.errors)}")
        if status.raft_index - status.applied_index >= LAG:
            wrong.append(f"{host.name}: {status.raft_index - status.applied_index} entries behind")
    wrong += _disagreement(statuses)
    if wrong:
        raise Fail(those(wrong), "wait until etcd is healthy")
    return f"{len(statuses)} members healthy, one leader, term {statuses[0].raft_term}"


def _disagreement(statuses: list[EtcdStatus]) -> list[str]:
    indexes = [status.raft_index for status in statuses]
    wrong: list[str] = []
    if len({status.leader for status in statuses}) != 1 or not statuses[0].leader:
        wrong.append("members do not name one leader")
    if len({status.raft_term for status in statuses}) != 1:
        wrong.append("members are in different terms")
    if max(indexes) - min(indexes) >= SPREAD:
        wrong.append(f"members are {max(indexes) - min(indexes)} entries apart")
    return wrong


GATE = Gate("E-02", "etcd health", check)
