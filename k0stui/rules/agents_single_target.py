"""All agents dial one controller; the API servers of the others have no way to nodes and pods. The incident.

Without node-local load balancing k0s writes one address into the agents' DaemonSet: that of the controller that leads.
Equal server ids and a low server count give the same counts; here the DaemonSet's own target proves the cause.
Source: k0s#5503; konnectivity.md §4.4 D1; k0s.md §3.4, F01 F05 F06 F07.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from k0stui.errors import NotObserved
from k0stui.model import wiring
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Evidence, Finding, Severity
from k0stui.model.host import HostName
from k0stui.model.observed import Known
from k0stui.model.wiring import Target
from k0stui.rules.balancer_not_possible import obstacles
from k0stui.rules.facts import mesh
from k0stui.rules.facts.evidence import daemonsets_said, said
from k0stui.rules.facts.wording import names, verb
from k0stui.rules.rule import ClusterRule

HUNTING = 0.5
"""Streams closed by agents per second on one server: 3.5-4.0 were seen for 4 agents, 0 in a whole mesh."""


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    if len(wiring.controller_names(snapshot)) < 2:
        return
    template = wiring.template(snapshot)
    if template is not None and template.is_local:
        return  # node-local load balancing is on already: workers-not-restarted, agents-held
    agents = mesh.registered(snapshot)
    if len(agents) < 2:
        raise NotObserved(f"the agents of {names(mesh.unasked(snapshot))}")
    holders = [name for name, count in agents.items() if count]
    if len(holders) != 1:
        return
    holder = snapshot.host(holders[0])
    target = _target(snapshot, holder)
    if target is not None:
        yield _finding(snapshot, holder, target, agents)


def _target(snapshot: ClusterSnapshot, holder: HostObservation) -> Target | None:
    """The one address that agents dial, where it leads to `holder`."""
    template = wiring.template(snapshot)
    dialled = set(wiring.running(snapshot).values())
    targets = dialled | {template} if template else dialled
    for target in sorted(targets, key=str):
        leads = wiring.leads_to(snapshot, target.host)
        if leads is not None and leads.name == holder.name:
            return target
    return template if template and _only_churn(snapshot, holder) else None


def _only_churn(snapshot: ClusterSnapshot, holder: HostObservation) -> bool:
    """Agents hunt on this server and on no other: whosever the address is, it leads here only (a VIP, a sticky LB)."""
    rates = {host.name: mesh.rate(snapshot, host, "cancelled") for host in snapshot.controllers}
    others = [rate for name, rate in rates.items() if name != holder.name and rate is not None]
    return (rates[holder.name] or 0) > HUNTING and all(rate <= HUNTING for rate in others)


def _finding(
    snapshot: ClusterSnapshot, holder: HostObservation, target: Target, agents: dict[HostName, int]
) -> Finding:
    wanted = wiring.wanted(snapshot)
    empty = [name for name, count in agents.items() if not count]
    silent = mesh.unasked(snapshot)
    asked = f"; {names(silent)} could not be asked" if silent else ""
    all_of = f"all {wanted} agents" if agents[holder.name] >= wanted else f"all {agents[holder.name]} connected agents"
    blocked = obstacles(snapshot)
    return Finding(
        "agents-single-target",
        Severity.CRITICAL,
        f"{all_of} dial {holder.name} ({_described(target, holder)}) only; "
        f"{names(empty)} {verb(empty, 'has', 'have')} 0 of {wanted} agents{asked}",
        subjects=tuple(sorted(empty)),
        since=_since(snapshot),
        evidence=_evidence(snapshot, target, wanted),
        ruled_out=_ruled_out(snapshot),
        plan=None if blocked else "nllb",
        remedy=f"first {blocked[0].remedy}; then enable node-local load balancing" if blocked else "",
    )


def _described(target: Target, holder: HostObservation) -> str:
    """A virtual IP is named: it looks like a balancer, and is none for 8132."""
    return (
        str(target) if target.host in (holder.address, holder.advertised) else f"{target}, a virtual IP that it holds"
    )


def _since(snapshot: ClusterSnapshot) -> datetime | None:
    """Since then at least: none of the agents that run now has ever dialled anything else."""
    starts = [host.agent_process.value.started_at for host in snapshot.workers if isinstance(host.agent_process, Known)]
    known = [start for start in starts if start is not None]
    return max(known) if known and len(known) == len(snapshot.workers) else None


def _evidence(snapshot: ClusterSnapshot, target: Target, wanted: int) -> tuple[Evidence, ...]:
    lines: list[Evidence] = []
    for host in snapshot.controllers:
        if isinstance(host.konnectivity_metrics, Known):
            lines += said(host, "konnectivity_metrics", _server(snapshot, host, wanted))
    lines += daemonsets_said(snapshot, f"agents are told to dial {target}")
    for host in snapshot.workers:
        if isinstance(host.agent_metrics, Known):
            believed = host.agent_metrics.value
            lines += said(host, "agent_metrics", f"open {believed.open}, known {believed.known}")
    return tuple(lines)


def _server(snapshot: ClusterSnapshot, host: HostObservation, wanted: int) -> str:
    assert isinstance(host.konnectivity_metrics, Known)
    words = [f"{host.konnectivity_metrics.value.agents} of {wanted} agents"]
    if (flood := mesh.rate(snapshot, host, "no_agent") or 0) >= 1:
        words.append(f"No agent available {flood:.0f}/s")
    if (churn := mesh.rate(snapshot, host, "cancelled") or 0) > HUNTING:
        words.append(f"agents dial it again {churn:.1f}/s")
    return ", ".join(words)


def _ruled_out(snapshot: ClusterSnapshot) -> tuple[str, ...]:
    """What gives the same counts, and is shown not to be so."""
    out: list[str] = []
    reach = [entry for host in snapshot.workers if isinstance(host.reach, Known) for entry in host.reach.value]
    to_servers = [entry for entry in reach if entry.port not in (6443,)]
    if to_servers and all(entry.open for entry in to_servers):
        out.append("firewall (8132 is open from every worker that was asked)")
    told = [
        host.konnectivity_server.value for host in snapshot.controllers if isinstance(host.konnectivity_server, Known)
    ]
    servers = [server for server in told if server.server_id]
    if len(servers) > 1 and len({server.server_id for server in servers}) == len(servers):
        out.append("equal server ids")
    if servers and all(server.server_count == len(wiring.controller_names(snapshot)) for server in servers):
        out.append("low server count")
    return tuple(out)


RULE = ClusterRule("agents-single-target", check)
