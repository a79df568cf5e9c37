"""Which agent is connected to which controller, as both sides tell it, and how sure that is.

Servers first: what a server counts is the truth, what an agent counts may be dead connections. A server tells a number
(metrics) and the addresses of its peers (sockets); together they give cells. Pure.
Source: reference konnectivity.md §4.3 (the algorithm), §4.2 (what a peer's address means), §2.4 (ghosts).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from k0stui.errors import NotObserved
from k0stui.model import wiring
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.host import HostName, NodeName
from k0stui.model.konnectivity import (
    AgentMetrics,
    AgentSocket,
    Certainty,
    Column,
    Link,
    LinkState,
    Matrix,
    Row,
)
from k0stui.model.observed import Known, Lack, Unknown

Peers = Mapping[str, NodeName]
"""Address -> the one node that has it."""


def matrix(snapshot: ClusterSnapshot) -> Matrix:
    """All agents against all controllers, at the moment of `snapshot`; `earlier` tells lost from never."""
    agents = _agents(snapshot)
    wanted = _wanted(snapshot)
    peers = _peers(snapshot, agents)
    servers = [_server(name, snapshot, wanted, peers) for name in wiring.controller_names(snapshot)]
    believed = {host.node: host.agent_metrics for host in snapshot.workers}
    up_before = _up_before(snapshot)
    targets = wiring.running(snapshot)
    rows = [_row_links(agent, servers, believed.get(agent), wanted, up_before) for agent in agents]
    return Matrix(
        controllers=tuple(server.name for server in servers),
        agents=agents,
        links=tuple(link for links in rows for link in links),
        columns=tuple(server.column for server in servers),
        rows=tuple(_row(agent, links, snapshot, targets) for agent, links in zip(agents, rows, strict=True)),
        notes=_notes(servers, rows, believed, wanted, len(agents)),
    )


# Who there is


def _agents(snapshot: ClusterSnapshot) -> tuple[NodeName, ...]:
    """Nodes that have an agent, or should: workers in the order given, then others that only a pod tells of."""
    pods = snapshot.any_api(lambda api: api.agent_pods)
    nodes = {host.node for host in snapshot.workers}
    others = {pod.spec.node_name for pod in pods.value} - nodes - {""} if isinstance(pods, Known) else set()
    return (*(host.node for host in snapshot.workers), *(NodeName(node) for node in sorted(others)))


def _wanted(snapshot: ClusterSnapshot) -> int:
    """0 where nobody knows."""
    try:
        return wiring.wanted(snapshot)
    except NotObserved:
        return 0


def _peers(snapshot: ClusterSnapshot, agents: tuple[NodeName, ...]) -> Peers:
    """Addresses that belong to exactly one node; what two have (bridges, one NAT) names nobody."""
    owners: dict[str, set[NodeName]] = defaultdict(set)
    for host in snapshot.workers:
        for address in host.every_address:
            owners[address].add(host.node)
    nodes = snapshot.any_api(lambda api: api.nodes)
    for node in nodes.value if isinstance(nodes, Known) else ():
        for address in node.addresses:
            owners[address].add(NodeName(node.name))
    pods = snapshot.any_api(lambda api: api.agent_pods)
    for pod in pods.value if isinstance(pods, Known) else ():
        owners[pod.status.pod_ip].add(NodeName(pod.spec.node_name))
    virtual = _virtual_addresses(snapshot)
    return {
        address: next(iter(nodes))
        for address, nodes in owners.items()
        if len(nodes) == 1 and address not in virtual and nodes <= set(agents)
    }


def _virtual_addresses(snapshot: ClusterSnapshot) -> frozenset[str]:
    """Addresses that move, or stand for many."""
    found: set[str] = {""}
    for host in snapshot.controllers:
        if isinstance(host.status, Known) and host.status.value.config is not None:
            config = host.status.value.config
            found |= {config.external_address, config.konnectivity_external_address, *config.virtual_ips}
    return frozenset(found)


# One server over all agents


@dataclass(frozen=True, slots=True)
class _Server:
    """What is known of one column before its cells are judged."""

    name: HostName
    column: Column
    sockets: tuple[AgentSocket, ...] | None
    mapped: frozenset[NodeName]
    lack: Lack | None
    """Why its count is unknown."""

    @property
    def agents(self) -> int | None:
        return self.column.agents


def _server(name: str, snapshot: ClusterSnapshot, wanted: int, peers: Peers) -> _Server:
    host = snapshot.find(name)
    if host is None:
        return _Server(HostName(name), Column(HostName(name), None, wanted), None, frozenset(), Lack.NOT_ASKED)
    agents, at, lack = _count(host)
    sockets = _sockets(host)
    seen = sockets or ()
    mapped = frozenset(peers[socket.peer] for socket in seen if socket.peer in peers)
    unmapped = len({socket.peer for socket in seen if socket.peer not in peers})
    column = Column(host.name, agents, wanted, at, unmapped, _through(host, seen))
    return _Server(host.name, column, sockets, mapped, lack)


def _count(host: HostObservation) -> tuple[int | None, datetime | None, Lack | None]:
    """R; where only the health port answers, "no agent at all" is known by its 500."""
    metrics, ready = host.konnectivity_metrics, host.konnectivity_ready
    if isinstance(metrics, Known):
        return metrics.value.agents, metrics.at, None
    if isinstance(ready, Known) and ready.value.healthz == 200 and ready.value.readyz == 500:
        return 0, ready.at, None
    return None, metrics.last.at if metrics.last else None, metrics.lack


def _sockets(host: HostObservation) -> tuple[AgentSocket, ...] | None:
    """The stable peers; None: not known, or older than the server process itself."""
    sockets, metrics = host.agent_sockets, host.konnectivity_metrics
    if not isinstance(sockets, Known):
        return None
    started = metrics.value.started_at if isinstance(metrics, Known) else None
    return None if started and started > sockets.at else sockets.value.stable


def _through(host: HostObservation, sockets: tuple[AgentSocket, ...]) -> str:
    local = {socket.local for socket in sockets}
    return next(iter(local)) if len(local) == 1 and local.isdisjoint((host.address, host.advertised)) else ""


# One cell


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What the server's side says of one agent."""

    connected: bool | None
    certainty: Certainty
    why: str


