"""Who should be connected to whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from k0stui.errors import NotObserved
from k0stui.model import wiring
from k0stui.model.host import ClockOffset
from k0stui.model.kubernetes import Lease, LeaseSpec
from k0stui.model.observed import Known
from k0stui.model.wiring import Target
from tests.builders import NOW, Cluster, a_cluster, unknown


def leases(cluster: Cluster) -> tuple[Lease, ...]:
    found = cluster.any_api(lambda api: api.leases)
    assert isinstance(found, Known)
    return found.value


def test_wanted_falls_back_to_the_workers_that_we_know() -> None:
    """Without any API server the inventory tells how many agents there should be."""
    assert wiring.wanted(replace(a_cluster(workers=6), apis=())) == 6
    with pytest.raises(NotObserved):
        wiring.wanted(replace(a_cluster(workers=0), apis=()))


def test_a_lease_that_ran_out_is_no_controller() -> None:
    """After a power loss the lease keeps its holder, and its time runs out."""
    old = tuple(
        Lease(
            metadata=lease.metadata,
            spec=LeaseSpec(
                holder_identity=lease.spec.holder_identity,
                lease_duration_seconds=60,
                renew_time=NOW - timedelta(seconds=127),
            ),
        )
        if lease.name == "k0s-ctrl-k0s-master-2"
        else lease
        for lease in leases(a_cluster())
    )

    assert wiring.live_controllers(a_cluster().apis_with(leases=old)) == {"k0s-master-1", "k0s-master-3"}


def test_leases_are_counted_at_the_time_they_were_read() -> None:
    """A look that takes a minute lets no lease run out."""
    late = replace(a_cluster(), taken_at=NOW + timedelta(minutes=2))

    assert len(wiring.live_controllers(late)) == 3


def renewed(ago: float) -> tuple[Lease, ...]:
    spec = {"lease_duration_seconds": 60, "renew_time": NOW - timedelta(seconds=ago)}
    return tuple(
        Lease(metadata=lease.metadata, spec=LeaseSpec(holder_identity=lease.spec.holder_identity, **spec))
        for lease in leases(a_cluster())
    )


@pytest.mark.parametrize(("offset", "ago", "live"), [(-65, 67, 3), (65, 0, 0), (0, 67, 0)])
def test_leases_are_judged_by_the_hosts_clocks(offset: float, ago: float, live: int) -> None:
    """Renew times are the hosts': a machine of ours that is a minute ahead of all of them lets no lease run out."""
    cluster = a_cluster().apis_with(leases=renewed(ago)).hosts_with(lambda _: True, clock=ClockOffset(offset, 0.1))

    assert len(wiring.live_controllers(cluster)) == live


def test_one_wrong_clock_among_the_hosts_moves_nothing() -> None:
    """The median counts, and without any clock known ours does."""
    cluster = a_cluster().apis_with(leases=renewed(10))

    assert len(wiring.live_controllers(cluster.where("k0s-master-1", clock=ClockOffset(3600, 0.1)))) == 3
    assert len(wiring.live_controllers(cluster.hosts_with(lambda _: True, clock=unknown()))) == 3


@pytest.mark.parametrize("port", ["\u00b2", "9" * 5000, "x", ""])
def test_a_port_that_is_none_is_the_usual_one(port: str) -> None:
    """Whatever stands in the DaemonSet's arguments, no digit of it ends the program."""
    assert wiring.template(a_cluster().template("10.10.10.41", port)) == Target("10.10.10.41", 8132)  # type: ignore[arg-type]


def test_what_runs_is_told_by_the_process_before_the_pod() -> None:
    """The process on the worker is the generation that really runs."""
    cluster = a_cluster().running_agents_dial("10.10.10.41").where("k0s-worker-1", agent_process=unknown())

    assert set(wiring.running(cluster).values()) == {Target("10.10.10.41", 8132)}
    assert wiring.template(cluster) == Target("localhost", 7132)


def test_who_only_a_lease_tells_of_is_a_controller_too() -> None:
    """Nobody was told of k0s-master-3, and it holds its lease."""
    cluster = a_cluster()
    two = replace(cluster, hosts=tuple(host for host in cluster.hosts if host.name != "k0s-master-3"))

    assert wiring.controller_names(two) == ("k0s-master-1", "k0s-master-2", "k0s-master-3")


def test_an_address_leads_to_the_controller_that_holds_it() -> None:
    """A virtual IP belongs to who has it now; a worker's address leads to no controller."""
    cluster = a_cluster().where("k0s-master-2", addresses=("10.10.10.42", "10.10.10.70"))
    found = wiring.leads_to(cluster, "10.10.10.70")

    assert found is not None
    assert found.name == "k0s-master-2"
    assert wiring.leads_to(cluster, "10.10.10.51") is None
