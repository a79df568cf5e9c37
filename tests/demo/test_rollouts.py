"""The switch to node-local load balancing, held and not, against recordings/timelines."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from k0stui.demo.build import build, k0s_yaml
from k0stui.demo.fleet import Fleet
from k0stui.demo.host import CONFIG
from k0stui.demo.release import V1_32_1, V1_36_3, Release
from tests.demo.living import changes, seconds, when

CONTROLLERS = ("k0s-master-2", "k0s-master-3", "k0s-master-1")
"""The leader last."""

BOTH = pytest.mark.parametrize("release", [V1_32_1, V1_36_3], ids=["1.32", "1.36"])


def enable(fleet: Fleet) -> None:
    """New configuration and a restart on each controller, a minute apart."""
    for name in CONTROLLERS:
        controller = fleet.controller(name)
        controller.write(CONFIG, k0s_yaml(controller.address, nllb=True))
        controller.restart()
        fleet.advance(fleet.now + 50)


def held(release: Release) -> Fleet:
    fleet = build(release)
    fleet.agents.set_strategy("OnDelete", None)
    fleet.kube_proxies.set_strategy("OnDelete", None)
    return fleet


def test_followers_leave_the_target_alone() -> None:
    """Restarts of followers with the new config change nothing; the leader's own flips target and kube-proxy."""
    fleet = build(V1_32_1)
    for name in CONTROLLERS[:2]:
        controller = fleet.controller(name)
        controller.write(CONFIG, k0s_yaml(controller.address, nllb=True))
        controller.restart()
        fleet.advance(fleet.now + 50)
        assert fleet.agents.template.target == "10.10.10.41"
    leader = fleet.controller("k0s-master-1")
    leader.write(CONFIG, k0s_yaml(leader.address, nllb=True))
    leader.restart()
    flipped = when(fleet, 20, lambda: fleet.agents.template.target == "localhost")

    assert 4 <= flipped <= 16
    assert fleet.kube_proxy_server == "https://localhost:7443"


def test_without_a_hold_all_agents_of_1_32_go_dark_one_by_one() -> None:
    """Unheld on 1.32: one node every 32 to 35 s, all pods Ready, at the end no server has an agent."""
    fleet = build(V1_32_1)
    enable(fleet)
    dark = when(fleet, 240, lambda: fleet.counts() == [0, 0, 0])

    fleet.advance(fleet.now + 300)

    assert dark < 150
    assert fleet.agents.ready == 4
    assert fleet.counts() == [0, 0, 0]


def test_a_rollout_of_1_32_takes_half_a_minute_per_node() -> None:
    """Four agents are replaced 32 to 36 s apart: the grace period of an agent that ignores the first SIGTERM."""
    fleet = build(V1_32_1)
    enable(fleet)
    at = [moment for moment, _ in changes(fleet, 240, lambda: fleet.agents.updated)]
    gaps = [later - earlier for earlier, later in pairwise(at[1:])]

    assert gaps
    assert all(30 <= gap <= 36.5 for gap in gaps)


def test_without_a_hold_1_36_stalls_at_the_first_node() -> None:
    """Unheld on 1.36: the rollout stops at a pod that never gets ready; the others keep their one old server."""
    fleet = build(V1_36_3)
    enable(fleet)
    fleet.advance(fleet.now + 300)

    assert fleet.agents.updated == 1
    assert fleet.agents.ready == 3
    assert fleet.counts() == [3, 0, 0]
    idle = [worker.kube_proxy for worker in fleet.workers]
    assert all(proxy is not None and proxy.server == "https://localhost:7443" for proxy in idle)


@BOTH
def test_a_held_switch_keeps_every_agent(release: Release) -> None:
    """Held: through all controller restarts no pod is replaced, and the column of agents is back within 12 s."""
    fleet = held(release)
    pods = [pod.uid for pod in fleet.agents.all()]
    enable(fleet)

    assert [pod.uid for pod in fleet.agents.all()] == pods
    assert fleet.counts() == [4, 0, 0]
    assert fleet.agents.updated == 0
    assert fleet.worker_config.nllb
    assert fleet.worker_config.addresses == ("10.10.10.41", "10.10.10.42", "10.10.10.43")


