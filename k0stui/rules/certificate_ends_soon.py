"""A certificate of k0s or of a kubelet runs out soon. k0s renews its own at a restart, a kubelet by itself.

Source: k0s.md F50.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Finding, Severity
from k0stui.model.host import Certificate
from k0stui.model.observed import require
from k0stui.rules.facts.evidence import said
from k0stui.rules.facts.wording import counted, span
from k0stui.rules.rule import HostRule

SOON, VERY_SOON = timedelta(days=30), timedelta(days=7)


def check(host: HostObservation, snapshot: ClusterSnapshot) -> Iterator[Finding]:
    certificates = require(host.certificates, "certificates")
    ending = sorted(
        (one for one in certificates if one.not_after - snapshot.taken_at < SOON), key=lambda one: one.not_after
    )
    if ending:
        yield _finding(host, ending, snapshot.taken_at)


def _finding(host: HostObservation, ending: list[Certificate], now: datetime) -> Finding:
    first, left = ending[0], ending[0].not_after - now
    when = (
        f"ends in {span(left.total_seconds())}" if left > timedelta(0) else f"ended {span(-left.total_seconds())} ago"
    )
    others = f" (and {counted(len(ending) - 1, 'other')})" if len(ending) > 1 else ""
    return Finding(
        "certificate-ends-soon",
        Severity.CRITICAL if left < VERY_SOON else Severity.WARNING,
        f"{first.path} on {host.name} {when}{others}",
        subjects=(host.name,),
        evidence=tuple(
            line
            for one in ending
            for line in said(host, "certificates", f"{one.path} until {one.not_after:%Y-%m-%d %H:%M}")
        ),
        remedy=_remedy(host, first),
    )


def _remedy(host: HostObservation, first: Certificate) -> str:
    if "kubelet" in first.path:
        return f"restart k0sworker on {host.name}; where it has ended already, join the worker again with a new token"
    if first.path.endswith("/ca.crt"):
        return "a certificate authority is never renewed by a restart: plan its rotation"
    return f"restart k0s on {host.name}: it renews this certificate at its start"


RULE = HostRule("certificate-ends-soon", check)