def _server_side(server: _Server, agent: NodeName, wanted: int) -> _Verdict:
    """konnectivity.md §4.3 step 3, in its order, but one: absence behind a translated address stays unknown.

    One balancer's address may stand for any number of agents, so "fewer strangers than missing agents" proves nothing.
    """
    agents, mapped, unmapped = server.agents, server.mapped, server.column.unmapped
    if agents is None:
        return _Verdict(None, Certainty.UNKNOWN, "its server could not be asked")
    if agents == 0:
        return _Verdict(False, Certainty.CERTAIN, "its server has no agent")
    if agents >= wanted:
        return _Verdict(True, Certainty.CERTAIN, f"its server has all {wanted} agents")
    whole = len(mapped) == agents and unmapped == 0
    if agent in mapped:
        how = Certainty.CERTAIN if whole else Certainty.LIKELY
        return _Verdict(True, how, "its server has a socket of this node")
    if whole:
        return _Verdict(False, Certainty.CERTAIN, f"its server has {agents} agents, all of other nodes")
    if len(mapped) > agents:
        return _Verdict(False, Certainty.LIKELY, "its server has no socket of this node")
    return _Verdict(None, Certainty.UNKNOWN, f"its server has {agents} of {wanted} agents, it cannot be told which")


def _agent_side(believed: AgentMetrics | None, servers: int) -> bool | None:
    """An agent tells a number: all or none is an answer, some is not."""
    if believed is None:
        return None
    if not believed.open:
        return False
    return True if believed.open >= servers else None


def _row_links(
    agent: NodeName,
    servers: list[_Server],
    answer: Known[AgentMetrics] | Unknown | None,
    wanted: int,
    up_before: frozenset[tuple[NodeName, HostName]],
) -> tuple[Link, ...]:
    believed = answer.value if isinstance(answer, Known) else None
    verdicts = _conserved([_server_side(server, agent, wanted) for server in servers], believed)
    claims = _agent_side(believed, len(servers))
    agent_at = answer.at if isinstance(answer, Known) else None
    return tuple(
        _link(agent, server, verdict, claims, believed, agent_at, (agent, server.name) in up_before)
        for server, verdict in zip(servers, verdicts, strict=True)
    )


def _conserved(verdicts: list[_Verdict], believed: AgentMetrics | None) -> list[_Verdict]:
    """An agent's connections are its links: where one count leaves only one answer, take it (step 5).

    Only downwards and only among servers that were heard: an agent may count dead connections, never too few.
    """
    if believed is None or not believed.open:
        return verdicts
    if believed.open != sum(verdict.connected is True for verdict in verdicts):
        return verdicts
    rest = _Verdict(False, Certainty.LIKELY, "the agent's connections are all accounted for")
    return [rest if verdict.connected is None else verdict for verdict in verdicts]


