"""Stop conditions: each alone forbids the next step; what is expected of a restart does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.etcd import EtcdHealth
from k0stui.model.observed import require
from k0stui.plans.stops import Flight, reason
from tests.builders import NOW, Cluster, _moved, unknown
from tests.plans.situations import M1, M2, M3, W1, healthy, nllb, staged

Spoil = Callable[[Cluster], Cluster]
SICK = EtcdHealth(False, "no leader")


def looks(*seen: tuple[float, Cluster]) -> tuple[ClusterSnapshot, ...]:
    """Looks so many seconds after the first."""
    return tuple(_moved(cluster, timedelta(seconds=at)) for at, cluster in seen)


def why(*seen: tuple[float, Cluster], back: float | None = None) -> str:
    """What stops while k0s-master-2 is in flight; `back`: it is back since that second."""
    since = None if back is None else NOW + timedelta(seconds=back)
    return reason(Flight(staged(), M2, looks(*seen), since))


def unready(cluster: Cluster, node: str) -> Cluster:
    """That node's Ready condition is False."""
    nodes = require(cluster.any_api(lambda api: api.nodes))
    changed = tuple(_not_ready(it) if it.name == node else it for it in nodes)
    return cluster.apis_with(nodes=changed)


def _not_ready(node: object) -> object:
    conditions = tuple(
        msgspec.structs.replace(it, status="False") if it.type == "Ready" else it
        for it in node.status.conditions  # type: ignore[attr-defined]
    )
    status = msgspec.structs.replace(node.status, conditions=conditions)  # type: ignore[attr-defined]
    return msgspec.structs.replace(node, status=status)  # type: ignore[type-var]


def test_calm_flight_stops_nothing() -> None:
    """The same look three times: no reason. No look: no reason either."""
    assert why((0, healthy()), (5, healthy()), (10, healthy())) == ""
    assert reason(Flight(staged(), M2, ())) == ""


def test_outage_of_the_host_in_flight_is_expected() -> None:
    """Its own silence, sick member and dead unit stop nothing: its verification judges them."""
    down = healthy().where(M2, etcd_health=SICK).changed(M2, "service", active="deactivating", sub="stop-sigterm")
    gone = healthy().unreachable(M2)
    assert why((0, healthy()), (5, down), (10, down), (15, gone), (20, gone)) == ""


def test_unit_that_restarts_itself_stops() -> None:
    """NRestarts grows, on any host of the plan, the one in flight included; its reset by our restart is none."""
    loops = healthy().changed(M2, "service", restarts=1)
    assert "k0s-master-2: systemd restarts" in why((0, healthy()), (5, healthy()), (10, loops))
    before = healthy().changed(M2, "service", restarts=4)
    assert why((0, before), (5, healthy())) == ""


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda it: it.changed(M3, "service", active="failed", sub="failed"), "k0s-master-3: its unit does not run"),
        (lambda it: it.changed(M3, "api_ready", status=500), "k0s-master-3: its API server is not ready"),
        (lambda it: it.where(M1, etcd_health=SICK), "k0s-master-1: its etcd member is not healthy"),
    ],
)
def test_controller_that_degrades_stops(spoil: Spoil, words: str) -> None:
    """Another one that was well is not, twice in a row; once is a blip, and what was so before is not new."""
    bad = spoil(healthy())
    assert words in why((0, healthy()), (5, bad), (10, bad))
    assert why((0, healthy()), (5, bad), (10, healthy())) == ""
    assert why((0, bad), (5, bad), (10, bad)) == ""


def test_etcd_leader_that_wanders_stops() -> None:
    """Three changes in one step; two may be the restart's own."""
    first = require(healthy().host(M1).etcd_metrics).leader_changes
    moved = [healthy().changed(M1, "etcd_metrics", leader_changes=first + more) for more in (0, 2, 3)]
    assert why((0, moved[0]), (5, moved[1])) == ""
    assert "leader changed 3 times" in why((0, moved[0]), (5, moved[1]), (10, moved[2]))


def test_missing_margin_stops_a_minute_after_it_is_back() -> None:
    """Two of three voters healthy: no margin; before that minute is over, and with all three, nothing."""
    thin = healthy().where(M2, etcd_health=SICK)
    assert why((0, healthy()), (10, thin), (60, thin), back=10) == ""
    assert "no margin: 2 of 3" in why((0, healthy()), (10, thin), (71, thin), back=10)
    assert why((0, healthy()), (10, thin), (71, healthy()), back=10) == ""


def test_node_that_is_lost_for_a_minute_stops() -> None:
    """Ready before, NotReady for 60 s; shorter, or NotReady from the beginning, stops nothing."""
    lost = unready(healthy(), "k0s-worker-1")
    assert why((0, healthy()), (5, lost), (64, lost)) == ""
    assert "node k0s-worker-1 is not Ready" in why((0, healthy()), (5, lost), (66, lost))
    assert why((0, lost), (5, lost), (90, lost)) == ""
    in_flight = Flight(nllb(), W1, looks((0, healthy()), (5, lost), (90, lost)))
    assert "k0s-worker-1" not in reason(in_flight)


@pytest.mark.fault("F26")
def test_config_that_is_edited_stops() -> None:
    """Neither the bytes from before nor those of the plan."""
    edited = healthy().changed(M3, "config_file", sha256="e" * 64)
    assert "k0s-master-3" in why((0, healthy()), (5, edited))


def test_controller_that_is_lost_stops() -> None:
    """Two failures of SSH in a row to another controller; a single one does not."""
    gone = healthy().unreachable(M3)
    assert why((0, healthy()), (5, gone)) == ""
    assert why((0, healthy()), (5, gone), (10, healthy())) == ""
    assert "k0s-master-3 could not be reached" in why((0, healthy()), (5, gone), (10, gone))


def test_unknown_stops_nothing_here() -> None:
    """What cannot be seen is for the gates of the next step: a look without etcd, config and nodes is no reason."""
    blind = healthy().controllers_with(etcd_metrics=unknown(), etcd_health=unknown(), config_file=unknown())
    blind = blind.apis_with(nodes=unknown())
    assert why((0, healthy()), (5, blind), (10, blind)) == ""
