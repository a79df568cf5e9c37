"""Restarts and losses of controllers, against recordings/restart-timings and timelines."""

from __future__ import annotations

import pytest

from k0stui.demo.build import build, k0s_yaml
from k0stui.demo.fleet import Fleet
from k0stui.demo.host import CONFIG
from k0stui.demo.release import V1_32_1, V1_36_3
from tests.demo.living import changes, counts, seconds, when

BOTH = pytest.mark.parametrize("release", [V1_32_1, V1_36_3], ids=["1.32", "1.36"])


def mesh(release=V1_32_1, seed: int = 1) -> Fleet:
    return build(release, nllb=True, seed=seed)


@BOTH
@pytest.mark.parametrize("seed", range(5))
def test_a_restarted_server_counts_one_two_three(release, seed: int) -> None:
    """The server of a restarted controller announces 1, then 2, then 3, the last 16 to 36 s after the restart."""
    fleet = mesh(release, seed)
    controller = fleet.controller("k0s-master-2")
    controller.restart()
    seen = changes(fleet, 60, lambda: counts(controller))

    assert [count for _, count in seen if count][-3:] == [1, 2, 3]
    assert 14 <= seen[-1][0] <= 36


@BOTH
@pytest.mark.parametrize("seed", range(5))
def test_the_others_count_three_two_three(release, seed: int) -> None:
    """While one controller restarts, the servers of the others go from 3 to 2 and back, each a restart of theirs."""
    fleet = mesh(release, seed)
    other = fleet.controller("k0s-master-1")
    fleet.controller("k0s-master-2").restart()
    seen = [count for _, count in changes(fleet, 60, lambda: counts(other)) if count]

    assert seen in ([3, 2, 3], [2, 3])


@BOTH
def test_ready_comes_later_than_active(release) -> None:
    """The unit is active seconds after the restart, /readyz follows 12 to 24 s after the restart began (1.32: seen)."""
    fleet = mesh(release)
    controller = fleet.controller("k0s-master-3")
    controller.restart()
    active = when(fleet, 20, lambda: controller.unit.active == "active")
    ready = when(fleet, 60, lambda: controller.serves_api)

    assert active < 8
    assert 8 <= active + ready <= 28


def test_systemd_and_k0s_have_ids_of_their_own() -> None:
    """Both InvocationIDs change with a restart, and they are never equal."""
    fleet = mesh()
    controller = fleet.controller("k0s-master-2")
    before = (controller.unit.invocation, controller.invocation)
    controller.restart()
    fleet.advance(fleet.now + 60)
    after = (controller.unit.invocation, controller.invocation)

    assert not set(before) & set(after)
    assert after[0] != after[1]


@BOTH
def test_the_mesh_is_whole_again_or_an_agent_is_trapped(release) -> None:
    """150 s after a restart in a mesh every server has every agent, but for agents that believe in too few servers."""
    whole = 0
    for seed in range(12):
        fleet = mesh(release, seed)
        fleet.controllers[seed % 3].restart()
        fleet.advance(fleet.now + 150)
        missing = 12 - sum(count or 0 for count in fleet.counts())
        trapped = sum(worker.agent is not None and worker.agent.known < 3 for worker in fleet.workers)
        assert missing == trapped
        whole += missing == 0

    assert whole >= 9


def test_a_lease_that_was_not_released_brings_the_late_dip() -> None:
    """Not released: every server says 3 for a while, all count 2 from about 60 s on, and 3 again by about 90 s."""
    fleet = mesh()
    controller, other = fleet.controller("k0s-master-3"), fleet.controller("k0s-master-2")
    controller.releases_leases = False
    controller.restart()
    seen = changes(fleet, 120, lambda: (counts(controller), counts(other)))
    three = [at for at, value in seen if value == (3, 3)]
    dips = [at for at, value in seen if value[1] == 2]

    assert three[0] < 40
    assert 55 <= dips[0] <= 80
    assert seen[-1][1] == (3, 3)
    assert seen[-1][0] <= 100


def test_leadership_moves_and_takes_the_agents_along() -> None:
    """The leader's stop hands the lease on within 10 s, and the DaemonSet is aimed at the new leader's own address."""
    fleet = build(V1_32_1)
    assert fleet.leader is fleet.controller("k0s-master-1")
    fleet.controller("k0s-master-1").restart()
    moved = when(fleet, 20, lambda: fleet.leader not in (None, fleet.controller("k0s-master-1")))
    aimed = when(fleet, 20, lambda: fleet.agents.template.target != "10.10.10.41")
    leader = fleet.leader

    assert moved <= 10
    assert moved + aimed <= 16
    assert leader is not None
    assert fleet.agents.template.target == leader.address


def test_a_forbidden_config_is_a_crash_loop_and_the_restart_says_nothing() -> None:
    """externalAddress with NLLB: the unit falls back to auto-restart every 10 s, and NRestarts climbs."""
    fleet = build(V1_32_1)
    controller = fleet.controller("k0s-master-3")
    controller.write(CONFIG, k0s_yaml(controller.address, nllb=True, external="10.10.10.70"))
    controller.restart()
    fleet.advance(fleet.now + 35)

    assert (controller.unit.active, controller.unit.sub) in (("activating", "auto-restart"), ("active", "running"))
    assert 2 <= controller.unit.restarts <= 4
    assert controller.server is None


def test_power_loss_leaves_ghosts_and_darkens_a_sound_controller() -> None:
    """A controller vanishes: agents say 3/3 for a minute, then 2/2 with a ghost, and a sound server falls below 4."""
    fleet = mesh()
    fleet.controller("k0s-master-2").power_off()
    fleet.advance(fleet.now + 40)
    agents = [worker.agent for worker in fleet.workers]

    assert all(agent is not None and len(agent.links) == 3 for agent in agents)
    assert fleet.counts() == [4, None, 4]

    low = min(min(count for count in fleet.counts() if count is not None) for _ in seconds(fleet, 60))
    assert low < 4
    fleet.advance(fleet.now + 240)
    assert fleet.counts() == [4, None, 4]


def test_without_quorum_no_controller_comes_up() -> None:
    """Two of three are gone: a restarted controller waits for etcd, gives up after two minutes, and tries again."""
    fleet = mesh()
    fleet.controller("k0s-master-2").power_off()
    fleet.controller("k0s-master-3").power_off()
    controller = fleet.controller("k0s-master-1")
    controller.restart()
    fleet.advance(fleet.now + 300)

    assert not fleet.etcd.has_quorum
    assert not controller.serves_api
    assert controller.unit.restarts >= 1


def test_etcd_elects_another_leader_when_its_host_stops() -> None:
    """The etcd leader's stop moves the leadership, and the term rises; no second election follows."""
    fleet = mesh()
    leader = next(member.name for member in fleet.etcd.members if member.id == fleet.etcd.leader)
    term, changed = fleet.etcd.term, fleet.etcd.leader_changes
    fleet.controller(leader).restart()
    fleet.advance(fleet.now + 60)

    assert fleet.etcd.term == term + 1
    assert fleet.etcd.leader_changes == changed + 1
