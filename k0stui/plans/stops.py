"""Stop conditions: what, seen while a step is in flight, forbids to begin the next one.

The host in flight is always finished and verified; the operation pauses then, with the reason. Each condition is a pure
function of the looks since the step began, the first of them from before the act. What cannot be seen stops nothing
here: it blocks the next step's gates. Source: design safety.md §4.2 (an epoch that is lost is seen by the guard, and
words of a person, gates and limits by the executor).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise, takewhile
from typing import Any

import msgspec

from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.etcd import quorum, voters
from k0stui.model.host import HostName
from k0stui.model.observed import Known, value_or
from k0stui.model.operation import Plan

LASTS = timedelta(seconds=60)
"""So long a node may be NotReady, or etcd without margin."""

LEADER_CHANGES = 2
"""In one step: the etcd leader's own restart is one."""


@dataclass(frozen=True, slots=True)
class Flight:
    """A step in flight, as it was seen so far."""

    plan: Plan
    host: HostName | None
    """Whom it acts on: its own outage is expected, and its verification judges it."""
    looks: tuple[ClusterSnapshot, ...]
    """Oldest first; the first from before the act."""
    back_since: datetime | None = None
    """Since when the host in flight is back, as far as it can tell by itself."""

    @property
    def now(self) -> ClusterSnapshot:
        return self.looks[-1]

    @property
    def others(self) -> tuple[HostName, ...]:
        """Controllers that nothing is done to in this step."""
        return tuple(host.name for host in self.plan.controllers if host.name != self.host)

    def of(self, host: HostName) -> tuple[HostObservation, ...]:
        """What one host said in each look."""
        return tuple(seen for look in self.looks if (seen := look.find(host)) is not None)


def reason(flight: Flight) -> str:
    """Why no further step may be begun; empty: nothing was seen that forbids it."""
    return next((why for stop in STOPS for why in stop(flight)), "") if flight.looks else ""


def _unit_restarts_itself(flight: Flight) -> Iterator[str]:
    """NRestarts grows: a crash loop. A restart that was asked for begins at 0 again."""
    for host in flight.plan.hosts:
        counts = [service.restarts for service in _values(flight.of(host.name), "service")]
        if any(now > before for before, now in pairwise(counts)):
            yield f"{host.name}: systemd restarts its unit by itself, {counts[-1]} times by now"


def _controller_degrades(flight: Flight) -> Iterator[str]:
    """One that was well and is not, in two looks in a row: a single one may be a blip of etcd's leader."""
    for host in flight.others:
        seen = flight.of(host)
        if len(seen) > 2:
            worse = (_ailments(seen[-2]) & _ailments(seen[-1])) - _ailments(seen[0])
            yield from (f"{host}: {ailment}" for ailment in sorted(worse))


def _ailments(seen: HostObservation) -> frozenset[str]:
    found = {
        "its unit does not run": isinstance(seen.service, Known) and not seen.service.value.is_running,
        "its API server is not ready": isinstance(seen.api_ready, Known) and not seen.api_ready.value.is_up,
        "its etcd member is not healthy": isinstance(seen.etcd_health, Known) and not seen.etcd_health.value.healthy,
    }
    return frozenset(words for words, is_so in found.items() if is_so)


def _etcd_leader_wanders(flight: Flight) -> Iterator[str]:
    """Counted by one member that was not restarted meanwhile."""
    for host in flight.others:
        counts = [metrics.leader_changes for metrics in _values(flight.of(host), "etcd_metrics")]
        if counts and counts[-1] - counts[0] > LEADER_CHANGES:
            yield f"etcd's leader changed {counts[-1] - counts[0]:.0f} times in this step, as {host} saw it"


def _etcd_has_no_margin(flight: Flight) -> Iterator[str]:
    """A minute after the host is back one more voter lost would cost quorum."""
    since, now = flight.back_since, flight.now
    if since is None or now.taken_at - since < LASTS or flight.plan.setting("storage", "etcd") != "etcd":
        return
    lists = [host.etcd_members.value for host in now.controllers if isinstance(host.etcd_members, Known)]
    count = max((len(voters(members)) for members in lists), default=0)
    healthy = sum(isinstance(it.etcd_health, Known) and it.etcd_health.value.healthy for it in now.controllers)
    if count and healthy - 1 < quorum(count):
        yield f"etcd has no margin: {healthy} of {count} voters are healthy"


def _node_is_lost(flight: Flight) -> Iterator[str]:
    """One that was Ready, and is not for a minute; the worker in flight has its own limit."""
    seen = flight.now.find(flight.host) if flight.host else None
    lost = _unready(flight.now) - _unready(flight.looks[0]) - ({seen.node} if seen else set())
    for node in sorted(lost):
        since = _unready_since(flight, node)
        if flight.now.taken_at - since >= LASTS:
            yield f"node {node} is not Ready for {(flight.now.taken_at - since).total_seconds():.0f} s"


def _unready_since(flight: Flight, node: str) -> datetime:
    lately = tuple(takewhile(lambda look: node in _unready(look), reversed(flight.looks)))
    return lately[-1].taken_at


def _unready(look: ClusterSnapshot) -> frozenset[str]:
    nodes = value_or(look.any_api(lambda api: api.nodes), ())
    return frozenset(node.name for node in nodes if not node.is_ready)


def _config_is_another(flight: Flight) -> Iterator[str]:
    """Neither the bytes from before nor those of the plan: somebody edits it."""
    for step in flight.plan.steps:
        if step.kind != "restart-controller" or step.host is None:
            continue
        values = dict(step.values)
        planned = {msgspec.json.decode(values.get(name, '""')) for name in ("sha_before", "sha_after")} - {"-", ""}
        files = _values(flight.of(step.host), "config_file")
        if planned and files and files[-1].sha256 not in planned:
            yield f"{step.host}: {files[-1].path} is neither as before nor as planned: {files[-1].sha256[:12]}"


def _controller_is_lost(flight: Flight) -> Iterator[str]:
    """SSH failed twice in a row to a controller that nothing is done to."""
    for host in flight.others:
        seen = flight.of(host)[-2:]
        if len(seen) == 2 and not any(it.is_reachable for it in seen):
            yield f"{host} could not be reached twice in a row"


def _values(seen: Iterable[HostObservation], fact: str) -> list[Any]:
    """Of one fact, in order; looks in which it was not known are left out."""
    answers = (getattr(it, fact) for it in seen)
    return [answer.value for answer in answers if isinstance(answer, Known)]


STOPS: tuple[Callable[[Flight], Iterator[str]], ...] = (
    _controller_is_lost,
    _controller_degrades,
    _config_is_another,
    _unit_restarts_itself,
    _etcd_leader_wanders,
    _etcd_has_no_margin,
    _node_is_lost,
)