def _link(
    agent: NodeName,
    server: _Server,
    verdict: _Verdict,
    claims: bool | None,
    believed: AgentMetrics | None,
    agent_at: datetime | None,
    was_up: bool,
) -> Link:
    state, certainty = _state(server, verdict, claims, was_up)
    times = [at for at in (server.column.at, agent_at) if at is not None]
    story = [verdict.why] if verdict.why else []
    if believed is not None:
        story.append(f"the agent says open {_number(believed.open)}, known {_number(believed.known)}")
    side = verdict.connected if server.agents is not None else None
    return Link(agent, server.name, state, certainty, side, claims, min(times, default=None), tuple(story))


def _state(server: _Server, verdict: _Verdict, claims: bool | None, was_up: bool) -> tuple[LinkState, Certainty]:
    if server.agents is None:
        return _unheard(server, verdict, claims)
    if verdict.connected is None:
        return LinkState.UNKNOWN, Certainty.UNKNOWN
    if claims is not None and claims != verdict.connected:
        return LinkState.DIFFERS, verdict.certainty
    if verdict.connected:
        return LinkState.UP, verdict.certainty
    return (LinkState.LOST if was_up else LinkState.NEVER), verdict.certainty


def _unheard(server: _Server, verdict: _Verdict, claims: bool | None) -> tuple[LinkState, Certainty]:
    """The agent's word alone: never more than likely."""
    if server.lack is Lack.STALE:
        return LinkState.STALE, Certainty.UNKNOWN
    if claims is None and verdict.connected is None:
        return LinkState.UNKNOWN, Certainty.UNKNOWN
    return (LinkState.UP if claims else LinkState.NEVER), Certainty.LIKELY


def _number(value: int | None) -> str:
    return "nothing" if value is None else str(value)


def _up_before(snapshot: ClusterSnapshot) -> frozenset[tuple[NodeName, HostName]]:
    if snapshot.earlier is None:
        return frozenset()
    before = matrix(replace(snapshot.earlier, earlier=None))
    return frozenset((link.agent, link.controller) for link in before.links if link.server_side)


# One agent over all servers, and the whole


def _row(
    agent: NodeName, links: tuple[Link, ...], snapshot: ClusterSnapshot, targets: Mapping[str, wiring.Target]
) -> Row:
    host = snapshot.find(agent)
    answer = host.agent_metrics if host else None
    target = str(targets.get(agent, ""))
    up = sum(link.server_side is True for link in links)
    possible = sum(link.server_side is not False for link in links)
    if not isinstance(answer, Known):
        return Row(agent, None, None, up, target)
    believed = answer.value
    ghosts = max(0, (believed.open or 0) - possible)
    return Row(agent, believed.open, believed.known, up, target, ghosts, answer.at)


def _notes(
    servers: list[_Server],
    rows: list[tuple[Link, ...]],
    believed: Mapping[NodeName, Known[AgentMetrics] | Unknown],
    wanted: int,
    named: int,
) -> tuple[str, ...]:
    notes = []
    if named != wanted:
        notes.append(f"{wanted} agents are wanted, {named} nodes are known")
    for server in servers:
        notes += _column_notes(server)
    claimed = [answer.value.open for answer in believed.values() if isinstance(answer, Known)]
    counts = [server.agents for server in servers]
    held = sum(count for count in counts if count is not None)
    if len(claimed) == wanted and None not in counts and sum(opened or 0 for opened in claimed) != held:
        notes.append(f"agents count {sum(opened or 0 for opened in claimed)} connections, servers hold {held}")
    if any(link.state is LinkState.UNKNOWN for links in rows for link in links):
        notes.append("some cells cannot be told: read the column's number")
    return tuple(notes)


def _column_notes(server: _Server) -> list[str]:
    notes = []
    if server.column.through:
        notes.append(f"agents reach {server.name} through {server.column.through}")
    if server.column.unmapped:
        notes.append(f"{server.column.unmapped} peers of {server.name} belong to no known node (NAT or a balancer)")
    if server.agents is not None and len(server.mapped) > server.agents:
        notes.append(f"{len(server.mapped)} nodes are connected to {server.name}, {server.agents} agents are let in")
    return notes