@BOTH
def test_after_a_hold_agents_move_one_by_one_and_none_is_missed(release: Release) -> None:
    """Workers restarted, then one agent deleted at a time: every column rises by one, the first never below W-1."""
    fleet = held(release)
    enable(fleet)
    for worker in fleet.workers:
        worker.images.add(release.envoy_image)
        worker.restart()
        fleet.advance(fleet.now + 25)
        assert fleet.counts() == [4, 0, 0]
    for moved, worker in enumerate(fleet.workers, 1):
        pod = worker.agent_pod
        assert pod is not None
        fleet.agents.delete(pod, 1.0)
        assert min(fleet.counts()[0] or 0 for _ in seconds(fleet, 35)) >= 3
        assert fleet.counts() == [4, moved, moved]
    generation = [pod.uid for pod in fleet.agents.all()]
    fleet.agents.set_strategy("RollingUpdate", None)
    fleet.advance(fleet.now + 60)

    assert [pod.uid for pod in fleet.agents.all()] == generation
    assert (fleet.agents.updated, fleet.agents.ready) == (4, 4)


@BOTH
@pytest.mark.parametrize("seed", range(4))
def test_the_first_balancer_listens_after_seven_to_eleven_seconds(release: Release, seed: int) -> None:
    """A worker whose worker-config says enabled has both listeners 7.4-8.7 s (1.36: 8.6-10.5 s) after its restart."""
    fleet = build(release, seed=seed)
    enable(fleet)
    worker = fleet.worker("k0s-worker-2")
    worker.images.add(release.envoy_image)
    worker.restart()
    listens = when(fleet, 20, lambda: worker.envoy is not None)

    assert 7 <= listens <= 11


def test_a_worker_restarted_too_early_gets_no_balancer() -> None:
    """Before worker-config says enabled a restart is a silent no-op for the balancer, though the node stays Ready."""
    fleet = build(V1_32_1)
    worker = fleet.worker("k0s-worker-1")
    worker.images.add(fleet.release.envoy_image)
    worker.restart()
    fleet.advance(fleet.now + 60)

    assert worker.envoy is None
    assert worker.is_ready(fleet.now)


def test_a_second_restart_keeps_the_old_balancer_until_the_new_one_takes_over() -> None:
    """Envoy listens without a gap; its pod is another one some 11 s after the restart."""
    fleet = build(V1_32_1, nllb=True)
    worker = fleet.worker("k0s-worker-1")
    assert worker.envoy is not None
    before = worker.envoy.pod_uid
    worker.restart()
    replaced = when(fleet, 20, lambda: worker.envoy is not None and worker.envoy.pod_uid != before)

    assert 10 <= replaced <= 12.5


def test_without_the_image_the_node_is_lost() -> None:
    """No Envoy image and no registry: the kubelet has no way to the API, and the node is NotReady after some 45 s."""
    fleet = held(V1_32_1)
    fleet.missing_images = frozenset({fleet.release.envoy_image})
    enable(fleet)
    worker = fleet.worker("k0s-worker-3")
    worker.restart()
    fleet.advance(fleet.now + 70)

    assert worker.envoy is None
    assert not worker.is_ready(fleet.now)


def test_dynamic_configuration_flips_within_seconds_and_restarts_nothing() -> None:
    """A patch of the ClusterConfig: DaemonSet, worker-config and kube-proxy follow within 7 s, no unit restarts."""
    fleet = build(V1_32_1, dynamic=True)
    fleet.agents.set_strategy("OnDelete", None)
    before = [controller.unit.invocation for controller in fleet.controllers]
    fleet.set_dynamic({"network": {"nodeLocalLoadBalancing": {"enabled": True}}})
    flipped = when(fleet, 10, lambda: fleet.agents.template.target == "localhost" and fleet.worker_config.nllb)

    assert flipped <= 7
    assert [controller.unit.invocation for controller in fleet.controllers] == before
    assert {event["host"] for event in fleet.events} == {controller.name for controller in fleet.controllers}


def test_rolling_kube_proxy_takes_seconds() -> None:
    """`rollout restart ds/kube-proxy` replaces four pods in about twelve seconds."""
    fleet = build(V1_32_1, nllb=True)
    fleet.kube_proxies.set_template(replace(fleet.kube_proxies.template, restarted_at="2025-02-04T09:00:00Z"))
    proxies = fleet.kube_proxies
    done = when(fleet, 60, lambda: proxies.observed[0] == proxies.generation and proxies.updated == proxies.ready == 4)

    assert 6 <= done <= 20
