"""Node-local load balancing is wanted here, and something forbids it.

Silent where nobody needs it: behind a real load balancer an external address is right. It speaks where it is switched
on all the same, or where a server has no agent and it would be the cure. Source: k0s.md §2.4, F16 F19 F44.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from k0stui.model import wiring
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Finding, Severity
from k0stui.model.host import Role
from k0stui.model.observed import Known
from k0stui.rules.facts import mesh
from k0stui.rules.facts.balancing import configs
from k0stui.rules.facts.evidence import said
from k0stui.rules.facts.wording import names
from k0stui.rules.rule import ClusterRule

NO_ENVOY = frozenset({"armv7l", "armv6l", "arm", "riscv64"})
"""`uname -m` of machines for which no Envoy image exists (safety.md N-05)."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason, and what to do about it."""

    hosts: tuple[HostObservation, ...]
    what: str
    remedy: str
    probe: str


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    found = obstacles(snapshot)
    if found and (_is_switched_on(snapshot) or _is_needed(snapshot)):
        yield _finding(found)


def obstacles(snapshot: ClusterSnapshot) -> tuple[Obstacle, ...]:
    """What forbids node-local load balancing here, whether anybody wants it or not."""
    found = (_external_address(snapshot), _single(snapshot), _hybrid(snapshot), _architecture(snapshot))
    return tuple(obstacle for obstacle in found if obstacle is not None)


def _external_address(snapshot: ClusterSnapshot) -> Obstacle | None:
    named = [
        (host, config.external_address or config.konnectivity_external_address) for host, config in configs(snapshot)
    ]
    hosts = _distinct([host for host, address in named if address])
    if not hosts:
        return None
    address = next(address for _, address in named if address)
    return Obstacle(
        hosts,
        f"an external address ({address}) is set on {names(host.name for host in hosts)}",
        "take externalAddress out of /etc/k0s/k0s.yaml on every controller (k0s does not start with both)",
        "config_file",
    )


def _single(snapshot: ClusterSnapshot) -> Obstacle | None:
    hosts = _with_role(snapshot, Role.SINGLE)
    if not hosts:
        return None
    return Obstacle(hosts, f"{names(h.name for h in hosts)} runs with --single", "switch it off again", "status")


def _hybrid(snapshot: ClusterSnapshot) -> Obstacle | None:
    hosts = tuple(
        host
        for host in _with_role(snapshot, Role.CONTROLLER_WORKER)
        if isinstance(host.status, Known) and not host.status.value.version.is_at_least("1.34.1")
    )
    if not hosts:
        return None
    what = f"{names(host.name for host in hosts)} is controller and worker below v1.34.1"
    return Obstacle(hosts, what, "upgrade k0s to v1.34.1 or newer (k0s#6202)", "status")


def _architecture(snapshot: ClusterSnapshot) -> Obstacle | None:
    hosts = tuple(
        host
        for host in snapshot.workers
        if isinstance(host.identity, Known) and host.identity.value.machine in NO_ENVOY
    )
    if not hosts:
        return None
    what = f"there is no Envoy for the machine of {names(host.name for host in hosts)}"
    return Obstacle(hosts, what, "put a load balancer in front of 8132 and set externalAddress", "identity")


def _with_role(snapshot: ClusterSnapshot, role: Role) -> tuple[HostObservation, ...]:
    return tuple(host for host in snapshot.hosts if host.known_role is role)


def _distinct(hosts: list[HostObservation]) -> tuple[HostObservation, ...]:
    return tuple({host.name: host for host in hosts}.values())


def _is_switched_on(snapshot: ClusterSnapshot) -> bool:
    return any(config.nllb.enabled for _, config in configs(snapshot))


def _is_needed(snapshot: ClusterSnapshot) -> bool:
    return len(wiring.controller_names(snapshot)) > 1 and bool(mesh.dark(snapshot))


def _finding(found: tuple[Obstacle, ...]) -> Finding:
    hosts = _distinct([host for obstacle in found for host in obstacle.hosts])
    return Finding(
        "balancer-not-possible",
        Severity.WARNING,
        f"node-local load balancing is not possible: {'; '.join(obstacle.what for obstacle in found)}",
        subjects=tuple(sorted(host.name for host in hosts)),
        evidence=tuple(
            line for obstacle in found for host in obstacle.hosts for line in said(host, obstacle.probe, obstacle.what)
        ),
        remedy="; ".join(obstacle.remedy for obstacle in found),
    )


RULE = ClusterRule("balancer-not-possible", check)
