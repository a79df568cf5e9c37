"""Agents reach a konnectivity server and are not let in: its API server does not confirm their tokens.

Distinct peers are counted, not sockets: agents that hunt leave second sockets behind. Source: k0s.md F15;
konnectivity.md §0.6 (a TokenReview that hangs looks the same), §1.5.
"""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.errors import NotObserved
from k0stui.model import wiring
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Evidence, Finding, Severity
from k0stui.model.observed import Known
from k0stui.rules.facts import mesh
from k0stui.rules.facts.evidence import said, second_look
from k0stui.rules.rule import HostRule

SIGN = "auth-failed"

RECENT = 300.0
"""Seconds that the lines looked at reach back: a flood pushes old refusals out as new ones come, so counts stand."""


def check(host: HostObservation, snapshot: ClusterSnapshot) -> Iterator[Finding]:
    if not host.is_controller or not _k0s_runs(host):
        return
    if not isinstance(host.konnectivity_metrics, Known):
        raise NotObserved(f"agents at its server: {host.konnectivity_metrics.why}")
    wanted = wiring.wanted(snapshot)
    if host.konnectivity_metrics.value.agents >= wanted or not _suspicious(host):
        return
    before = second_look(snapshot, "whether agents stay outside").find(host.name)
    if before is not None and _suspicious(before) and (_outside(host) or _refuses_now(host, before)):
        yield _finding(host, wanted)


def _suspicious(host: HostObservation) -> bool:
    return _outside(host) > 0 or _failures(host) > 0


def _outside(host: HostObservation) -> int:
    """Peers that stay connected without being registered. Behind a NAT peers are fewer than agents, never more."""
    if not isinstance(host.agent_sockets, Known) or not isinstance(host.konnectivity_metrics, Known):
        return 0
    return max(0, len(host.agent_sockets.value.peers) - host.konnectivity_metrics.value.agents)


def _failures(host: HostObservation) -> int:
    """Refusals in the newest lines of the journal, where the server runs for longer than these lines reach back.

    At each start some agents are refused until the API server answers; those lines say nothing about now.
    """
    start = mesh.started(host)
    if not isinstance(host.log_signs, Known) or start is None or host.log_signs.value.since is None:
        return 0
    return host.log_signs.value.count(SIGN) if host.log_signs.value.since > start else 0


def _refuses_now(host: HostObservation, before: HostObservation) -> bool:
    """New refusals came since the look before, or all lines looked at are of now: old ones may stand there for days."""
    assert isinstance(host.log_signs, Known)
    since = host.log_signs.value.since
    recent = since is not None and (host.log_signs.at - since).total_seconds() < RECENT
    return recent or _failures(host) > _failures(before)


def _finding(host: HostObservation, wanted: int) -> Finding:
    assert isinstance(host.konnectivity_metrics, Known)
    agents, outside = host.konnectivity_metrics.value.agents, _outside(host)
    what = f"{outside} more are connected and not let in" if outside else "agents are refused"
    return Finding(
        "agents-refused",
        Severity.CRITICAL,
        f"{host.name} has {agents} of {wanted} agents, and {what}: its API server does not confirm their tokens",
        subjects=(host.name,),
        evidence=_evidence(host),
        ruled_out=("second sockets of agents that hunt (peers are counted)", "a firewall"),
        because=("etcd-quorum-lost", "api-server-down", "clocks-differ"),
        remedy=f"on {host.name}: look at the API server's /readyz, compare ca.crt and sa.key in /var/lib/k0s/pki with "
        "the other controllers and the clocks; then delete the agents' pods",
    )


def _evidence(host: HostObservation) -> tuple[Evidence, ...]:
    lines: list[Evidence] = []
    if isinstance(host.agent_sockets, Known):
        lines += said(host, "agent_sockets", f"{len(host.agent_sockets.value.peers)} peers connected")
    if isinstance(host.konnectivity_metrics, Known):
        lines += said(host, "konnectivity_metrics", f"{host.konnectivity_metrics.value.agents} agents registered")
    if failures := _failures(host):
        lines += said(host, "log_signs", f"{failures} times Client authentication failed")
    return tuple(lines)


def _k0s_runs(host: HostObservation) -> bool:
    """As far as is known; what does not run refuses nobody: k0s-service-down tells."""
    return not isinstance(host.service, Known) or host.service.value.is_running


RULE = HostRule("agents-refused", check)
