"""What konnectivity's servers said of themselves: how many agents, since when, how often something happens.

Source: reference konnectivity.md §1.3, §4.4. R = agents registered at a server.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from k0stui.errors import NotObserved
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.host import HostName
from k0stui.model.konnectivity import KonnectivityMetrics
from k0stui.model.observed import Known
from k0stui.model.wiring import controller_names


def registered(snapshot: ClusterSnapshot) -> dict[HostName, int]:
    """R of every controller whose server answered. The others are unknown, not 0.

    Raises:
        NotObserved: none answered.
    """
    found = {
        host.name: host.konnectivity_metrics.value.agents
        for host in snapshot.controllers
        if isinstance(host.konnectivity_metrics, Known)
    }
    if not found:
        raise NotObserved("no controller's konnectivity server could be asked")
    return found


def dark(snapshot: ClusterSnapshot) -> tuple[HostName, ...]:
    """Controllers whose server answered, and has no agent. Empty where none answered."""
    return tuple(
        host.name
        for host in snapshot.controllers
        if isinstance(host.konnectivity_metrics, Known) and host.konnectivity_metrics.value.agents == 0
    )


def unasked(snapshot: ClusterSnapshot) -> tuple[str, ...]:
    """Controllers whose konnectivity server could not be asked."""
    asked = {host.name for host in snapshot.controllers if isinstance(host.konnectivity_metrics, Known)}
    return tuple(name for name in controller_names(snapshot) if name not in asked)


def started(host: HostObservation) -> datetime | None:
    """When this controller's konnectivity server process started, by the host's clock."""
    if isinstance(host.konnectivity_metrics, Known) and host.konnectivity_metrics.value.started_at:
        return host.konnectivity_metrics.value.started_at
    if isinstance(host.konnectivity_server, Known):
        return host.konnectivity_server.value.started_at
    return None


def rate(
    snapshot: ClusterSnapshot, host: HostObservation, counter: Literal["no_agent", "cancelled", "dials"]
) -> float | None:
    """How often per second a counter of one server rose since the look before; None: cannot be told."""
    before = snapshot.earlier.find(host.name) if snapshot.earlier else None
    if before is None:
        return None
    match before.konnectivity_metrics, host.konnectivity_metrics:
        case Known(value=KonnectivityMetrics() as old, at=then), Known(value=KonnectivityMetrics() as new, at=now):
            rise: float = getattr(new, counter) - getattr(old, counter)
            seconds = (now - then).total_seconds()
            restarted = rise < 0 or (old.started_at and new.started_at and old.started_at != new.started_at)
            return rise / seconds if not restarted and seconds >= 1 else None
    return None
