"""Clusters in trouble, each brought there by living through what brings real ones there."""

from __future__ import annotations

from collections.abc import Callable

from k0stui.demo.build import build, k0s_yaml
from k0stui.demo.controller import Controller
from k0stui.demo.fleet import Fleet
from k0stui.demo.host import CONFIG, GIB
from k0stui.demo.release import V1_32_1, V1_36_3, Release

SETTLED = 900.0
"""Seconds after the last event: nobody takes a state for a passing one any more."""


def incident(seed: int = 5503) -> Fleet:
    """k0s#5503: all agents on k0s-master-1, floods on the other two, for an hour."""
    return build(V1_32_1, seed=seed)


def incident_on_1_36(seed: int = 5503) -> Fleet:
    """The same on v1.36.3: other metrics, a readiness probe, kube-proxy that rolls."""
    return build(V1_36_3, seed=seed)


def incident_dynamic(seed: int = 5503) -> Fleet:
    """The same with dynamic configuration: NLLB is switched on by an object, without restarting controllers."""
    return build(V1_32_1, seed=seed, dynamic=True)


def many(seed: int = 5503) -> Fleet:
    """The incident with a hundred workers."""
    return build(V1_32_1, workers=100, seed=seed)


def healthy(seed: int = 5503) -> Fleet:
    """Node-local load balancing everywhere, every server has every agent."""
    return _meshed(V1_32_1, seed)


def nllb_half(seed: int = 5503) -> Fleet:
    """After `k0sctl apply`: controllers have the new configuration, no worker was restarted, no agent is left."""
    fleet = _with_images(build(V1_32_1, seed=seed))
    for name in ("k0s-master-2", "k0s-master-3", "k0s-master-1"):
        _enable(fleet.controller(name))
        fleet.advance(fleet.now + 60)
    fleet.advance(fleet.now + SETTLED)
    return fleet


def held(seed: int = 5503) -> Fleet:
    """Between controllers and workers of a held switch: the template says localhost, the agents were kept."""
    fleet = _with_images(build(V1_32_1, seed=seed))
    fleet.agents.set_strategy("OnDelete", None)
    for name in ("k0s-master-2", "k0s-master-3", "k0s-master-1"):
        _enable(fleet.controller(name))
        fleet.advance(fleet.now + 60)
    fleet.advance(fleet.now + SETTLED)
    return fleet


def ghosts(seed: int = 5503) -> Fleet:
    """A firewall between workers and k0s-master-2 lost its table: agents count connections that are dead."""
    fleet = _meshed(V1_32_1, seed)
    fleet.haunt(fleet.controller("k0s-master-2"))
    fleet.advance(fleet.now + SETTLED)
    return fleet


def count_trap(seed: int = 5503) -> Fleet:
    """v1.36.3 after a restart of k0s-master-2: one agent believes in two servers and looks for no third."""
    fleet = _meshed(V1_36_3, seed)
    server, agent = fleet.controller("k0s-master-2").server, fleet.worker("k0s-worker-1").agent
    if server is not None and agent is not None and (link := server.link_of(agent)) is not None:
        agent.known = 2
        fleet.drop(link)
    fleet.advance(fleet.now + SETTLED)
    return fleet


def firewall(seed: int = 5503) -> Fleet:
    """8132 of k0s-master-3 is closed for all workers; its 6443 is open."""
    fleet = _meshed(V1_32_1, seed)
    for worker in fleet.workers:
        fleet.block(worker, fleet.controller("k0s-master-3"), 8132)
    fleet.advance(fleet.now + SETTLED)
    return fleet


def clock_skew(seed: int = 5503) -> Fleet:
    """The clock of k0s-master-2 is 41 s ahead: not yet enough to miscount the controllers."""
    fleet = _meshed(V1_32_1, seed)
    fleet.controller("k0s-master-2").clock_ahead = 41.0
    fleet.advance(fleet.now + SETTLED)
    return fleet


def etcd_one_down(seed: int = 5503) -> Fleet:
    """k0scontroller on k0s-master-3 is stopped: two voters of three, no margin left."""
    fleet = _meshed(V1_32_1, seed)
    fleet.controller("k0s-master-3").stop()
    fleet.advance(fleet.now + SETTLED)
    return fleet


def disk_filling(seed: int = 5503) -> Fleet:
    """Health checks of a strange load balancer fill the journal of k0s-master-2; nothing caps it."""
    fleet = _meshed(V1_32_1, seed)
    host = fleet.controller("k0s-master-2")
    host.disk.size, host.disk.used, host.disk.journal_limit = 60 * GIB, 41 * GIB, 50 * GIB
    lines = 420.0
    host.journal.flood(lines, _handshake)
    host.journal_grows(lines * 900)
    fleet.advance(fleet.now + SETTLED)
    return fleet


def host_lost(seed: int = 5503) -> Fleet:
    """k0s-worker-4 lost its power."""
    fleet = _meshed(V1_32_1, seed)
    fleet.worker("k0s-worker-4").power_off()
    fleet.advance(fleet.now + SETTLED)
    return fleet


def _meshed(release: Release, seed: int) -> Fleet:
    """NLLB from the first day: balancers came up with the workers, then agents found all three servers."""
    return build(release, seed=seed, nllb=True)


def _with_images(fleet: Fleet) -> Fleet:
    """The balancer's image lies on every worker, as with an image bundle: nothing has to be pulled first."""
    for worker in fleet.workers:
        worker.images.add(fleet.release.envoy_image)
    return fleet


def _enable(controller: Controller) -> None:
    controller.write(CONFIG, k0s_yaml(controller.address, nllb=True))
    controller.restart()


def _handshake(number: int) -> tuple[str, str]:
    return "kube-apiserver", f"E http.go:3493] http: TLS handshake error from 10.10.10.9:{20000 + number % 40000}: EOF"


SCENARIOS: dict[str, Callable[[], Fleet]] = {
    "incident": incident,
    "healthy": healthy,
    "nllb-half": nllb_half,
    "held": held,
    "ghosts": ghosts,
    "count-trap": count_trap,
    "firewall": firewall,
    "clock-skew": clock_skew,
    "etcd-one-down": etcd_one_down,
    "disk-filling": disk_filling,
    "host-lost": host_lost,
    "many": many,
    "incident-1.36": incident_on_1_36,
    "incident-dynamic": incident_dynamic,
}
"""By the name that `--demo` takes."""
