"""E-04: etcd's disks are fast enough, and its leader did not change meanwhile: two looks, apart."""

from __future__ import annotations

from k0stui.errors import NotObserved
from k0stui.model.etcd import EtcdMetrics
from k0stui.model.host import HostName
from k0stui.model.observed import require
from k0stui.plans.gates.e01_membership import on_etcd
from k0stui.plans.gates.gate import Fail, Gate, Situation, each_controller, fresh

GOOD, LIMIT = 0.010, 0.100
"""Seconds of WAL fsync, 99th percentile: said above the first, blocked above the second."""


def check(situation: Situation) -> str:
    if not on_etcd(situation):
        return f"storage is {situation.plan.setting('storage')}"
    worst = 0.0
    for host, seen in each_controller(situation):
        now = fresh(situation, seen.etcd_metrics, f"{host.name}: etcd metrics")
        before = _before(situation, host.name)
        if now.leader_changes > before.leader_changes:
            raise Fail(f"{host.name} saw etcd's leader change just now", "wait until etcd is calm")
        worst = max(worst, p99(before, now))
    if worst > LIMIT:
        raise Fail(f"WAL fsync takes {worst * 1000:.0f} ms (p99)", "find what loads the disk")
    return f"{'warning: ' if worst > GOOD else ''}WAL fsync p99 up to {worst * 1000:.0f} ms"


def _before(situation: Situation, host: HostName) -> EtcdMetrics:
    earlier = situation.snapshot.earlier.find(host) if situation.snapshot.earlier else None
    if earlier is None:
        raise NotObserved(f"{host}: etcd's counters were seen only once")
    return require(earlier.etcd_metrics, f"{host}: etcd metrics of the look before")


def p99(before: EtcdMetrics, now: EtcdMetrics) -> float:
    """Seconds: the bucket below whose bound 99 of 100 fsyncs between two looks lie; 0 where there were none."""
    old = dict(before.fsync_buckets)
    grown = [(bound, count - old.get(bound, 0.0)) for bound, count in now.fsync_buckets]
    total = max((count for _, count in grown), default=0.0)
    if total <= 0:
        return 0.0
    return next((bound for bound, count in sorted(grown) if count >= 0.99 * total), float("inf"))


GATE = Gate("E-04", "etcd disks", check)
