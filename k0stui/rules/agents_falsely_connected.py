"""Agents believe to be connected, and are not: they count dead connections, or know of too few servers.

Ghosts: after a power loss or a moved virtual IP an agent (k0s >=1.32) may count a dead connection for an hour (D5).
Count trap: an agent that last met a server while that one announced too few never looks for the rest (D4).
Only the servers' own counts show either. Source: konnectivity.md §0.2, §0.3, §2.4, §4.4; k0s.md F42.
"""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.errors import NotObserved
from k0stui.model import wiring
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Evidence, Finding, Severity
from k0stui.model.konnectivity import AgentMetrics
from k0stui.model.observed import Known
from k0stui.rules.facts import mesh
from k0stui.rules.facts.evidence import said, second_look
from k0stui.rules.facts.wording import counted, names, verb
from k0stui.rules.rule import ClusterRule

SETTLED = 60.0
"""Seconds after a server's start: until then an agent may still be on its way (whole again after 31-43 s, seen)."""
HUNTING = 0.5
"""Streams closed by agents per second: who hunts is no captive of a low count."""


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    believed = _believed(snapshot)
    if not believed and snapshot.workers:
        raise NotObserved("what the agents count (8093 on the workers)")
    servers = _servers(snapshot)
    ghosts, caught = _ghosts(snapshot, servers), _caught(snapshot, servers)
    if not ghosts and not caught:
        return
    earlier = second_look(snapshot, "whether the counts stay apart")
    if ghosts and _ghosts(earlier, servers):
        yield _ghost_finding(snapshot, ghosts)
    elif still := [host for host in caught if host.name in {before.name for before in _caught(earlier, servers)}]:
        yield _trap_finding(snapshot, still, len(servers))


def _servers(snapshot: ClusterSnapshot) -> frozenset[str]:
    """Node names of controllers that may hold agents: by their leases, else all that there are."""
    try:
        return wiring.live_controllers(snapshot)
    except NotObserved:
        return frozenset(_node(snapshot, name) for name in wiring.controller_names(snapshot))


def _believed(snapshot: ClusterSnapshot) -> dict[str, AgentMetrics]:
    return {host.name: host.agent_metrics.value for host in snapshot.workers if isinstance(host.agent_metrics, Known)}


def _ghosts(snapshot: ClusterSnapshot, servers: frozenset[str]) -> int:
    """Connections that agents count and no server can have: one that was not asked could have one of each agent."""
    claimed = sum(agent.open or 0 for agent in _believed(snapshot).values())
    silent = sum(_node(snapshot, name) in servers for name in mesh.unasked(snapshot))
    held = sum(mesh.registered(snapshot).values()) + silent * wiring.wanted(snapshot)
    return max(0, claimed - held)


def _node(snapshot: ClusterSnapshot, name: str) -> str:
    found = snapshot.find(name)
    return found.node if found else name


def _caught(snapshot: ClusterSnapshot, servers: frozenset[str]) -> list[HostObservation]:
    """Agents that are content with fewer servers than there are."""
    content = [
        host
        for host in snapshot.workers
        if isinstance(host.agent_metrics, Known) and host.agent_metrics.value.open is not None
        and host.agent_metrics.value.open == host.agent_metrics.value.known
    ]  # fmt: skip
    few = [host for host in content if _open(host) < len(servers)]
    return few if few and _is_settled(snapshot) and not _is_hunting(snapshot) else []


def _open(host: HostObservation) -> int:
    assert isinstance(host.agent_metrics, Known)
    return host.agent_metrics.value.open or 0


def _is_settled(snapshot: ClusterSnapshot) -> bool:
    """Every server that was asked runs for longer than agents need to find it."""
    ages = [
        (host.konnectivity_metrics.at - start).total_seconds()
        for host in snapshot.controllers
        if isinstance(host.konnectivity_metrics, Known) and (start := mesh.started(host))
    ]
    return all(age > SETTLED for age in ages)


def _is_hunting(snapshot: ClusterSnapshot) -> bool:
    return any((mesh.rate(snapshot, host, "cancelled") or 0) > HUNTING for host in snapshot.controllers)


def _ghost_finding(snapshot: ClusterSnapshot, ghosts: int) -> Finding:
    claimed = sum(agent.open or 0 for agent in _believed(snapshot).values())
    agents = mesh.registered(snapshot)
    return Finding(
        "agents-falsely-connected",
        _severity(snapshot),
        f"agents count {claimed} connections, the servers hold {sum(agents.values())}: "
        f"{counted(ghosts, 'connection')} {'is' if ghosts == 1 else 'are'} dead{_dark(snapshot)}",
        subjects=_suspects(snapshot),
        evidence=_evidence(snapshot),
        ruled_out=("agents on their way (the counts stay apart over two looks)",),
        # A firewall that drops silently kills connections too, and their agents count them for a while.
        because=("konnectivity-port-blocked",),
        plan="restart-agents",
    )


def _trap_finding(snapshot: ClusterSnapshot, caught: list[HostObservation], servers: int) -> Finding:
    them = names(host.name for host in caught)
    return Finding(
        "agents-falsely-connected",
        _severity(snapshot),
        f"{verb(caught, 'the agent', 'the agents')} on {them} {verb(caught, 'is', 'are')} content with "
        f"{names(sorted({str(_open(host)) for host in caught}))} of {servers} servers and "
        f"{verb(caught, 'looks', 'look')} for no more (count trap){_dark(snapshot)}",
        subjects=tuple(sorted(host.name for host in caught)),
        evidence=_evidence(snapshot),
        ruled_out=("agents on their way (nobody hunts)",),
        because=("server-count-wrong",),
        plan="restart-agents",
    )


def _severity(snapshot: ClusterSnapshot) -> Severity:
    return Severity.CRITICAL if mesh.dark(snapshot) else Severity.WARNING


def _dark(snapshot: ClusterSnapshot) -> str:
    dark = mesh.dark(snapshot)
    return f"; {names(dark)} {verb(dark, 'has', 'have')} no agent" if dark else ""


def _suspects(snapshot: ClusterSnapshot) -> tuple[str, ...]:
    """Agents that count more connections than servers have a socket of theirs; all, where no socket tells."""
    peers = [host.agent_sockets.value.peers for host in snapshot.controllers if isinstance(host.agent_sockets, Known)]
    believed = [host for host in snapshot.workers if isinstance(host.agent_metrics, Known) and _open(host)]
    more = [
        host.name for host in believed if _open(host) > sum(not host.every_address.isdisjoint(seen) for seen in peers)
    ]
    return tuple(sorted(more or [host.name for host in believed]))


def _evidence(snapshot: ClusterSnapshot) -> tuple[Evidence, ...]:
    lines: list[Evidence] = []
    for host in snapshot.controllers:
        if isinstance(host.konnectivity_metrics, Known):
            lines += said(host, "konnectivity_metrics", f"{host.konnectivity_metrics.value.agents} agents")
    for host in snapshot.workers:
        if isinstance(host.agent_metrics, Known):
            agent = host.agent_metrics.value
            lines += said(host, "agent_metrics", f"open {agent.open}, known {agent.known}")
    return tuple(lines)


RULE = ClusterRule("agents-falsely-connected", check)
