"""konnectivity: servers on controllers, agents on workers, and the links between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from k0stui.model.host import HostName, NodeName


@dataclass(frozen=True, slots=True)
class KonnectivityServer:
    """The server process of one controller, by its command line."""

    server_id: str
    """Empty: k0s' own does not run, and `pids` tells what does."""
    server_count: int
    """What it announces to agents; not how many there are. 0 without its own."""
    agent_port: int = 8132
    admin_port: int = 8133
    pid: int = 0
    """By k0s' pid file, which k0s removes at each end of the process; 0: there is none."""
    pids: tuple[int, ...] = ()
    """All konnectivity-server processes on the host; more than one, or another one, is an orphan."""
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KonnectivityMetrics:
    """`127.0.0.1:8133/metrics` of one server; counters since its start."""

    agents: int
    """R: distinct agents registered: `ready_backends{default}`, before 1.35 `ready_backend_connections`."""
    connects: int | None = None
    """G: open Connect streams, before authentication and with duplicates. None: series absent so far."""
    no_agent: float = 0
    """`dial_failure_count{reason="no_agent"}`: the flood, counted without the journal."""
    cancelled: float = 0
    """`stream_errors_total{from_agent,Canceled}`: streams that agents closed; about 1/s per agent that hunts."""
    dials: float = 0
    established: int = 0
    started_at: datetime | None = None
    """UTC: process_start_time_seconds."""


@dataclass(frozen=True, slots=True)
class KonnectivityReady:
    """8092 of one server: it runs; it has an agent."""

    healthz: int
    """HTTP status; 0: refused or no answer."""
    readyz: int
    """500 exactly when no agent is connected."""


@dataclass(frozen=True, slots=True)
class AgentSocket:
    """An established socket on a server's agent port, as `ss` prints it, ::ffff: taken off."""

    peer: str
    """Address."""
    peer_port: int
    local: str
    """Address that was dialled: the controller's own, or a virtual IP."""


@dataclass(frozen=True, slots=True)
class AgentSockets:
    """Two looks at a server's agent port, at least 3 s apart."""

    stable: tuple[AgentSocket, ...]
    """In both looks: health checks and duplicate dials fall out."""
    first: int
    """Rows of the first look, churn and all."""
    second: int

    @property
    def peers(self) -> frozenset[str]:
        return frozenset(socket.peer for socket in self.stable)


@dataclass(frozen=True, slots=True)
class AgentMetrics:
    """What an agent believes (8093/metrics on its worker); dead connections count for it."""

    open: int | None
    """`open_server_connections`; None: the series is absent, it never reached a server."""
    known: int | None
    """`known_server_count`; None before k0s 1.32. Means nothing without `open`."""


@dataclass(frozen=True, slots=True)
class AgentProcess:
    """The agent process on a worker, by its command line: the generation that really runs."""

    target_host: str
    target_port: int
    pid: int = 0
    started_at: datetime | None = None


class LinkState(Enum):
    """One cell of the matrix."""

    UP = "up"
    LOST = "lost"
    """It was up in an earlier look."""
    NEVER = "never"
    UNKNOWN = "unknown"
    STALE = "stale"
    DIFFERS = "differs"
    """The two sides contradict each other."""


class Certainty(Enum):
    CERTAIN = "certain"
    LIKELY = "likely"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Link:
    """An agent's connection to one controller's server, as two sides tell it."""

    agent: NodeName
    controller: HostName
    state: LinkState
    certainty: Certainty
    server_side: bool | None
    """What the server's side says; None: it could not be asked, or cannot tell."""
    agent_side: bool | None
    """What the agent's side says; None likewise. It tells numbers, not names: known only when it has all or none."""
    at: datetime | None
    """The oldest of the answers it rests on."""
    story: tuple[str, ...] = ()
    """Why: one sentence per source, in the order of weight."""


@dataclass(frozen=True, slots=True)
class Column:
    """One server seen over all agents."""

    controller: HostName
    agents: int | None
    """R; None: unknown, never 0."""
    expected: int
    at: datetime | None = None
    unmapped: int = 0
    """Peers that belong to no known node: NAT, a balancer or a virtual IP stands between."""
    through: str = ""
    """A virtual IP or balancer by which the agents come, empty for the controller's own address."""


@dataclass(frozen=True, slots=True)
class Row:
    """One agent seen over all servers."""

    agent: NodeName
    open: int | None
    known: int | None
    up: int
    """Links that are up by the servers' count."""
    target: str = ""
    """`host:port` that it dials."""
    ghosts: int = 0
    """Connections that it counts and no server has."""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Matrix:
    """All agents against all controllers."""

    controllers: tuple[HostName, ...]
    agents: tuple[NodeName, ...]
    links: tuple[Link, ...]
    """Row by row: `len(agents) * len(controllers)`."""
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = field(default=())
    """What holds for the whole: counts do not reconcile, a balancer hides the peers …"""

    @property
    def expected(self) -> int:
        return len(self.agents) * len(self.controllers)

    @property
    def up(self) -> int:
        """Links up: the servers' counts where they are known, since a server counts agents that we cannot name."""
        return sum(column.agents for column in self.columns if column.agents is not None)

    @property
    def is_complete(self) -> bool:
        """Every server was heard."""
        return all(column.agents is not None for column in self.columns)

    def link(self, agent: NodeName, controller: HostName) -> Link:
        """One cell; raises KeyError where there is none."""
        for link in self.links:
            if link.agent == agent and link.controller == controller:
                return link
        raise KeyError((agent, controller))
