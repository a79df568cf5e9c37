"""A host writes one log line over and over; where nothing bounds the journal, the disk is full soon.

Rates come from the server's own counter over two looks, and from what the journal grew meanwhile: old lines in a
journal that stands still are no flood. A journal at its limit deletes as it writes. Source: k0s.md F37;
konnectivity.md §3.2; recordings, flood/.
"""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.errors import NotObserved
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Evidence, Finding, Severity
from k0stui.model.host import Filesystem, LogUsage
from k0stui.model.observed import Known, Lack, Unknown
from k0stui.rules.facts import mesh
from k0stui.rules.facts.evidence import said
from k0stui.rules.facts.wording import size, span
from k0stui.rules.rule import HostRule

FLOOD = 10.0
"""`No agent available` per second. A restart gives a few; 85-191 were seen, thousands reported."""
FAST = 20_000.0
"""Bytes per second: a flood seen was 16-56 kB/s on slow machines, a healthy controller 1-2 kB/s."""
SOON = 24 * 3600.0
MESH = (
    "agents-single-target",
    "agents-held",
    "workers-not-restarted",
    "konnectivity-port-blocked",
    "agents-refused",
    "server-ids-equal",
    "konnectivity-orphan",
    "agent-certificate-mismatch",
    "agents-falsely-connected",
    "balancer-missing",
    "server-count-wrong",
    "agents-reconnecting",
)
"""What leaves a server without agents, and so writes `No agent available`."""
ETCD = ("etcd-quorum-lost", "etcd-no-margin", "etcd-member-never-started", "etcd-learner")
"""A leader that cannot reach a member drops messages to it and says so: 73 lines, some 50 KiB/s, were seen."""


def check(host: HostObservation, snapshot: ClusterSnapshot) -> Iterator[Finding]:
    refusals = mesh.rate(snapshot, host, "no_agent")
    growth = host.log_usage.value.growth if isinstance(host.log_usage, Known) else None
    if refusals is None and growth is None:
        raise NotObserved(
            f"how fast its log grows: {'not known' if isinstance(host.log_usage, Known) else host.log_usage.why}"
        )
    if (refusals or 0) >= FLOOD or (growth or 0) >= FAST:
        yield _finding(host, snapshot, refusals or 0, _seconds_left(host))


def _seconds_left(host: HostObservation) -> float | None:
    """Until the disk's floor is reached at this pace; None: never, or not known."""
    disk = _disk(host)
    if disk is None or not isinstance(host.log_usage, Known):
        return None
    usage, room = host.log_usage.value, disk.available - disk.floor(controller=host.is_controller)
    if usage.growth <= 0 or room <= 0 or (usage.limit and usage.limit - usage.used <= room):
        return None
    return room / usage.growth


def _disk(host: HostObservation) -> Filesystem | None:
    if not isinstance(host.disks, Known) or not isinstance(host.log_usage, Known):
        return None
    mount = host.log_usage.value.mount
    return next((disk for disk in host.disks.value if disk.mount == mount), None)


def _finding(host: HostObservation, snapshot: ClusterSnapshot, refusals: float, left: float | None) -> Finding:
    soon = left is not None and left < SOON
    flood = ", ".join(part for part in (_template(host, refusals), _speed(host)) if part)
    return Finding(
        "log-flood-fills-disk",
        Severity.CRITICAL if soon else Severity.WARNING,
        f"the disk of {host.name} is full in {span(left)}: its log is flooded ({flood})"
        if left is not None and soon
        else f"the log of {host.name} is flooded ({flood}){_why_never(host)}",
        subjects=(host.name,),
        evidence=_evidence(host, refusals),
        because=_because(host, snapshot, refusals),
        remedy=f"cure what writes it; to win time on {host.name}: journalctl --vacuum-size=500M",
    )


def _because(host: HostObservation, snapshot: ClusterSnapshot, refusals: float) -> tuple[str, ...]:
    """Lines about agents may be old ones, and what writes now another: only the counter is sure."""
    mesh_first = MESH if refusals >= 1 or _is_no_agent(host) else ()
    if refusals >= 1 or not host.is_controller:
        return mesh_first
    # etcd floods for some ten seconds before it counts a member as lost: until then only SSH misses it.
    return (*mesh_first, *ETCD, *(("host-unreachable",) if _misses_a_controller(snapshot) else ()))


def _misses_a_controller(snapshot: ClusterSnapshot) -> bool:
    return any(
        isinstance(host.connection, Unknown) and host.connection.lack in (Lack.UNREACHABLE, Lack.NO_ANSWER)
        for host in snapshot.controllers
    )


def _speed(host: HostObservation) -> str:
    grows = host.log_usage.value.growth if isinstance(host.log_usage, Known) else 0
    return f"{size(grows)}/s" if grows >= 1000 else ""


def _why_never(host: HostObservation) -> str:
    match host.log_usage:
        case Known(value=LogUsage(limit=limit)) if limit:
            return f"; the journal is capped at {size(limit)}"
    return ""


def _is_no_agent(host: HostObservation) -> bool:
    """Half of the newest lines say so; an API server writes about one line to each of them."""
    return isinstance(host.log_signs, Known) and host.log_signs.value.count("no-agent") * 4 > host.log_signs.value.lines


def _template(host: HostObservation, refusals: float) -> str:
    """The line that floods; empty where it is none that we count, and the log view has to tell."""
    if refusals >= 1:
        return f'"No agent available" {refusals:.0f}/s'
    return '"No agent available"' if _is_no_agent(host) else ""


def _evidence(host: HostObservation, refusals: float) -> tuple[Evidence, ...]:
    lines: list[Evidence] = []
    if refusals >= 1:
        lines += said(host, "konnectivity_metrics", f"No agent available {refusals:.0f}/s")
    if isinstance(host.log_usage, Known):
        usage = host.log_usage.value
        lines += said(host, "log_usage", f"journal {size(usage.used)}, grows {size(usage.growth)}/s")
    if disk := _disk(host):
        lines += said(host, "disks", f"{size(disk.available)} free on {disk.mount}")
    return tuple(lines)


RULE = HostRule("log-flood-fills-disk", check)
