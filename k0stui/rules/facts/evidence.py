"""What a finding shows as its proof: the answer, who gave it and when."""

from __future__ import annotations

from collections.abc import Callable

from k0stui.errors import NotObserved
from k0stui.model.cluster import ApiObservation, ClusterSnapshot, HostObservation
from k0stui.model.finding import Evidence
from k0stui.model.observed import Known, T, Unknown

SECOND_LOOK = 10.0
"""Seconds between two looks that are worth comparing: agents hunt once a second, counts are polled every 10 s."""


def said(host: HostObservation, probe: str, value: str) -> tuple[Evidence, ...]:
    """What `host` answered to `probe`, in words; nothing where it did not answer."""
    answer = getattr(host, probe)
    return (Evidence(host.name, probe, value, answer.at),) if isinstance(answer, Known) else ()


def api_said(
    snapshot: ClusterSnapshot, probe: str, value: str, fact: Callable[[ApiObservation], Known[T] | Unknown]
) -> tuple[Evidence, ...]:
    """A cluster-wide answer of any API server, in words."""
    answer = snapshot.any_api(fact)
    return (Evidence(None, probe, value, answer.at),) if isinstance(answer, Known) else ()


def daemonsets_said(snapshot: ClusterSnapshot, value: str) -> tuple[Evidence, ...]:
    return api_said(snapshot, "daemonsets", value, lambda api: api.daemonsets)


def second_look(snapshot: ClusterSnapshot, what: str) -> ClusterSnapshot:
    """The look before this one.

    Raises:
        NotObserved: there is none yet, or it is too close.
    """
    earlier = snapshot.earlier
    if earlier is None or (snapshot.taken_at - earlier.taken_at).total_seconds() < SECOND_LOOK:
        raise NotObserved(f"{what}: two looks, {SECOND_LOOK:g} s apart, are needed")
    return earlier
